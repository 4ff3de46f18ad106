"""The rows of an export as people, or as what is wrong with them."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, tee
from typing import NamedTuple

from newsletter.core.addresses import Address, parse_many
from newsletter.core.errors import InvalidAddress, InvalidInput
from newsletter.mail.house import House
from newsletter.mail.message import plain
from newsletter.subscriptions.importer.reading import Table
from newsletter.subscriptions.importer.recognising import Cells, Standing, Taking
from newsletter.subscriptions.policy import Cadence
from newsletter.subscriptions.service.addressing import check_brought
from newsletter.subscriptions.service.profile import offered_zones

AT_A_TIME = 20_000
"""Rows of a batch. Keys in no order change most pages of their index, so it pays to be many each time."""
MOST_REJECTED = 1000
"""Rejected rows that end a batch: they are kept as they stood, however long they are."""

_FORMATS = ("%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y")
_CADENCES = {cadence.value: cadence for cadence in Cadence}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")
_HOUR = re.compile(r"[01]?[0-9]|2[0-3]", re.ASCII)
_GUARDED = ("'=", "'+", "'-", "'@", "'\t", "'\r")


class Person(NamedTuple):
    """One row that can be taken in; times are in UTC, None where the file says nothing that can be read."""

    line: int
    mailbox: Address
    key: str
    name: str
    standing: Standing
    requested_at: datetime | None
    confirmed_at: datetime | None
    ended_at: datetime | None
    cadence: Cadence | None
    topics: Sequence[str]
    language: str = ""
    timezone: str = ""
    local_hour: int | None = None


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
    while True:
        people, rejected = _sorted(islice(table.rows, AT_A_TIME), taking, house)
        if not people and not rejected:
            return
        done += len(people) + len(rejected)
        yield done, (people, rejected)


def _sorted(read: Iterable[tuple[int, Sequence[str]]], taking: Taking, house: House) -> Batch:
    people, rejected = [], []
    # Of a row that is somebody only the person is kept.
    rows, ahead = tee((line, row, taking.cells(row)) for line, row in read)
    addresses = parse_many(_unguarded(cells.email) for _, _, cells in ahead)
    for (line, row, cells), mailbox in zip(rows, addresses, strict=True):
        try:
            people.append(_person(line, cells, _checked(mailbox, house), taking, house.settings.pepper))
        except InvalidInput as problem:
            rejected.append(Rejected(line, row, str(problem)))
            if len(rejected) == MOST_REJECTED:
                break
    return people, rejected


def _checked(mailbox: Address | InvalidAddress, house: House) -> Address:
    if isinstance(mailbox, InvalidAddress):
        raise mailbox
    check_brought(mailbox, house)
    return mailbox


def _person(line: int, cells: Cells, mailbox: Address, taking: Taking, pepper: str) -> Person:
    return Person(
        line=line,
        mailbox=mailbox,
        key=mailbox.key(pepper),
        name=plain(_unguarded(cells.whole_name))[:100],
        standing=taking.standing_of(cells),
        requested_at=_moment(cells.requested),
        confirmed_at=_moment(cells.confirmed),
        ended_at=_moment(cells.ended) or _moment(cells.cleaned),
        cadence=_CADENCES.get(cells.cadence),
        topics=_topics(cells.topics),
        language=cells.language.lower() if _LANGUAGE.fullmatch(cells.language) else "",
        timezone=cells.zone if cells.zone and cells.zone in offered_zones() else "",
        local_hour=int(cells.hour) if _HOUR.fullmatch(cells.hour) else None,
    )


def _topics(text: str) -> Sequence[str]:
    if not text:
        return ()
    return [plain(topic)[:100] for topic in _unguarded(text).split("|") if topic.strip()][:20]


def _unguarded(text: str) -> str:
    """What an export put an apostrophe before, so that no spreadsheet takes it for a formula."""
    return text[1:] if text.startswith(_GUARDED) else text


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
