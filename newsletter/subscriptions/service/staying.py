"""Whoever has done nothing on purpose for years is asked whether to go on; silence ends it (GDPR Art. 5(1)(e)).

Nobody measures who reads, so what counts is what people did themselves: signed up, confirmed, chose.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, exists, func, or_, select, update

from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.errors import NewsletterError
from newsletter.core.logs import logger
from newsletter.delivery.models import Delivery, Mailing
from newsletter.delivery.policy import Status
from newsletter.delivery.service import Recipient, queue_to_one
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions import emails
from newsletter.subscriptions.links import reader
from newsletter.subscriptions.models import Consent, Subscriber, Subscription
from newsletter.subscriptions.policy import EndReason, SubscriptionStatus
from newsletter.subscriptions.service.consent import Named, Origin, note
from newsletter.subscriptions.service.leaving import end
from newsletter.suppressions.models import Suppression

METHOD = "still-there"
AT_A_TIME = 500
"""How many are asked in one run, so that a large list is asked over days and not at once."""

_ACTIVE_AT = func.coalesce(Subscriber.active_at, Subscriber.created_at)
_IS_UNASKED = or_(Subscriber.still_asked_at.is_(None), Subscriber.still_asked_at <= _ACTIVE_AT)
_IS_ON = Subscription.status.in_((SubscriptionStatus.CONFIRMED, SubscriptionStatus.PAUSED))

log = logger(__name__)


def ask_inactive(house: House) -> int:
    """Ask the next of those whose time has come; how many that were, none unless `ask_inactive` is set."""
    if not house.settings.ask_inactive:
        return 0
    moment, asked = now(), 0
    due = _to_ask(moment - house.settings.ask_inactive)
    for subscriber_id in db.session.scalars(due.limit(AT_A_TIME)).all():
        try:
            with transaction():
                asked += _ask(subscriber_id, moment, house)
        except NewsletterError as error:
            log.error("not asked", subscriber=subscriber_id, error=str(error))  # noqa: TRY400 - it says all.
    return asked


def stay(token: str, origin: Origin, house: House) -> Sequence[Newsletter]:
    """They want to go on with the newsletters returned, none when these have ended; again changes nothing.

    Raises LinkDamaged.
    """
    subscriber_id = reader(house).still(token, now())
    with transaction():
        person, on = db.session.get(Subscriber, subscriber_id), newsletters_on(subscriber_id)
        if person and on and _waits_for_answer(person):
            person.active_at = now()
            for of in on:
                note(Consent.CONFIRMED, Named(person.id, of.id), origin, now())
        return on


def newsletters_to_keep(token: str, house: House) -> Sequence[Newsletter]:
    """Which newsletters the link is about now; changes nothing. Raises LinkDamaged."""
    return newsletters_on(reader(house).still(token, now()))


def newsletters_on(subscriber_id: int) -> Sequence[Newsletter]:
    return db.session.scalars(
        select(Newsletter)
        .join(Subscription, Subscription.newsletter_id == Newsletter.id)
        .where(Subscription.subscriber_id == subscriber_id, _IS_ON)
        .order_by(Newsletter.id)
    ).all()


def count_silent(before: datetime) -> int:
    """How many were asked before this moment, got the mail, and have not answered."""
    return db.session.scalar(select(func.count()).select_from(_silent(before).subquery())) or 0


def end_silent(before: datetime) -> int:
    """End the subscriptions of these; how many people that were."""
    done = 0
    while ids := db.session.scalars(_silent(before).limit(AT_A_TIME)).all():
        for subscriber_id in ids:
            with transaction():
                for of in newsletters_on(subscriber_id):
                    end(Named(subscriber_id, of.id), EndReason.INACTIVE, Origin(METHOD))
        done += len(ids)
    return done


def _ask(subscriber_id: int, moment: datetime, house: House) -> int:
    person = db.session.get(Subscriber, subscriber_id, populate_existing=True)
    on = newsletters_on(subscriber_id)
    # Of two workers that come here at once only one writes the moment down.
    claimed = update(Subscriber).where(Subscriber.id == subscriber_id, _IS_UNASKED).values(still_asked_at=moment)
    if person is None or not on or not rows_written(claimed.execution_options(synchronize_session=False)):
        return 0
    letter = emails.still_there(on, emails.Times(moment, moment + house.settings.answer_within), house)
    queue_to_one(letter, Recipient(person.id, person.address, person.address_key))
    return 1


def _waits_for_answer(person: Subscriber) -> bool:
    active_at = person.active_at or person.created_at
    return person.still_asked_at is not None and active_at < person.still_asked_at


def _to_ask(before: datetime) -> Select[int]:
    """Whom to ask: nobody twice for one silence, and nobody who may not be mailed."""
    is_on = exists(select(Subscription.id).where(Subscription.subscriber_id == Subscriber.id, _IS_ON))
    is_suppressed = exists(
        select(Suppression.address_key).where(Suppression.address_key == Subscriber.address_key)
    )
    return (
        select(Subscriber.id)
        .where(before > _ACTIVE_AT, _IS_UNASKED, is_on, ~is_suppressed)
        .order_by(Subscriber.id)
    )


def _silent(before: datetime) -> Select[int]:
    """Who has the mail and has not answered; where it did not arrive, silence says nothing."""
    is_on = exists(select(Subscription.id).where(Subscription.subscriber_id == Subscriber.id, _IS_ON))
    has_it = exists(
        select(Delivery.id)
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .where(
            Mailing.subscriber_id == Subscriber.id,
            Mailing.kind == emails.STILL_THERE,
            Mailing.created_at >= Subscriber.still_asked_at,
            Delivery.status == Status.ACCEPTED,
        )
    )
    return select(Subscriber.id).where(
        Subscriber.still_asked_at < before, Subscriber.still_asked_at > _ACTIVE_AT, is_on, has_it
    )
