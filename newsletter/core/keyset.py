"""Turning the pages of a long list by a number in its rows, so that the last page costs what the first does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import QueryableAttribute

from newsletter.core.db import db

Row = TypeVar("Row")


@dataclass(frozen=True)
class Place:
    """A page: what is older than a row's number, or newer; the newest without either."""

    before: int | None = None
    after: int | None = None


NEWEST = Place()


@dataclass(frozen=True)
class Turned(Generic[Row]):
    """Rows, newest first, and whether there are older and newer ones than these."""

    rows: Sequence[Row]
    has_older: bool
    has_newer: bool


def turned(found: Select[Row], key: QueryableAttribute[int], place: Place, size: int) -> Turned[Row]:
    """The page at that place of the first entity of `found`, whose `key` no two rows share."""
    if place.after is not None:
        later = found.where(key > place.after).order_by(key).limit(size + 1)
        nearest = db.session.scalars(later).all()
        if len(nearest) > size:
            shown = nearest[size - 1 :: -1]
            return Turned(shown, has_older=_is_any(found, key < _number(shown[-1], key)), has_newer=True)
        # So few are newer that they are on the first page, with others.
        place = NEWEST
    older, has_newer = found, False
    if place.before is not None:
        older = found.where(key < place.before)
        has_newer = _is_any(found, key >= place.before)
    rows = db.session.scalars(older.order_by(key.desc()).limit(size + 1)).all()
    return Turned(rows[:size], has_older=len(rows) > size, has_newer=has_newer)


def _number(row: Any, key: QueryableAttribute[int]) -> int:  # noqa: ANN401 - a row of any table.
    return int(getattr(row, key.key))


def _is_any(found: Select[Any], condition: Any) -> bool:  # noqa: ANN401 - as SQLAlchemy has conditions.
    return db.session.scalar(found.where(condition).limit(1)) is not None
