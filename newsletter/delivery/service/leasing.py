"""Taking a slice of work, after a last look at whether it may still be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import IS_SENDING, IS_WAITING, Delivery, Lane, Mailing
from newsletter.delivery.policy import Standing, Status
from newsletter.delivery.queries import is_suppressed, lacks_consent
from newsletter.delivery.service.control import cancel_returned

LEASE = timedelta(minutes=15)
"""Longer than a server may take to answer the final dot (ten minutes, RFC 5321 §4.5.3.2.6) with room to spare."""


@dataclass(frozen=True)
class Leased:
    """A delivery in this worker's hands, with all that is needed to fill and to judge it."""

    id: int
    mailing_id: int
    subscriber_id: int | None
    address: str
    address_key: str
    fence: int
    standing: Standing


@dataclass(frozen=True)
class Slice:
    """What was leased; `examined` also counts those that were found to be suppressed or without consent."""

    leased: Sequence[Leased]
    examined: int


def lease(worker: str, lane: Lane, limit: int, mailing_id: int | None = None) -> Slice:
    """At most `limit` deliveries that are due in this lane, or in this mailing alone.

    In the same transaction each is looked at once more: suppressed addresses are skipped, and those without a
    confirmed subscription any more are cancelled.
    """
    with transaction():
        moment = now()
        ids = _due(lane, limit, mailing_id, moment)
        if not ids:
            return Slice((), 0)
        _end(ids, Status.SKIPPED, "the address is suppressed", moment, only=is_suppressed())
        _end(ids, Status.CANCELLED, "there is no confirmed subscription any more", moment, only=lacks_consent())
        rows = db.session.execute(
            update(Delivery)
            .where(Delivery.id.in_(ids), IS_WAITING)
            .values(status=Status.LEASED, worker=worker, fence=Delivery.fence + 1, leased_until=moment + LEASE)
            .returning(
                Delivery.id,
                Delivery.mailing_id,
                Delivery.subscriber_id,
                Delivery.address,
                Delivery.address_key,
                Delivery.fence,
                Delivery.attempts,
                Delivery.unknowns,
            )
            .execution_options(synchronize_session=False)
        ).all()
        births = _births({row.mailing_id for row in rows})
    leased = [
        Leased(*row[:6], standing=Standing(row.attempts, row.unknowns, births[row.mailing_id]))
        for row in sorted(rows)
    ]
    return Slice(leased, len(ids))


def release(leased: Sequence[Leased], worker: str) -> None:
    """Give back what was leased and not touched; it is as due as it was."""
    if not leased:
        return
    with transaction():
        db.session.execute(
            update(Delivery)
            .where(
                Delivery.id.in_([each.id for each in leased]),
                Delivery.worker == worker,
                Delivery.status == Status.LEASED,
            )
            .values(status=Status.QUEUED, worker=None, leased_until=None)
            .execution_options(synchronize_session=False)
        )
        cancel_returned({each.mailing_id for each in leased})


def _due(lane: Lane, limit: int, mailing_id: int | None, moment: datetime) -> Sequence[int]:
    statement = (
        select(Delivery.id)
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .where(IS_SENDING, Mailing.lane == lane, IS_WAITING, Delivery.due_at <= moment)
        .limit(limit)
        # On PostgreSQL two workers must not wait for each other's rows; SQLite has one writer and ignores it.
        .with_for_update(of=Delivery, skip_locked=True)
    )
    if mailing_id is not None:
        statement = statement.where(Mailing.id == mailing_id)
    return db.session.scalars(statement).all()


def _end(ids: Sequence[int], status: Status, words: str, moment: datetime, *, only: object) -> None:
    db.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids), IS_WAITING, only)  # type: ignore[arg-type]
        .values(status=status, words=words, ended_at=moment)
        .execution_options(synchronize_session=False)
    )


def _births(mailing_ids: set[int]) -> dict[int, datetime]:
    rows = db.session.execute(select(Mailing.id, Mailing.created_at).where(Mailing.id.in_(mailing_ids)))
    return {row.id: row.created_at for row in rows}
