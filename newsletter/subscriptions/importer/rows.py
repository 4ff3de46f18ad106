"""The rows of an export as people, or as what is wrong with them."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from newsletter.core.addresses import Address, parse_many
from newsletter.core.errors import InvalidAddress, InvalidInput
from newsletter.mail.house import House
from newsletter.mail.message import plain
from newsletter.subscriptions.importer.reading import Table
from newsletter.subscriptions.importer.recognising import Column, Standing, Taking
from newsletter.subscriptions.policy import Cadence
from newsletter.subscriptions.service.addressing import check_brought

AT_A_TIME = 5000

_FORMATS = ("%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y")
_GUARDED = ("'=", "'+", "'-", "'@", "'\t", "'\r")


@dataclass(frozen=True, slots=True)
class Person:
    """One row that can be taken in; times are in UTC, None where the file says nothing that can be read."""

    line: int
    mailbox: Address
    key: str
    name: str
    standing: Standing
    requested_at: datetime | None
    confirmed_at: datetime | None
    ended_at: datetime | None
    cadence: Cadence
    topics: Sequence[str]


@dataclass(frozen=True, slots=True)
class Rejected:
    """One row that cannot, as it stood, and why."""

    line: int
    cells: Sequence[str]
    reason: str


Batch = tuple[list[Person], list[Rejected]]


def batches(table: Table, taking: Taking, house: House, skip: int = 0) -> Iterator[tuple[int, Batch]]:
    """How many rows have been read by then, beside the people and the rejected rows of each batch."""
    deque(islice(table.rows, skip), maxlen=0)
    done = skip
    while read := list(islice(table.rows, AT_A_TIME)):
        done += len(read)
        yield done, _sorted(read, taking, house)


def _sorted(read: Sequence[tuple[int, Sequence[str]]], taking: Taking, house: House) -> Batch:
    people, rejected = [], []
    addresses = parse_many(_unguarded(taking.cell(row, Column.EMAIL)) for _, row in read)
    for (line, row), mailbox in zip(read, addresses, strict=True):
        if isinstance(mailbox, InvalidAddress):
            rejected.append(Rejected(line, row, str(mailbox)))
            continue
        try:
            check_brought(mailbox, house)
            people.append(_person(line, row, mailbox, taking, house.settings.pepper))
        except InvalidInput as problem:
            rejected.append(Rejected(line, row, str(problem)))
    return people, rejected


def _person(line: int, row: Sequence[str], mailbox: Address, taking: Taking, pepper: str) -> Person:
    cell = taking.cell
    return Person(
        line=line,
        mailbox=mailbox,
        key=mailbox.key(pepper),
        name=plain(_unguarded(taking.name_in(row)))[:100],
        standing=taking.standing_of(row),
        requested_at=_moment(cell(row, Column.REQUESTED)),
        confirmed_at=_moment(cell(row, Column.CONFIRMED)),
        ended_at=_moment(cell(row, Column.ENDED)) or _moment(cell(row, Column.CLEANED)),
        cadence=_cadence(cell(row, Column.CADENCE)),
        topics=[plain(topic)[:100] for topic in _unguarded(cell(row, Column.TOPICS)).split("|") if topic.strip()][
            :20
        ],
    )


def _unguarded(text: str) -> str:
    """What an export put an apostrophe before, so that no spreadsheet takes it for a formula."""
    return text[1:] if text.startswith(_GUARDED) else text


def _cadence(text: str) -> Cadence:
    return Cadence(text) if text in set(Cadence) else Cadence.EACH


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
        for form in _FORMATS:
            try:
                found = datetime.strptime(text, form)  # noqa: DTZ007 - exports tell no zone; UTC is assumed below.
                break
            except ValueError:
                continue
    if found is None or not 1990 < found.year < 2100:  # noqa: PLR2004 - what is no time of a sign-up by mail.
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
