"""Who gets which articles of an edition, and when: found for groups of readers, never for one after the other.

Where nobody has a wish and nobody had an article before, the audience is as it was, and none of this is made.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    MetaData,
    Row,
    Select,
    SmallInteger,
    Table,
    and_,
    case,
    func,
    insert,
    literal,
    select,
)

from newsletter.articles.models import Article
from newsletter.core.db import UtcDateTime, db, one_at_a_time
from newsletter.editions.models import Edition
from newsletter.editions.policy import Bits, bits, places_in
from newsletter.editions.queries.audiences import recipients
from newsletter.editions.service.hours import HOURS, fill_hours, is_of_reader
from newsletter.editions.service.shares import (
    SHARES,
    fill_shares,
    is_of_subscriber,
    left_of,
    unwish_all_but,
    wants_nothing,
)

MOST_SHARES = 1000
"""Different choices of articles in one edition; of rarer ones what is followed does not count."""

MOST_DATED = 2000
"""Variants up to which each moment has a date of its own in the header of the mail."""

NOTHING_FOLLOWED = "nothing of what they follow is in it"
HAD_IT_ALL = "they have had all of it already"

_VARIANTS = Table(
    "variants_of_shares",
    MetaData(),
    Column("lo", BigInteger, primary_key=True, autoincrement=False),
    Column("hi", BigInteger, primary_key=True, autoincrement=False),
    Column("wave", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", SmallInteger, nullable=False),
    prefixes=["TEMPORARY"],
)
_NONE = Bits(0, 0)


@dataclass(frozen=True)
class Part:
    """What the readers of variant `number` get: these articles; `due_at` None: dated as the edition."""

    number: int
    articles: Sequence[Article]
    due_at: datetime | None


@dataclass(frozen=True)
class Groups:
    """Whom to queue for, as `delivery.service.queue_mailing` takes them, and what they get but for the whole."""

    recipients: Select[Any, Any, Any, Any]
    parts: Sequence[Part] = ()


@contextmanager
def grouped(of: Edition, articles: Sequence[Article], most: int = MOST_SHARES) -> Iterator[Groups]:
    """Within the transaction that queues; the recipients can be selected within the block only.

    At `most` so many different choices are heeded, those of the most readers; in the others topics are not.
    """
    # Two editions that leave at one moment must each see what the other one brings to whom.
    one_at_a_time("freezing an audience")
    audience = recipients(of)
    if of.corrects is not None:
        # Who has the article gets its correction, at once and whatever they follow.
        yield Groups(audience)
        return
    has_shares, has_hours = fill_shares(of, articles), fill_hours(of)
    if not (has_shares or has_hours):
        yield Groups(audience)
        return
    tables = [*([SHARES] if has_shares else []), *([HOURS] if has_hours else []), _VARIANTS]
    link = db.session.connection()
    _VARIANTS.create(link)
    yield _grouped(_Seen(audience, bits(range(len(articles))), tables), articles, most)
    # After an error the transaction ends, and they go with it.
    for table in tables:
        table.drop(link)


@dataclass(frozen=True)
class _Seen:
    """The audience beside the tables that there are of its wishes; `whole` is all articles."""

    audience: Select[Any, Any, Any, Any]
    whole: Bits
    tables: Sequence[Table]

    def statement(self) -> tuple[Select[Any, Any, Any, Any], Sequence[Any]]:
        """The audience joined to the tables; and of each reader share, wave, moment and why they get none."""
        joined = self.audience
        lo: ColumnElement[int] = literal(self.whole.lo, BigInteger)
        hi: ColumnElement[int] = literal(self.whole.hi, BigInteger)
        wave: ColumnElement[int] = literal(0)
        due_at: ColumnElement[Any] = literal(None, UtcDateTime)
        why: ColumnElement[str] = literal("")
        if SHARES in self.tables:
            joined = joined.outerjoin(SHARES, is_of_subscriber())
            lo, hi = left_of(self.whole)
            nothing = case((wants_nothing(), literal(NOTHING_FOLLOWED)), else_=literal(HAD_IT_ALL))
            why = case((and_(lo == 0, hi == 0), nothing), else_=literal(""))
        if HOURS in self.tables:
            joined = joined.outerjoin(HOURS, is_of_reader())
            wave, due_at = func.coalesce(HOURS.c.wave, 0), HOURS.c.due_at
        return joined, (lo, hi, wave, due_at, why)


def _grouped(seen: _Seen, articles: Sequence[Article], most: int) -> Groups:
    counts = _counts(seen)
    shares = Counter[Bits]()
    for row in counts:
        shares[Bits(row.lo, row.hi)] += row.readers
    if len(shares) > most:
        kept = [share for share, _ in shares.most_common(most)]
        unwish_all_but(kept, seen.whole)
        counts = _counts(seen)
    parts = _numbered(counts, seen.whole, articles)
    joined, (lo, hi, wave, due_at, why) = seen.statement()
    is_theirs = and_(_VARIANTS.c.lo == lo, _VARIANTS.c.hi == hi, _VARIANTS.c.wave == wave)
    recipients = joined.outerjoin(_VARIANTS, is_theirs).add_columns(
        func.coalesce(_VARIANTS.c.number, 0).label("variant"), due_at, why
    )
    return Groups(recipients, parts)


def _counts(seen: _Seen) -> Sequence[Row[Any]]:
    """How many readers have each share at each moment; a share's together, so that it is compiled once."""
    joined, (lo, hi, wave, due_at, _) = seen.statement()
    each = joined.with_only_columns(
        lo.label("lo"), hi.label("hi"), wave.label("wave"), due_at.label("due_at")
    ).subquery()
    return db.session.execute(
        select(each, func.count().label("readers"))
        .group_by(each.c.lo, each.c.hi, each.c.wave, each.c.due_at)
        .order_by(each.c.lo, each.c.hi, each.c.wave)
    ).all()


def _numbered(counts: Sequence[Row[Any]], whole: Bits, articles: Sequence[Article]) -> Sequence[Part]:
    """A number for each that is neither the whole at once, which is 0, nor nothing."""
    is_dated = len(counts) <= MOST_DATED
    parts: dict[tuple[Bits, int], Part] = {}
    rows = []
    for row in counts:
        share, wave = Bits(row.lo, row.hi), row.wave if is_dated else 0
        if share == _NONE or (share == whole and not wave):
            continue
        carried = [articles[place] for place in places_in(share)]
        part = parts.setdefault((share, wave), Part(len(parts) + 1, carried, row.due_at if is_dated else None))
        rows.append({"lo": row.lo, "hi": row.hi, "wave": row.wave, "number": part.number})
    if rows:
        db.session.connection().execute(insert(_VARIANTS), rows)
    return list(parts.values())
