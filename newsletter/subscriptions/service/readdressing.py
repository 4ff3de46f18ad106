"""Another address: asked for by a fresh link, proven by a mail to the new one, told to the old one.

The wish is noted and answered as a sign-up is, so that nobody learns from the answer or the time it takes whether
the new address is known here.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError

from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.errors import InvalidAddress, LinkDamaged, LinkExpired
from newsletter.core.words import said
from newsletter.delivery.service import Recipient, queue_to_one, readdress
from newsletter.mail.house import House
from newsletter.subscriptions import emails
from newsletter.subscriptions.links import ACCOUNT_FOR, CHANGE_FOR, EMAIL_CHANGE, Changing, new_nonce, reader
from newsletter.subscriptions.models import AddressChange, Consent, SignUp, Subscriber, Subscription, Verdict
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.queries import find_subscriber, subscriptions_of, writes_to
from newsletter.subscriptions.service.addressing import acceptable
from newsletter.subscriptions.service.budgeting import Gate
from newsletter.subscriptions.service.consent import Named, Origin, note
from newsletter.subscriptions.service.signing_up import note_asked
from newsletter.suppressions.queries import find_suppression

CHANGE, METHOD = "change", "email-change"
"""The method of a sign-up that asks for another address, and of the consent events that follow."""

MOST_A_DAY = 3
"""How many addresses one person may have asked within a day."""

KEPT_FOR = CHANGE_FOR + ACCOUNT_FOR
"""As long as a link may come back that a change has made worthless."""


def ask_change(person: Subscriber, typed: str, origin: Origin, house: House) -> SignUp:
    """Note that this person wants to be written to at another address. Raises InvalidAddress."""
    mailbox = acceptable(typed, house)
    if mailbox.key(house.settings.pepper) == person.address_key:
        problem = said("This is the address that you have already.")
        raise InvalidAddress(problem)
    with transaction():
        noted = note_asked(mailbox, replace(origin, method=CHANGE), house)
        noted.wish = {"subscriber": person.id}
        return noted


def answer_change(asked: SignUp, gate: Gate, house: House) -> Verdict:
    """Ask the new address whether it is theirs, in the worker's transaction."""
    if refusal := gate.find_refusal(asked):
        return refusal
    person, moment = db.session.get(Subscriber, asked.wish["subscriber"], populate_existing=True), now()
    if person is None:
        return Verdict.NOBODY
    if find_subscriber(asked.address_key):
        return Verdict.KNOWN
    if find_suppression(asked.address_key):
        return Verdict.SUPPRESSED
    if _has_asked_often(person.id, moment):
        return Verdict.ADDRESS
    _end_others(person.id, moment)
    change = AddressChange(
        subscriber_id=person.id,
        address=asked.address,
        entered=asked.entered,
        address_key=asked.address_key,
        asked_at=moment,
    )
    db.session.add(change)
    db.session.flush()
    letter = emails.address_change(writes_to(person.id), change.id, moment, house)
    queue_to_one(letter, Recipient(person.id, change.address, change.address_key))
    return Verdict.CHANGE


def find_change(token: str, house: House) -> AddressChange:
    """The wish that this link answers; changes nothing. Raises LinkDamaged, LinkExpired."""
    return _usable(reader(house).email_change(token, now()))


def change_address(token: str, origin: Origin, house: House) -> None:
    """Write to the new address from now on; again within the link's life changes nothing.

    Raises LinkDamaged, or LinkExpired, also when the address has become somebody else's or must not be mailed.
    """
    changing = reader(house).email_change(token, now())
    with transaction():
        moment = now()
        if not _claim(changing, moment):
            _usable(changing)
            return
        change, person = _usable(changing), _held(changing.subscriber_id)
        old = Recipient(person.id, person.address, person.address_key)
        new = Recipient(person.id, change.address, change.address_key)
        _move(person, change)
        _note_moved(person.id, origin, moment)
        readdress(old, new)
        queue_to_one(emails.address_changed(writes_to(person.id), moment, house), old)
        change.address = change.entered = ""
        _end_others(person.id, moment)


def has_moved_since(subscriber_id: int, moment: datetime) -> bool:
    """Whether a link of that moment went to an address that is not theirs any more."""
    moved = AddressChange.subscriber_id == subscriber_id, AddressChange.done_at > moment
    return bool(db.session.scalar(select(exists(select(AddressChange.id).where(*moved)))))


def purge_changes() -> int:
    """Forget those that no link can name any more; how many that were."""
    with transaction():
        return rows_written(delete(AddressChange).where(AddressChange.asked_at < now() - KEPT_FOR))


def _claim(changing: Changing, moment: datetime) -> bool:
    """Whether it is this call that answers the wish; of several at once only one is told so."""
    changed = rows_written(
        update(AddressChange)
        .where(
            AddressChange.id == changing.change_id,
            AddressChange.subscriber_id == changing.subscriber_id,
            AddressChange.done_at.is_(None),
            AddressChange.ended_at.is_(None),
        )
        .values(done_at=moment)
        .execution_options(synchronize_session=False)
    )
    return changed > 0


def _usable(changing: Changing) -> AddressChange:
    change = db.session.get(AddressChange, changing.change_id, populate_existing=True)
    if change is None or change.ended_at:
        raise LinkExpired(EMAIL_CHANGE)
    if change.subscriber_id != changing.subscriber_id:
        raise LinkDamaged(EMAIL_CHANGE)
    return change


def _held(subscriber_id: int) -> Subscriber:
    person = db.session.get(Subscriber, subscriber_id, populate_existing=True, with_for_update=True)
    if person is None:
        raise LinkExpired(EMAIL_CHANGE)
    return person


def _move(person: Subscriber, change: AddressChange) -> None:
    if find_subscriber(change.address_key) or find_suppression(change.address_key):
        raise LinkExpired(EMAIL_CHANGE)
    try:
        with db.session.begin_nested():
            person.address, person.entered = change.address, change.entered
            person.address_key, person.active_at = change.address_key, now()
    except IntegrityError as error:
        # Somebody has signed it up at this very moment.
        raise LinkExpired(EMAIL_CHANGE) from error


def _note_moved(subscriber_id: int, origin: Origin, moment: datetime) -> None:
    """What was agreed to goes with the person; a confirmation that lies in the old inbox confirms nothing more."""
    for each in subscriptions_of(subscriber_id):
        if each.status != SubscriptionStatus.UNSUBSCRIBED:
            note(Consent.MOVED, Named(subscriber_id, each.newsletter_id), origin, moment)
    db.session.execute(
        update(Subscription)
        .where(Subscription.subscriber_id == subscriber_id, Subscription.status == SubscriptionStatus.PENDING)
        .values(nonce=new_nonce())
        .execution_options(synchronize_session=False)
    )


def _has_asked_often(subscriber_id: int, moment: datetime) -> bool:
    today = AddressChange.subscriber_id == subscriber_id, AddressChange.asked_at > moment - timedelta(days=1)
    asked = db.session.scalar(select(func.count()).select_from(AddressChange).where(*today)) or 0
    return asked >= MOST_A_DAY


def _end_others(subscriber_id: int, moment: datetime) -> None:
    """Only the newest wish counts."""
    db.session.execute(
        update(AddressChange)
        .where(
            AddressChange.subscriber_id == subscriber_id,
            AddressChange.done_at.is_(None),
            AddressChange.ended_at.is_(None),
        )
        .values(ended_at=moment, address="", entered="")
        .execution_options(synchronize_session=False)
    )
