"""Erasing a person: all that is left is a key by which the address is recognised, so that nobody writes to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, func, select, text, update

from newsletter.core.addresses import Address
from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.errors import NotFound
from newsletter.core.settings import Settings
from newsletter.delivery.service import forget, forget_address, rewrite, scrub
from newsletter.mail.house import House
from newsletter.subscriptions.models import SignUp, Subscriber, Upload, UploadState
from newsletter.subscriptions.queries import find_subscriber
from newsletter.subscriptions.service.counting import places_of, unname
from newsletter.subscriptions.service.leftovers import take_out
from newsletter.suppressions.models import Suppression
from newsletter.suppressions.queries import find_suppression
from newsletter.suppressions.service import suppress_erased

SKIPPED = 1_000_000

_THERE_AGAIN = (
    select(Subscriber.id)
    .join(Suppression, Suppression.address_key == Subscriber.address_key)
    .where(Suppression.erased_at.is_not(None), Suppression.erased_at > Subscriber.created_at)
)
"""Who was erased, and has not signed up since."""


def erase(subscriber_id: int) -> None:
    """Erase all that is known of this person (GDPR Art. 17). Raises NotFound.

    Their consent events go with them. Only a sign-up that they confirm brings them back.
    """
    with transaction():
        person = db.session.get(Subscriber, subscriber_id)
        if person is None:
            raise NotFound(kind="subscriber", name=subscriber_id)
        _take_out(person)
    scrub()


def erase_here(person: Subscriber, settings: Settings) -> Sequence[Path]:
    """As `erase`, and out of the files that our commands have written beside the database.

    Returns the files of others there in which the address still stands.
    """
    written = [person.address, person.entered]
    erase(person.id)
    return take_out(written, settings)


def erase_address(mailbox: Address, house: House) -> Sequence[Path]:
    """As `erase`, and whatever else is known of this address, also where nobody of it is a subscriber (any more).

    Returns the files of others beside the database in which it still stands. Raises NotFound where nothing at all
    is known.
    """
    key, written = mailbox.key(house.settings.pepper), [str(mailbox), mailbox.entered]
    with transaction():
        person = find_subscriber(key)
        if person:
            written += [person.address, person.entered]
            _take_out(person)
        signed_up = rows_written(delete(SignUp).where(SignUp.address_key == key))
        mailed = forget_address(key)
        if not (person or mailed or signed_up or find_suppression(key)):
            raise NotFound(kind="subscriber", name=mailbox)
        suppress_erased(key, now())
        db.session.expire_all()
    rewrite()
    return take_out(written, house.settings)


def erase_again(keys: Mapping[str, datetime] | None = None) -> int:
    """Erase those who are there again although they had been erased: out of a backup; how many that were.

    `keys` says who was erased and when, where that is newer than the database. Whoever signed up after that moment
    came back by themselves and stays.
    """
    for key, moment in (keys or {}).items():
        with transaction():
            back = find_subscriber(key)
            if back is None or back.created_at < moment:
                suppress_erased(key, moment)
    ids = db.session.scalars(_THERE_AGAIN).all()
    for subscriber_id in ids:
        with transaction():
            person = db.session.get(Subscriber, subscriber_id)
            if person:
                _take_out(person)
    if ids:
        rewrite()
    return len(ids)


def skip_numbers() -> None:
    """Give the next million numbers of subscribers to nobody.

    After a backup was restored they may stand in links of mails that left since it was made.
    """
    sequence = "pg_get_serial_sequence('subscribers', 'id')"
    statement = f"SELECT setval({sequence}, nextval({sequence}) + {SKIPPED})"
    if db.engine.dialect.name == "sqlite":
        statement = f"UPDATE sqlite_sequence SET seq = seq + {SKIPPED} WHERE name = 'subscribers'"  # noqa: S608 - as above.
    with transaction():
        db.session.execute(text(statement))


def count_there_again() -> int:
    """How many `erase_again` would erase."""
    return db.session.scalar(select(func.count()).select_from(_THERE_AGAIN.subquery())) or 0


def _take_out(person: Subscriber) -> None:
    key, places = person.address_key, places_of(person.id)
    suppress_erased(key, now())
    # By now: a delivery that is leased from here on finds neither the address nor a subscription.
    forget([person.id])
    db.session.execute(delete(SignUp).where(SignUp.address_key == key))
    db.session.execute(delete(Subscriber).where(Subscriber.id == person.id))
    unname(places)
    _take_out_samples()
    db.session.flush()
    db.session.expire_all()


def _take_out_samples() -> None:
    """What was shown of files that wait to be imported may name them; who waits for one has it looked at again."""
    again = {"state": UploadState.LOOKING, "changed_at": now(), "preview": None, "rows_done": 0}
    for statement in (
        update(Upload).where(Upload.state == UploadState.SHOWN).values(again),
        update(Upload).where(Upload.state == UploadState.TAKEN).values(preview=None),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
