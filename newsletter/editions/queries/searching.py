"""Finding editions by their words: what many have among the nearest editions, what few have by the index."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Select, column, select, table, text
from sqlalchemy.orm import aliased

from newsletter.core.db import db
from newsletter.editions.models import Edition, EditionText
from newsletter.editions.policy import PUBLIC
from newsletter.editions.policy.words import is_beginning

WALKED = 200
"""Editions that are looked at one by one before the index is asked."""

Way = Callable[[Any], ColumnElement[Any]]
"""`asc` or `desc` of SQLAlchemy: in which direction to go along the numbers of editions."""

_BY_INDEX = {
    # The words are letters and digits alone, so none can leave its quotes.
    "sqlite": select(column("rowid"))
    .select_from(table("edition_words"))
    .where(text("edition_words MATCH :typed")),
    "postgresql": select(EditionText.edition_id).where(text("lexemes @@ CAST(:typed AS tsquery)")),
}


def first_of(editions: Select[Edition], way: Way, how_many: int, words: Sequence[str] | None) -> Sequence[Edition]:
    """The first of these editions this way; with words those that have all of them, and with () none."""
    if words is None:
        return db.session.scalars(editions.order_by(way(Edition.number)).limit(how_many)).all()
    if not words:
        return ()
    if db.engine.dialect.name == "sqlite":
        return _indexed(editions, way, how_many, _for_sqlite(words))
    typed = _for_postgresql(words)
    near = _walked(editions, way, how_many, typed)
    if len(near) == how_many:
        return near
    with _no_whole_tables():
        return _indexed(editions, way, how_many, typed)


def without_text(at_most: int) -> Sequence[int]:
    """Editions on the web that no search finds yet."""
    is_known = select(EditionText.edition_id).where(EditionText.edition_id == Edition.id).exists()
    return db.session.scalars(
        select(Edition.id).where(Edition.status.in_(PUBLIC), ~is_known).order_by(Edition.id).limit(at_most)
    ).all()


def _for_sqlite(words: Sequence[str]) -> str:
    return " AND ".join(f'"{word}" *' if is_beginning(word) else f'"{word}"' for word in words)


def _for_postgresql(words: Sequence[str]) -> str:
    return " & ".join(f"'{word}':*" if is_beginning(word) else f"'{word}'" for word in words)


def _walked(editions: Select[Edition], way: Way, how_many: int, typed: str) -> Sequence[Edition]:
    """Those among the next editions, each looked at until there are enough.

    The index of PostgreSQL knows no order: for a word of nearly all editions it would name nearly all of them.
    """
    near = aliased(Edition, editions.order_by(way(Edition.number)).limit(WALKED).subquery())
    # A value of the one row, so that no plan can turn it into a look at all the rows.
    has_them = (
        select(text("lexemes @@ CAST(:typed AS tsquery)"))
        .select_from(EditionText)
        .where(EditionText.edition_id == near.id)
        .params(typed=typed)
        .scalar_subquery()
    )
    return db.session.scalars(select(near).where(has_them).order_by(way(near.number)).limit(how_many)).all()


def _indexed(editions: Select[Edition], way: Way, how_many: int, typed: str) -> Sequence[Edition]:
    found = _BY_INDEX[db.engine.dialect.name].params(typed=typed)
    if db.engine.dialect.name == "postgresql":
        # Apart from the rest: else it may look at each edition in turn, which `_walked` has done.
        apart = found.cte("found").prefix_with("MATERIALIZED")
        found = select(apart.c.edition_id)
    chosen = editions.where(Edition.id.in_(found)).order_by(way(Edition.number)).limit(how_many)
    return db.session.scalars(chosen).all()


@contextmanager
def _no_whole_tables() -> Iterator[None]:
    """PostgreSQL guesses that a word stands in most editions, and unpacks the words of all to find none."""
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    yield
    db.session.execute(text("SET LOCAL enable_seqscan = on"))
