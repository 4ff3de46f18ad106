"""Replacing old deliveries by their sums, so that the account of a mailing outlives the people in it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, delete, exists, func, select, update

from newsletter.core.db import among, db, rows_written, transaction
from newsletter.delivery.models import Attempt, Delivery, Mailing, MailingState, MailingVariant
from newsletter.delivery.queries import ledger

ROWS_AT_A_TIME = 5000
"""Deliveries that are deleted in one transaction, so that nobody waits for long meanwhile on SQLite."""

_HAS_ENDED = Mailing.state.in_((MailingState.FINISHED, MailingState.CANCELLED))


def sum_up(before: datetime) -> int:
    """Replace the deliveries of mailings from before this moment by their sums; how many they were.

    The sum is written first, and the account is told by it from then on. What a killed run has left is deleted.
    """
    done = sum(_write_sum(mailing_id) for mailing_id in db.session.scalars(_to_sum_up(before)).all())
    for mailing_id in _with_leftovers():
        while _delete_some(mailing_id):
            pass
    return done


def count_to_sum_up(before: datetime) -> int:
    """How many mailings `sum_up` would sum up."""
    return db.session.scalar(select(func.count()).select_from(_to_sum_up(before).subquery())) or 0


def _to_sum_up(before: datetime) -> Select[int]:
    return select(Mailing.id).where(Mailing.created_at < before, Mailing.summary.is_(None), _HAS_ENDED)


def _write_sum(mailing_id: int) -> int:
    with transaction():
        states = {str(status): count for status, count in ledger(mailing_id).states.items()}
        # Somebody may be queueing it anew at this moment; then it is open, and not summed up.
        written = rows_written(
            update(Mailing)
            .where(Mailing.id == mailing_id, Mailing.summary.is_(None), _HAS_ENDED)
            .values(summary=states, subscriber_id=None)
        )
        if written:
            # They may be written for one name alone.
            db.session.execute(delete(MailingVariant).where(MailingVariant.mailing_id == mailing_id))
        return written


def _with_leftovers() -> Sequence[int]:
    left = exists(select(Delivery.id).where(Delivery.mailing_id == Mailing.id))
    return db.session.scalars(select(Mailing.id).where(Mailing.summary.is_not(None), left)).all()


def _delete_some(mailing_id: int) -> int:
    with transaction():
        some = select(Delivery.id).where(Delivery.mailing_id == mailing_id).limit(ROWS_AT_A_TIME)
        ids = db.session.scalars(some).all()
        for statement in (
            delete(Attempt).where(among(Attempt.delivery_id, ids)),
            delete(Delivery).where(among(Delivery.id, ids)),
        ):
            db.session.execute(statement.execution_options(synchronize_session=False))
        return len(ids)
