"""Fresh links: anybody may ask for one, the worker mails it to who is known.

As with sign-ups only one row is written, whoever it is for, so neither the answer nor the time it takes tells who
is a subscriber.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import or_, select

from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.service import Recipient, queue_to_one
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions import emails
from newsletter.subscriptions.models import Followable, SignUp, Subscription, Verdict
from newsletter.subscriptions.policy import FollowKind, SubscriptionStatus
from newsletter.subscriptions.queries import find_subscriber, followables, writes_to
from newsletter.subscriptions.service.budgeting import Gate, is_linked_often, is_written_often
from newsletter.subscriptions.service.consent import Origin
from newsletter.subscriptions.service.following import MOST_FOLLOWED
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


def wished(asked: SignUp) -> Sequence[tuple[FollowKind, str]]:
    """What the form wanted to follow."""
    return list(dict.fromkeys((kind, value) for kind in FollowKind for value in asked.wish.get(f"{kind}s", ())))


def answer_wish(asked: SignUp, subscriptions: Sequence[Subscription], house: House) -> Verdict:
    """A reader who signed up again to follow something: a fresh link whose page asks about it.

    KNOWN, and no mail, where nothing is wished that their newsletters have and they do not follow yet.
    """
    wish = [offered for each in subscriptions for offered in _offered(each, wished(asked))]
    if not wish:
        return Verdict.KNOWN
    if find_suppression(asked.address_key):
        return Verdict.SUPPRESSED
    person, moment = subscriptions[0].subscriber, now()
    if _has_had_enough(person.id, asked.inbox_key, moment):
        return Verdict.ADDRESS
    of = db.session.get_one(Newsletter, wish[0].newsletter_id)
    letter = emails.fresh_link(of, moment, house, wish[:MOST_FOLLOWED])
    queue_to_one(letter, Recipient(person.id, person.address, person.address_key))
    return Verdict.LINK


def _offered(subscription: Subscription, wish: Sequence[tuple[FollowKind, str]]) -> Sequence[Followable]:
    if not wish:
        return ()
    followed = {(each.kind, each.value) for each in subscription.follows}
    offered = followables(subscription.newsletter_id)
    return [
        each for each in offered if (each.kind, each.value) in wish and (each.kind, each.value) not in followed
    ]


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
