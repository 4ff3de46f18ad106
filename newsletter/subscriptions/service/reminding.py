"""The one reminder for who was asked and has not answered; then silence."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import aliased

from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.db import db, one_at_a_time, transaction
from newsletter.core.errors import NewsletterError
from newsletter.core.logs import logger
from newsletter.core.settings import Settings
from newsletter.delivery.models import Delivery, Mailing
from newsletter.delivery.policy import Status
from newsletter.delivery.service import Recipient, cancel_own, queue_to_one
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions import emails
from newsletter.subscriptions.models import IS_UNREMINDED, Subscriber, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.policy.budgets import is_collapsed
from newsletter.subscriptions.policy.reminding import LEAST_LEFT
from newsletter.subscriptions.service.answering import ANSWERING
from newsletter.subscriptions.service.budgeting import confirming, inbox_key_of, is_mailed_often, note_reminded
from newsletter.subscriptions.service.counting import count_reminded
from newsletter.suppressions.models import Suppression

AT_A_TIME = 20
"""Few, because whoever signs up or confirms waits for them meanwhile on SQLite."""

log = logger(__name__)


def remind(house: House) -> int:
    """Remind all whose time has come, once in their sign-up's life; how many people that were.

    While hardly anybody confirms, nobody is reminded: then most of them never asked, or nothing arrives.
    """
    if not house.settings.remind_after or is_collapsed(confirming(now())):
        return 0
    reminded, last = 0, 0
    while True:
        due, those = _remind_some(last, house)
        reminded += len({each.subscriber_id for each in those})
        if len(due) < AT_A_TIME:
            return reminded
        last = due[-1]


def _remind_some(last: int, house: House) -> tuple[Sequence[int], Sequence[Subscription]]:
    """The next few who are due after subscriber `last`, and what was in their mails."""
    those: list[Subscription] = []
    with transaction():
        # Not while sign-ups are answered, so that nobody gets a confirmation and a reminder of it at one time.
        one_at_a_time(ANSWERING)
        moment = now()
        due = db.session.scalars(_due(moment, house.settings, last)).all()
        for subscriber_id in due:
            try:
                with db.session.begin_nested():
                    those += _remind(subscriber_id, moment, house)
            except NewsletterError as error:
                log.error("not reminded", subscriber=subscriber_id, error=str(error))  # noqa: TRY400 - it says all.
        count_reminded(those)
    return due, those


def stop_reminding(subscriber_id: int) -> None:
    """Whoever has answered gets no reminder that is still on its way, in the caller's transaction."""
    cancel_own(subscriber_id, emails.REMINDER)


def _due(moment: datetime, settings: Settings, last: int) -> Select[int]:
    """Whom to remind: the next few subscriber ids above `last`."""
    since = moment - settings.remind_after
    other = aliased(Subscription)
    has_asked_since = exists(
        select(other.id).where(
            other.subscriber_id == Subscription.subscriber_id,
            other.status == SubscriptionStatus.PENDING,
            other.requested_at > since,
        )
    )
    # The server took each of them, and the last one long enough ago: where one bounced, another would too.
    has_arrived = exists(_asking().where(Delivery.status == Status.ACCEPTED))
    is_unsettled = exists(_asking().where((Delivery.status != Status.ACCEPTED) | (Delivery.ended_at > since)))
    is_suppressed = exists(
        select(Suppression.address_key).where(Suppression.address_key == Subscriber.address_key)
    )
    return (
        select(Subscription.subscriber_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(
            IS_UNREMINDED,
            Subscription.subscriber_id > last,
            Subscription.asked_at <= since,
            Subscription.requested_at > moment - settings.keep_pending + LEAST_LEFT,
            has_arrived,
            ~is_unsettled,
            ~has_asked_since,
            ~is_suppressed,
        )
        .distinct()
        .order_by(Subscription.subscriber_id)
        .limit(AT_A_TIME)
    )


def _asking() -> Select[int]:
    """The confirmations that were sent for a subscription."""
    return (
        select(Delivery.id)
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .where(
            Mailing.subscriber_id == Subscription.subscriber_id,
            Mailing.kind == emails.CONFIRMATION,
            Mailing.created_at >= Subscription.asked_at,
            Delivery.subscriber_id == Subscription.subscriber_id,
        )
        .correlate(Subscription)
    )


def _remind(subscriber_id: int, moment: datetime, house: House) -> Sequence[Subscription]:
    """Those of this person that are in the mail; none where somebody confirms or leaves at this moment."""
    waiting = db.session.scalars(
        select(Subscription)
        .where(
            Subscription.subscriber_id == subscriber_id,
            Subscription.status == SubscriptionStatus.PENDING,
            Subscription.reminded_at.is_(None),
            Subscription.requested_at > moment - house.settings.keep_pending + LEAST_LEFT,
        )
        .order_by(Subscription.id)
        # What somebody changes just now is left for the next time, or to them.
        .with_for_update(of=Subscription, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    if not waiting:
        return ()
    for each in waiting:
        each.reminded_at = moment
    person = waiting[0].subscriber
    inbox_key = inbox_key_of(parse(person.address), house.settings.pepper)
    if is_mailed_often(inbox_key, moment):
        # They were asked as often as anybody may be, so they are reminded already.
        return ()
    newsletters = [db.session.get_one(Newsletter, each.newsletter_id) for each in waiting]
    nonces = {each.newsletter_id: each.nonce for each in waiting}
    deleted_at = min(each.requested_at for each in waiting) + house.settings.keep_pending
    letter = emails.reminder(newsletters, nonces, emails.Times(moment, deleted_at), house)
    queue_to_one(letter, Recipient(person.id, person.address, person.address_key))
    note_reminded(person.address_key, inbox_key, moment)
    return waiting
