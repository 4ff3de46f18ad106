"""Subscribing to one more by a fresh link, which proves as much as a confirmation does."""

from datetime import datetime

from sqlalchemy import ColumnElement, case, exists, null, select, update

from newsletter.core.clock import now
from newsletter.core.db import db, insert_ignoring, rows_written, transaction
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.links import new_nonce
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.service.confirming import begin
from newsletter.subscriptions.service.consent import Named, Origin
from newsletter.subscriptions.service.counting import count_confirmed
from newsletter.subscriptions.service.reminding import stop_reminding
from newsletter.suppressions.models import Reason, Suppression
from newsletter.suppressions.queries import may_be_asked

_OFF = (SubscriptionStatus.PENDING, SubscriptionStatus.UNSUBSCRIBED)


def join(subscriber_id: int, slug: str, origin: Origin, house: House) -> None:
    """Subscribe this person; who has it already, paused or not, keeps it as it is.

    Raises NotFound, or InvalidInput when the address must not be written to.
    """
    with transaction():
        of, moment, person = newsletter(slug), now(), _held(subscriber_id)
        if not may_be_asked(person.address_key):
            problem = said(
                "This address is on the list of those that are never written to, so it gets no newsletter."
            )
            raise InvalidInput(problem, field="newsletter")
        whose = Named(person.id, of.id)
        db.session.execute(
            insert_ignoring(Subscription).values(
                **whose._asdict(),
                status=SubscriptionStatus.PENDING,
                nonce=new_nonce(),
                cadence=of.cadence,
                requested_at=moment,
            )
        )
        if not _turn_on(whose, moment):
            return
        subscription = _newest(whose)
        begin(subscription, of, origin, house)
        stop_reminding(person.id)
        count_confirmed([subscription], moment)


def _held(subscriber_id: int) -> Subscriber:
    """So that nobody erases them meanwhile."""
    person = db.session.get(Subscriber, subscriber_id, populate_existing=True, with_for_update=True)
    if person is None:
        raise NotFound(kind="subscriber", name=subscriber_id)
    return person


def _turn_on(whose: Named, moment: datetime) -> bool:
    """Whether it was this call that did it; of several at once only one is told so."""
    was_pending = Subscription.status == SubscriptionStatus.PENDING
    changed = rows_written(
        update(Subscription)
        .where(
            Subscription.subscriber_id == whose.subscriber_id,
            Subscription.newsletter_id == whose.newsletter_id,
            Subscription.status.in_(_OFF),
            ~_is_suppressed(whose.subscriber_id),
        )
        .values(
            status=SubscriptionStatus.CONFIRMED,
            confirmed_at=moment,
            ended_at=None,
            end_reason=None,
            # Who had left begins anew, and was counted when they first confirmed.
            requested_at=case((was_pending, Subscription.requested_at), else_=moment),
            asked_at=case((was_pending, Subscription.asked_at), else_=null()),
            reminded_at=case((was_pending, Subscription.reminded_at), else_=null()),
        )
        .execution_options(synchronize_session=False)
    )
    return changed > 0


def _is_suppressed(subscriber_id: int) -> ColumnElement[bool]:
    key = select(Subscriber.address_key).where(Subscriber.id == subscriber_id).scalar_subquery()
    return exists(
        select(Suppression.address_key).where(Suppression.address_key == key, Suppression.reason != Reason.ERASED)
    )


def _newest(whose: Named) -> Subscription:
    return db.session.scalars(
        select(Subscription)
        .where(
            Subscription.subscriber_id == whose.subscriber_id, Subscription.newsletter_id == whose.newsletter_id
        )
        .execution_options(populate_existing=True)
    ).one()
