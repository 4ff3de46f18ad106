"""What every run of the service starts from: confirmed subscribers and a draft, made once, copied for each run."""

from datetime import timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import ColumnElement, Select, func, insert, literal, literal_column, select

from newsletter import schema
from newsletter.articles.models import Source
from newsletter.bench.databases import Databases
from newsletter.bench.installation import Installation
from newsletter.bench.writing import articles_for, message
from newsletter.core.clock import now
from newsletter.core.db import UtcDateTime, db, transaction
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.service import Masthead, add_newsletter
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus

EDITION = 1
"""The one edition's id."""

NEWSLETTER = Masthead(
    name="The Tidewater Post",
    sender_address="post@tidewater.example",
    postal_address="4 Ropewalk\nWrenmouth",
)

_numbers = count(1)


class Stage:
    """`recipients` confirmed subscribers, and a draft for them whose message has `size` bytes."""

    def __init__(self, databases: Databases, folder: Path, recipients: int, size: int) -> None:
        """Raises InvalidInput when no edition has that size."""
        self.recipients = recipients
        self._databases = databases
        self._folder = folder
        self._original = databases.make(f"stage{next(_numbers)}")
        with Installation(folder, self._original).entered() as house:
            schema.upgrade()
            self.message = _fill(house, recipients, size)
        databases.settle(self._original)

    def installation(self, **settings: str) -> Installation:
        """A fresh copy, with these settings."""
        name = f"run{next(_numbers)}"
        folder = self._folder / name
        folder.mkdir()
        return Installation(folder, self._databases.copy(self._original, name), settings)

    def forget(self, installation: Installation) -> None:
        """Throw its database away."""
        self._databases.drop(installation.database_url)


def _fill(house: House, recipients: int, size: int) -> bytes:
    """Writes everybody and the draft down; the message as one of them gets it, for the contestants without us."""
    of = add_newsletter(NEWSLETTER)
    with transaction():
        # The fetcher refuses this place without asking it, so that the worker's timetable reaches nobody.
        source = Source(url="http://127.0.0.1:9/", title="The Harbour Desk", created_at=now())
        db.session.add(source)
        db.session.flush()
        articles = articles_for(size, of, house, source.id)
        db.session.add_all(articles)
    editions.draft(of.id, editions.Window(now() - timedelta(days=1), now()), articles)
    with transaction():
        subscribe(of, recipients)
    return message(articles, of, house)


def subscribe(of: Newsletter, recipients: int) -> None:
    """So many confirmed readers by two statements, within a transaction."""
    number = numbers_up_to(recipients)
    name = literal("reader").concat(number)
    domain = literal("@d").concat(number % 1000).concat(".example.org")
    moment = literal(now(), UtcDateTime)
    people = select(name.concat(domain), name.concat(domain), key_of(number), moment)
    columns = [Subscriber.address, Subscriber.entered, Subscriber.address_key, Subscriber.created_at]
    db.session.execute(insert(Subscriber).from_select(columns, people))
    confirmed: Select[int, int, str, str, object, object] = select(
        Subscriber.id,
        literal(of.id),
        literal(SubscriptionStatus.CONFIRMED.value),
        Subscriber.address_key,
        moment,
        moment,
    )
    db.session.execute(
        insert(Subscription).from_select(
            [
                Subscription.subscriber_id,
                Subscription.newsletter_id,
                Subscription.status,
                Subscription.nonce,
                Subscription.requested_at,
                Subscription.confirmed_at,
            ],
            confirmed,
        )
    )


def numbers_up_to(last: int) -> ColumnElement[int]:
    """A column with the numbers from 1 on."""
    first = select(literal_column("1").label("number")).cte("numbers", recursive=True)
    numbers = first.union_all(select(first.c.number + 1).where(first.c.number < last))
    column: ColumnElement[int] = numbers.c.number
    return column


def key_of(number: ColumnElement[int]) -> ColumnElement[str]:
    """32 hex digits in no order, as real keys are, so that their index is no cheaper than in real life."""
    if db.engine.dialect.name == "postgresql":
        return func.md5(literal("").concat(number))
    return func.lower(func.hex(func.randomblob(16)))
