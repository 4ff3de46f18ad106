"""Taking a slice of work, after a last look at whether it may still be done."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, case, func, or_, select, update

from newsletter.core.clock import now
from newsletter.core.db import UtcDateTime, among, db, reading, transaction
from newsletter.delivery.models import IS_LEASED, IS_SENDING, IS_WAITING, Delivery, Lane, Mailing
from newsletter.delivery.policy import IS_SUPPRESSED, Standing, Status
from newsletter.delivery.queries import is_suppressed, lacks_consent, may_leave
from newsletter.delivery.service.control import cancel_returned


class Leased(NamedTuple):
    """A delivery in this worker's hands, with all that is needed to fill and to judge it."""

    id: int
    mailing_id: int
    subscriber_id: int | None
    address: str
    address_key: str
    fence: int
    attempts: int
    unknowns: int
    queued_at: datetime
    name: str | None = None
    variant: int = 0

    @property
    def standing(self) -> Standing:
        return Standing(self.attempts, self.unknowns, self.queued_at)

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True)
class Lessee:
    """Who takes a slice: the worker's name, the backend it sends through, and how long it may hold on to it.

    `takes_any`: also what another backend may have sent already.
    """

    worker: str
    backend: str
    time: timedelta = timedelta(minutes=15)
    takes_any: bool = False


@dataclass(frozen=True)
class Slice:
    """What was leased; `examined` also counts those that were found to be suppressed or without consent."""

    leased: Sequence[Leased]
    examined: int


def lease(lessee: Lessee, lane: Lane, limit: int, mailing_id: int | None = None) -> Slice:
    """At most `limit` deliveries that are due in this lane, or in this mailing alone.

    In the same transaction each is looked at once more: suppressed addresses are skipped, and those without a
    confirmed subscription any more are cancelled.
    """
    with transaction():
        moment = now()
        # The connection, not the session: thousands of rows, none of which is wanted as an object.
        connection = db.session.connection()
        rows = connection.execute(_due(lessee, lane, limit, mailing_id)).all()
        suppressed = [row.id for row in rows if row.is_suppressed]
        unwanted = [row.id for row in rows if row.lacks_consent and not row.is_suppressed]
        _end(suppressed, Status.SKIPPED, IS_SUPPRESSED, moment)
        _end(unwanted, Status.CANCELLED, "there is no confirmed subscription any more", moment)
        wanted = [Leased(*row[:11]) for row in rows if not (row.is_suppressed or row.lacks_consent)]
        if wanted:
            connection.execute(
                update(Delivery)
                .where(among(Delivery.id, [each.id for each in wanted]))
                .values(
                    status=Status.LEASED,
                    worker=lessee.worker,
                    via=lessee.backend,
                    fence=Delivery.fence + 1,
                    leased_until=moment + lessee.time,
                )
            )
        return Slice(sorted(wanted), len(rows))


def is_held_by(worker: str) -> tuple[ColumnElement[bool], ...]:
    """Of the delivery `the_id`: whether this worker has it, by the lease with `the_fence` and no later one.

    Whoever settles a worker that stood still must not touch what that one has leased anew since.
    """
    return (
        Delivery.id == bindparam("the_id"),
        Delivery.fence == bindparam("the_fence"),
        Delivery.worker == worker,
        Delivery.status == Status.LEASED,
    )


def release(leased: Collection[Leased], worker: str) -> None:
    """Give back what was leased and not touched; it is as due as it was."""
    postpone([(each, None) for each in leased], worker)


def postpone(leased: Collection[tuple[Leased, datetime | None]], worker: str) -> None:
    """Give back what was leased and not touched, to be taken at the moment beside it; None: as due as it was."""
    if not leased:
        return
    statement = (
        update(Delivery)
        .where(*is_held_by(worker))
        .values(
            status=Status.QUEUED,
            worker=None,
            leased_until=None,
            due_at=func.coalesce(bindparam("new_due_at", type_=UtcDateTime), Delivery.due_at),
            via=case((Delivery.unknowns > 0, Delivery.via), else_=None),
        )
    )
    with transaction():
        rows = [{"the_id": each.id, "the_fence": each.fence, "new_due_at": at} for each, at in leased]
        db.session.connection().execute(statement, rows)
        cancel_returned({each.mailing_id for each, _ in leased})


def release_all(worker: str) -> None:
    """Give back whatever this worker has leased, when it does not know itself what that is."""
    with transaction():
        rows = db.session.execute(
            select(Delivery.id, Delivery.mailing_id, Delivery.fence).where(IS_LEASED, Delivery.worker == worker)
        ).all()
    release([Leased(row.id, row.mailing_id, None, "", "", row.fence, 0, 0, now()) for row in rows], worker)


def has_due(lane: Lane, mailing_id: int | None = None, lessee: Lessee | None = None) -> bool:
    """Whether there is anything to lease, for this lessee or anybody.

    It only reads, so that idle senders ask for no write lock.
    """
    statement = select(Delivery.id).join(Mailing, Mailing.id == Delivery.mailing_id)
    conditions = _is_due(lane, mailing_id) + (_may_take(lessee) if lessee else ())
    with reading():
        return db.session.scalar(statement.where(*conditions).limit(1)) is not None


def _is_due(lane: Lane, mailing_id: int | None) -> tuple[Any, ...]:
    this_one = () if mailing_id is None else (Mailing.id == mailing_id,)
    return (IS_SENDING, Mailing.lane == lane, IS_WAITING, Delivery.due_at <= now(), *this_one, *may_leave())


def _may_take(lessee: Lessee) -> tuple[ColumnElement[bool], ...]:
    """What another backend may have sent already is left to that one, unless the operator wants otherwise."""
    return () if lessee.takes_any else (or_(Delivery.via.is_(None), Delivery.via == lessee.backend),)


def _due(lessee: Lessee, lane: Lane, limit: int, mailing_id: int | None) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Delivery.id,
            Delivery.mailing_id,
            Delivery.subscriber_id,
            Delivery.address,
            Delivery.address_key,
            (Delivery.fence + 1).label("fence"),
            Delivery.attempts,
            Delivery.unknowns,
            Mailing.tried_since.label("queued_at"),
            Delivery.name,
            Delivery.variant,
            is_suppressed().label("is_suppressed"),
            lacks_consent().label("lacks_consent"),
        )
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .where(*_is_due(lane, mailing_id), *_may_take(lessee))
        .limit(limit)
        # On PostgreSQL two workers must not wait for each other's rows; SQLite has one writer and ignores it.
        .with_for_update(of=Delivery, skip_locked=True)
    )


def _end(ids: Collection[int], status: Status, words: str, moment: datetime) -> None:
    if ids:
        db.session.execute(
            update(Delivery)
            .where(among(Delivery.id, ids))
            .values(status=status, words=words, ended_at=moment)
            .execution_options(synchronize_session=False)
        )
