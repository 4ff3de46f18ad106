"""Counting who came and who left, by day, out of the consent ledger: sums that outlive the people.

Events are counted once, by their numbers. On PostgreSQL the later of two numbers may be committed first, so what
is counted is only what an earlier look, a few minutes ago, could have seen.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, Date, delete, exists, func, insert, literal, select, update
from sqlalchemy.orm import aliased

from newsletter.core.clock import now
from newsletter.core.db import UtcDateTime, db, insert_adding, insert_ignoring, one_at_a_time, transaction
from newsletter.subscriptions.models import (
    Consent,
    ConsentEvent,
    GrowthCount,
    GrowthMark,
    StandingCount,
    Subscription,
)

AT_A_TIME = 100_000
"""Events of one transaction."""

SETTLES = timedelta(minutes=2)
"""After so long no transaction that has written an event is still open (`core.db.LONGEST_SILENCE`)."""

IMPORTED = "import"
_THE_ROW = 1


def count_growth() -> int:
    """Count the events that are settled and were not counted yet; how many of them there were."""
    counted = 0
    while True:
        with transaction():
            mark = _mark()
            end = min(mark.seen_id, mark.counted_id + AT_A_TIME)
            if end > mark.counted_id:
                _add(mark.counted_id, end)
                counted += end - mark.counted_id
                _move(counted_id=end)
            elif mark.seen_at <= now() - SETTLES:
                newest = db.session.scalar(select(func.max(ConsentEvent.id))) or 0
                _move(seen_id=max(newest, mark.seen_id), seen_at=now())
                return counted
            else:
                return counted


def count_standings() -> None:
    """Count how many subscriptions are in each state: an index is read from end to end, so no page does it."""
    with transaction():
        one_at_a_time("standings")
        db.session.execute(delete(StandingCount))
        moment = literal(now(), UtcDateTime)
        counted = select(Subscription.newsletter_id, Subscription.status, func.count(), moment)
        chosen = counted.group_by(Subscription.newsletter_id, Subscription.status)
        columns = ["newsletter_id", "status", "how_many", "counted_at"]
        db.session.execute(insert(StandingCount).from_select(columns, chosen))


def _mark() -> GrowthMark:
    one_at_a_time("growth")
    start = {"id": _THE_ROW, "counted_id": 0, "seen_id": 0, "seen_at": now() - SETTLES}
    db.session.execute(insert_ignoring(GrowthMark).values(start))
    return db.session.get_one(GrowthMark, _THE_ROW, populate_existing=True)


def _move(**values: object) -> None:
    statement = update(GrowthMark).where(GrowthMark.id == _THE_ROW).values(values)
    db.session.execute(statement.execution_options(synchronize_session=False))


def _add(after: int, end: int) -> None:
    """One statement for each of the two numbers."""
    these = ConsentEvent.id > after, ConsentEvent.id <= end, ConsentEvent.method != IMPORTED
    _sum("joined", [*these, ConsentEvent.kind == Consent.CONFIRMED])
    _sum("left", [*these, ConsentEvent.kind == Consent.WITHDRAWN, _was_confirmed()])


def _sum(name: str, conditions: list[ColumnElement[bool]]) -> None:
    day = _day_of_event()
    rows = db.session.execute(
        select(ConsentEvent.newsletter_id, day.label("day"), func.count().label("how_many"))
        .where(*conditions)
        .group_by(ConsentEvent.newsletter_id, day)
    ).all()
    added = [
        {"newsletter_id": row.newsletter_id, "day": row.day, "joined": 0, "left": 0, name: row.how_many}
        for row in rows
    ]
    if added:
        db.session.connection().execute(insert_adding(GrowthCount, "joined", "left"), added)


def _was_confirmed() -> ColumnElement[bool]:
    """Whoever never confirmed has not left."""
    before = aliased(ConsentEvent)
    return exists(
        select(before.id).where(
            before.subscriber_id == ConsentEvent.subscriber_id,
            before.newsletter_id == ConsentEvent.newsletter_id,
            before.kind == Consent.CONFIRMED,
            before.id < ConsentEvent.id,
        )
    )


def _day_of_event() -> ColumnElement[object]:
    if db.engine.dialect.name == "postgresql":
        return func.date(func.timezone("UTC", ConsentEvent.at), type_=Date)
    return func.date(ConsentEvent.at, type_=Date)
