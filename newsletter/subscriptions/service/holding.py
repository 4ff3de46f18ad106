"""A subscription in the hands of its reader: kept from others while it is changed."""

from sqlalchemy import select, update

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import InvalidInput
from newsletter.core.words import said
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.service.consent import Named

IS_ON = (SubscriptionStatus.CONFIRMED, SubscriptionStatus.PAUSED)


def held(whose: Named) -> Subscription:
    """A subscription that is on, kept from others until the transaction ends. Raises InvalidInput."""
    found: Subscription | None = db.session.scalar(
        select(Subscription)
        .where(
            Subscription.subscriber_id == whose.subscriber_id,
            Subscription.newsletter_id == whose.newsletter_id,
            Subscription.status.in_(IS_ON),
        )
        .with_for_update(of=Subscription)
        .execution_options(populate_existing=True)
    )
    if found is None:
        problem = said("You are not subscribed to this newsletter, so there is nothing to change.")
        raise InvalidInput(problem, field="newsletter")
    return found


def was_here(whose: Named) -> None:
    """They did something on purpose, in the caller's transaction."""
    db.session.execute(update(Subscriber).where(Subscriber.id == whose.subscriber_id).values(active_at=now()))
