"""What an import would do, before it does anything."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from sqlalchemy import select

from newsletter.core.addresses import masked
from newsletter.core.db import among, any_of, db
from newsletter.core.errors import InvalidInput
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.importer.reading import Table, digest, opened
from newsletter.subscriptions.importer.recognising import (
    LONGEST_WORD,
    Choices,
    Column,
    Standing,
    Taking,
    recognise,
)
from newsletter.subscriptions.importer.rows import Person, Rejected, batches
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.suppressions.models import Suppression

SAMPLES = 10
MOST_WORDS, MOST_COUNTED = 30, 1000
"""Different words in the column for the status that are shown, and that are counted at all."""

Reject = Callable[[Sequence[str], Iterable[Rejected]], None]
"""Told the header and the rejected rows of each batch."""

Tell = Callable[[int], None]
"""Told how many rows have been read."""


def _to_nobody(_rows: int) -> None:
    """For whoever does not wait."""


@dataclass(frozen=True)
class Order:
    """Into which newsletter, on whose word, and with which choices.

    `provenance`: where these people agreed. `consent_note`: with which words the operator answers for it that they
    have confirmed; "" leaves them pending. `asks`: whether those who are pending are asked by mail.
    """

    newsletter: str
    provenance: str = ""
    consent_note: str = ""
    asks: bool = False
    choices: Choices = field(default_factory=Choices)


@dataclass(frozen=True)
class Preview:
    """`plan` is what to say so that exactly this is done; `rejected` counts rows by what is wrong with them.

    `words` are those that stand in the column for the status, how often, and what each means here, "" where nobody
    knows. `delimiter` is "" for a plain list of addresses.
    """

    plan: str
    service: str
    encoding: str
    delimiter: str
    columns: Mapping[str, str]
    standings: Mapping[str, int]
    outcomes: Mapping[str, int]
    rejected: Mapping[str, int]
    samples: Sequence[Mapping[str, str]]
    words: Sequence[Mapping[str, object]] = ()
    rows: int = 0

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def preview(path: Path, order: Order, house: House, reject: Reject, tell: Tell = _to_nobody) -> Preview:
    """Read the whole file and look everybody up; nothing is written. Raises InvalidInput, NotFound."""
    of = newsletter(order.newsletter)
    standings: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    samples: list[Mapping[str, str]] = []
    words: Counter[str] = Counter()
    rows = 0
    with opened(path, order.choices.encoding, order.choices.delimiter) as table:
        taking = recognise(table.header, order.choices)
        read = replace(table, rows=_counting(table.rows, taking, words))
        for rows, (people, refused) in batches(read, taking, house):
            known = look_up(people, of.id)
            for person in people:
                standings[person.standing] += 1
                outcomes[outcome(person, known, order)] += 1
            rejected.update(each.reason for each in refused)
            reject(table.header, refused)
            samples += [_sample(each, outcome(each, known, order)) for each in people[: SAMPLES - len(samples)]]
            tell(rows)
        return Preview(
            plan=plan(path, order, taking),
            service=taking.service,
            encoding=table.encoding,
            delimiter=table.delimiter,
            columns=_columns(table, taking),
            standings=dict(standings),
            outcomes=dict(outcomes.most_common()),
            rejected=dict(rejected.most_common(20)),
            samples=samples,
            words=[_word(each, how_often, taking) for each, how_often in words.most_common(MOST_WORDS)],
            rows=rows,
        )


def plan(path: Path, order: Order, taking: Taking) -> str:
    """Eight letters for the file and for all that decides what becomes of it."""
    facts = [digest(path), order.newsletter, bool(order.consent_note), order.asks]
    facts += [order.choices.encoding, order.choices.delimiter]
    facts += [sorted(taking.places.items()), sorted(taking.statuses.items())]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Known:
    """Of the people of a batch, by key: why they must not be mailed, their number, and their subscription here."""

    suppressed: Mapping[str, str]
    subscribers: Mapping[str, int]
    subscriptions: Mapping[int, str]


def look_up(people: Sequence[Person], newsletter_id: int) -> Known:
    """Three statements, however many they are."""
    keys = [person.key for person in people]
    suppressed = db.session.execute(
        select(Suppression.address_key, Suppression.reason).where(any_of(Suppression.address_key, keys))
    )
    subscribers = db.session.execute(
        select(Subscriber.address_key, Subscriber.id).where(any_of(Subscriber.address_key, keys))
    )
    ids = {key: subscriber_id for key, subscriber_id in subscribers}  # noqa: C416 - rows are no pairs to mypy.
    subscriptions = db.session.execute(
        select(Subscription.subscriber_id, Subscription.status).where(
            among(Subscription.subscriber_id, ids.values()), Subscription.newsletter_id == newsletter_id
        )
    )
    return Known(
        suppressed={key: str(reason) for key, reason in suppressed},
        subscribers=ids,
        subscriptions={subscriber_id: str(status) for subscriber_id, status in subscriptions},
    )


def outcome(person: Person, known: Known, order: Order) -> str:
    """What becomes of this person; who is known here stays as they are."""
    if person.key in known.suppressed:
        return f"left out: {known.suppressed[person.key]} here"
    status = known.subscriptions.get(known.subscribers.get(person.key, 0))
    if status:
        return f"stays {status}"
    if person.standing is Standing.ACTIVE:
        return "confirmed" if order.consent_note else "pending"
    return {
        Standing.PENDING: "pending",
        Standing.UNSUBSCRIBED: "unsubscribed",
        Standing.BOUNCED: "suppressed: hard_bounce",
        Standing.COMPLAINED: "suppressed: complaint",
    }[person.standing]


def check(order: Order) -> None:
    """Raises InvalidInput when it is not said where these people agreed."""
    if len(order.provenance.strip()) < 10:  # noqa: PLR2004 - shorter than any answer.
        problem = said(
            "Say where and how these people agreed, in words that you could show to somebody who asks: "
            "--provenance 'Signed up on the old site, 2021 to 2026, exported by Ines Marlow'."
        )
        raise InvalidInput(problem, field="provenance")


def _counting(
    rows: Iterator[tuple[int, Sequence[str]]], taking: Taking, words: Counter[str]
) -> Iterator[tuple[int, Sequence[str]]]:
    """The same rows; what stands in the columns for the status is counted as they go by, once for each row."""
    places = [taking.places[column] for column in (Column.STATUS, Column.LISTED) if column in taking.places]
    for number, row in rows:
        for word in {row[place].strip()[:LONGEST_WORD] for place in places if place < len(row)}:
            if word and (word in words or len(words) < MOST_COUNTED):
                words[word] += 1
        yield number, row


def _word(word: str, how_often: int, taking: Taking) -> dict[str, object]:
    return {"word": word, "rows": how_often, "means": str(taking.find_meaning(word) or "")}


def _columns(table: Table, taking: Taking) -> dict[str, str]:
    meaning: dict[int, Column] = {place: column for column, place in taking.places.items()}
    return {name: str(meaning.get(place, "-")) for place, name in enumerate(table.header)}


def _sample(person: Person, becomes: str) -> dict[str, str]:
    return {
        "line": str(person.line),
        "address": masked(str(person.mailbox)),
        "name": person.name,
        "was": str(person.standing),
        "becomes": becomes,
    }
