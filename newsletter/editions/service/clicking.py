"""Counting clicks without knowing anybody: who clicks is remembered for seconds, in memory, by a hash.

Counts are what is kept. A process writes so many clicks a second one by one; what a flood brings beyond that is
added up, and written with the next click of another second.
"""

import hashlib
import secrets
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from newsletter.core.clock import now
from newsletter.core.db import db, insert_adding, transaction
from newsletter.editions.links import Clicked
from newsletter.editions.models import Edition, EditionClick
from newsletter.editions.policy import ClickKind, counted_at

MOST_A_SECOND = 20
"""Clicks that are written one by one."""

MOST_VISITORS = 10_000
REMEMBERED = 10.0
"""Seconds for which it is known what a visitor has opened."""

ALL_AT_ONCE = 3
"""Who opens so many links of an edition within that time follows all there are: no reader does."""

Key = tuple[Clicked, ClickKind]


@dataclass
class _Visitor:
    since: float
    opened: dict[Clicked, ClickKind] = field(default_factory=dict)
    is_scanner: bool = False


class Clicks:
    """What one process knows of the last seconds; threads may share it."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._visitors: OrderedDict[bytes, _Visitor] = OrderedDict()
        self._waiting: Counter[Key] = Counter()
        self._second, self._written = 0, 0
        self._lock = Lock()

    def add(self, link: Clicked, kind: ClickKind, who: str) -> Counter[Key]:
        """Count it, and give back what is to be written now: the same link twice in a row counts once."""
        with self._lock:
            visitor = self._visitor(who)
            if link not in visitor.opened:
                visitor.opened[link] = kind
                self._waiting[link, kind] += 1
            if (
                visitor.is_scanner
                or sum(each.edition_id == link.edition_id for each in visitor.opened) >= ALL_AT_ONCE
            ):
                visitor.is_scanner = True
                self._move(visitor)
            return self._due()

    def _visitor(self, who: str) -> _Visitor:
        key = hashlib.blake2b(who.encode(errors="replace"), key=self._salt, digest_size=12).digest()
        moment = monotonic()
        found = self._visitors.pop(key, None)
        if found is None or moment - found.since > REMEMBERED:
            found = _Visitor(moment)
        self._visitors[key] = found
        while len(self._visitors) > MOST_VISITORS:
            self._visitors.popitem(last=False)
        return found

    def _move(self, visitor: _Visitor) -> None:
        for link, kind in visitor.opened.items():
            if kind is not ClickKind.SCANNER:
                self._waiting[link, kind] -= 1
                self._waiting[link, ClickKind.SCANNER] += 1
                visitor.opened[link] = ClickKind.SCANNER

    def _due(self) -> Counter[Key]:
        if not self._waiting:
            return Counter()
        second = int(monotonic())
        if second != self._second:
            self._second, self._written = second, 0
        self._written += 1
        if self._written > MOST_A_SECOND:
            return Counter()
        due, self._waiting = self._waiting, Counter()
        return due


def write_clicks(counts: Counter[Key], slot_ends: Edition) -> None:
    """Add these to what is counted; by the age of the edition that is open at the moment, by hour or by day."""
    hour = counted_at(now(), slot_ends.window_end)
    rows = [
        {**clicked._asdict(), "kind": kind, "hour": hour, "count": count}
        for (clicked, kind), count in sorted(counts.items())
        if count
    ]
    if rows:
        with transaction():
            db.session.execute(insert_adding(EditionClick, "count"), rows)
