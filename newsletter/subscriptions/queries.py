"""Reading subscriptions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, select

from newsletter.core.db import db
from newsletter.subscriptions.models import ConsentEvent, SignUp, Subscriber, Subscription, Verdict
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.suppressions.models import Suppression


def find_subscriber(address_key: str) -> Subscriber | None:
    return db.session.scalar(select(Subscriber).where(Subscriber.address_key == address_key))


def find_subscription(subscriber_id: int, newsletter_id: int) -> Subscription | None:
    return db.session.scalar(
        select(Subscription).where(
            Subscription.subscriber_id == subscriber_id, Subscription.newsletter_id == newsletter_id
        )
    )


def audience(newsletter_id: int) -> Select[int, str, str, str]:
    """Whom an edition would reach now: subscriber id, address, address key and name of each, as a statement."""
    return (
        select(Subscriber.id, Subscriber.address, Subscriber.address_key, Subscriber.name)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(
            Subscription.newsletter_id == newsletter_id,
            Subscription.status == SubscriptionStatus.CONFIRMED,
            ~_is_suppressed(),
        )
    )


def counts(newsletter_id: int) -> dict[SubscriptionStatus, int]:
    """How many subscriptions are in each state; states without any are 0."""
    rows = db.session.execute(
        select(Subscription.status, func.count())
        .where(Subscription.newsletter_id == newsletter_id)
        .group_by(Subscription.status)
    )
    found = {SubscriptionStatus(status): count for status, count in rows}
    return {status: found.get(status, 0) for status in SubscriptionStatus}


def subscriptions_of(subscriber_id: int) -> Sequence[Subscription]:
    return db.session.scalars(select(Subscription).where(Subscription.subscriber_id == subscriber_id)).all()


def consent_of(subscriber_id: int) -> Sequence[ConsentEvent]:
    """All that this person ever asked for and withdrew, oldest first."""
    return db.session.scalars(
        select(ConsentEvent).where(ConsentEvent.subscriber_id == subscriber_id).order_by(ConsentEvent.id)
    ).all()


def _is_suppressed() -> ColumnElement[bool]:
    return exists(select(Suppression.address_key).where(Suppression.address_key == Subscriber.address_key))


def verdicts_since(moment: datetime) -> dict[Verdict, int]:
    """What became of the sign-ups that were answered since then; those without any are left out."""
    rows = db.session.execute(
        select(SignUp.verdict, func.count()).where(SignUp.answered_at >= moment).group_by(SignUp.verdict)
    )
    return {Verdict(verdict): count for verdict, count in rows}
