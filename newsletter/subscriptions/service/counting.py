"""Counting who was asked, reminded and has confirmed, so that lost confirmations are seen.

Many people count in one row, and a transaction holds the rows it has written until it ends. So each writes them
last, and in the order of their key: then no two wait for each other.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, delete, func, select, update

from newsletter.core.clock import now
from newsletter.core.db import db, execute, insert_adding, rows_written, transaction
from newsletter.subscriptions.models import ConfirmCount, Subscription
from newsletter.subscriptions.policy.providers import provider_of
from newsletter.subscriptions.policy.ratios import (
    MOST_FORMS,
    MOST_PAGES,
    OTHER_FORMS,
    OTHER_PAGES,
    known_or,
    page_of,
)

QUICK = timedelta(hours=1)
KEPT = timedelta(days=400)
"""A year, and a month to compare with the same one a year ago."""


class Key(NamedTuple):
    """The row in which a subscription counts."""

    newsletter_id: int
    day: date
    form: str
    page: str
    provider: str


class Tally:
    """Who was asked in this transaction; `write` is the last thing that it does."""

    def __init__(self) -> None:
        self._asked: Counter[Key] = Counter()

    def note(self, asked: Iterable[Subscription], moment: datetime) -> None:
        """They are asked now; those who were asked before count no second time."""
        for each in asked:
            if each.asked_at is None:
                each.asked_at = moment
                self._asked[_key(each)] += 1

    def write(self) -> None:
        folded: Counter[Key] = Counter()
        seen: dict[tuple[int, date], tuple[set[str], set[str]]] = {}
        for key, how_many in sorted(self._asked.items()):
            if key[:2] not in seen:
                seen[key[:2]] = _known(key.newsletter_id, key.day)
            forms, pages = seen[key[:2]]
            form = known_or(key.form, forms, MOST_FORMS, OTHER_FORMS)
            page = known_or(key.page, pages, MOST_PAGES, OTHER_PAGES)
            forms.add(form)
            pages.add(page)
            folded[key._replace(form=form, page=page)] += how_many
        if folded:
            rows = [
                {**key._asdict(), "asked": how_many, **_NOTHING_YET} for key, how_many in sorted(folded.items())
            ]
            db.session.connection().execute(insert_adding(ConfirmCount, "asked"), rows)


_NUMBERS = ("asked", "confirmed", "within_hour", "reminded", "after_reminder")
_NOTHING_YET = dict.fromkeys(_NUMBERS[1:], 0)


def count_confirmed(confirmed: Iterable[Subscription], moment: datetime) -> None:
    """They have confirmed, as the last thing in the caller's transaction."""
    sums: dict[Key, Counter[str]] = defaultdict(Counter)
    for each in confirmed:
        if each.asked_at is not None:
            sums[_key(each)] += Counter(
                confirmed=1,
                within_hour=moment - each.asked_at <= QUICK,
                after_reminder=each.reminded_at is not None,
            )
    _add(sums)


def count_reminded(reminded: Iterable[Subscription]) -> None:
    """They are reminded, as the last thing in the caller's transaction."""
    _add({key: Counter(reminded=how_many) for key, how_many in Counter(map(_key, reminded)).items()})


def places_of(subscriber_id: int) -> Sequence[Key]:
    """The rows in which this person counts."""
    theirs = db.session.scalars(select(Subscription).where(Subscription.subscriber_id == subscriber_id))
    return [found for each in theirs if (found := _find(_key(each)))]


def unname(places: Iterable[Key]) -> None:
    """Whoever was the only one to come from a page on that day came from one of the others.

    For somebody who is erased, as the last thing in the caller's transaction: the page may tell who it was.
    """
    for place in sorted(set(places)):
        this_day = ConfirmCount.newsletter_id == place.newsletter_id, ConfirmCount.day == place.day
        rows = db.session.scalars(select(ConfirmCount).where(*this_day, ConfirmCount.page == place.page)).all()
        if place.page and sum(each.asked for each in rows) == 1:
            for each in rows:
                numbers = {name: getattr(each, name) for name in _NUMBERS}
                moved = {**place._asdict(), "page": OTHER_PAGES, **numbers}
                db.session.execute(insert_adding(ConfirmCount, *_NUMBERS), moved)
                db.session.delete(each)


def purge_counts() -> int:
    """Forget those of too long ago; how many rows."""
    with transaction():
        return rows_written(delete(ConfirmCount).where(ConfirmCount.day < (now() - KEPT).date()))


def count_old_counts() -> int:
    """How many rows `purge_counts` would forget."""
    old = select(func.count()).select_from(ConfirmCount).where(ConfirmCount.day < (now() - KEPT).date())
    return db.session.scalar(old) or 0


def _add(sums: Mapping[Key, Mapping[str, int]]) -> None:
    added: dict[Key, Counter[str]] = defaultdict(Counter)
    for key, counts in sums.items():
        if found := _find(key):
            added[found] += Counter(counts)
    for key, counts in sorted(added.items(), key=lambda each: each[0]):
        more = {f"more_{name}": counts.get(name, 0) for name in _NUMBERS}
        execute(_ADD, {**{f"the_{name}": value for name, value in key._asdict().items()}, **more})


def _key(of: Subscription) -> Key:
    domain = of.subscriber.address.rpartition("@")[2]
    return Key(of.newsletter_id, of.requested_at.date(), of.form, page_of(of.page), provider_of(domain))


def _known(newsletter_id: int, day: date) -> tuple[set[str], set[str]]:
    rows: Sequence[Any] = db.session.execute(
        select(ConfirmCount.form, ConfirmCount.page)
        .where(ConfirmCount.newsletter_id == newsletter_id, ConfirmCount.day == day)
        .distinct()
    ).all()
    return {row.form for row in rows}, {row.page for row in rows}


_ROWS = ConfirmCount.__table__.c
_IS_OWN = case((_ROWS.form == bindparam("form"), 2), else_=0) + case((_ROWS.page == bindparam("page"), 1), else_=0)
_PLACE = (
    select(_ROWS.form, _ROWS.page)
    .where(
        _ROWS.newsletter_id == bindparam("newsletter_id"),
        _ROWS.day == bindparam("day"),
        _ROWS.form.in_([bindparam("form"), OTHER_FORMS]),
        _ROWS.page.in_([bindparam("page"), OTHER_PAGES]),
        _ROWS.provider == bindparam("provider"),
    )
    .order_by(_IS_OWN.desc())
    .limit(1)
)


_ADD = (
    update(ConfirmCount.__table__)
    .where(*(_ROWS[name] == bindparam(f"the_{name}") for name in Key._fields))
    .values({name: _ROWS[name] + bindparam(f"more_{name}") for name in _NUMBERS})
)


def _find(key: Key) -> Key | None:
    """The row in which its asking was counted: its own, or that of all others; None if it was not."""
    found = execute(_PLACE, key._asdict()).first()
    return key._replace(form=found.form, page=found.page) if found else None
