"""Fresh links: anybody may ask for one, the worker mails it to who is known.

As with sign-ups only one row is written, whoever it is for, so neither the answer nor the time it takes tells who
is a subscriber.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import or_, select

from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.service import Recipient, queue_to_one
from newsletter.mail.house import House
from newsletter.subscriptions import emails
from newsletter.subscriptions.models import SignUp, Subscription, Verdict
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.queries import find_subscriber, writes_to
from newsletter.subscriptions.service.budgeting import Gate, is_linked_often, is_written_often
from newsletter.subscriptions.service.consent import Origin
from newsletter.subscriptions.service.signing_up import note_asked
from newsletter.suppressions.queries import find_suppression

LINK = "link"
"""The method of a sign-up that asks for a fresh link."""


def ask_link(address: str, origin: Origin, house: House) -> SignUp:
    """Note that somebody wants a fresh link to this address. Raises InvalidAddress."""
    mailbox = parse(address)
    with transaction():
        return note_asked(mailbox, replace(origin, method=LINK), house)


def answer_link(asked: SignUp, gate: Gate, house: House) -> Verdict:
    """Mail it to whoever is known by this address, in the worker's transaction."""
    if refusal := gate.find_refusal_of_link(asked):
        return refusal
    person, moment = find_subscriber(asked.address_key), now()
    if person is None:
        return Verdict.NOBODY
    if find_suppression(person.address_key):
        return Verdict.SUPPRESSED
    if _has_had_enough(person.id, asked.inbox_key, moment):
        return Verdict.ADDRESS
    letter = emails.fresh_link(writes_to(person.id), moment, house)
    queue_to_one(letter, Recipient(person.id, person.address, person.address_key))
    return Verdict.LINK


def _has_had_enough(subscriber_id: int, inbox_key: str, moment: datetime) -> bool:
    if is_linked_often(inbox_key, moment):
        return True
    # Anybody can make an address known by signing it up, and must not mail it more often by this way round.
    return not _has_confirmed(subscriber_id) and is_written_often(inbox_key, moment)


def _has_confirmed(subscriber_id: int) -> bool:
    is_on = Subscription.status.in_((SubscriptionStatus.CONFIRMED, SubscriptionStatus.PAUSED))
    ever = select(Subscription.id).where(
        Subscription.subscriber_id == subscriber_id, or_(Subscription.confirmed_at.is_not(None), is_on)
    )
    return db.session.scalar(ever.limit(1)) is not None
