"""Forgetting people and old details: the states and their sums stay, whose they were does not."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select, text, update

from newsletter.core.clock import now
from newsletter.core.db import among, db, transaction
from newsletter.delivery.models import IS_BULK, IS_WAITING, Attempt, Delivery, Mailing, MailingState
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import ledger

MAILINGS_AT_A_TIME = 50


def forget(subscriber_ids: Collection[int]) -> None:
    """Cancel what waits for these people, and take out of all deliveries who they were.

    What is in a worker's hands ends, and is recorded without its words.
    """
    if not subscriber_ids:
        return
    # Their own mails by the mailing, editions by the unique key: readers of editions have no index of their own.
    theirs = select(Mailing.id).where(or_(among(Mailing.subscriber_id, subscriber_ids), IS_BULK))
    these = Delivery.mailing_id.in_(theirs), among(Delivery.subscriber_id, subscriber_ids)
    with transaction():
        ids = db.session.scalars(select(Delivery.id).where(*these)).all()
        if not ids:
            return
        known = among(Delivery.id, ids)
        db.session.execute(
            update(Delivery)
            .where(known, IS_WAITING)
            .values(status=Status.CANCELLED, ended_at=now())
            .execution_options(synchronize_session=False)
        )
        db.session.execute(
            update(Delivery)
            .where(known)
            .values(subscriber_id=None, address="", address_key="", name=None, words="")
            .execution_options(synchronize_session=False)
        )
        db.session.execute(
            update(Attempt)
            .where(among(Attempt.delivery_id, ids))
            .values(words="")
            .execution_options(synchronize_session=False)
        )
        db.session.execute(
            update(Mailing)
            .where(among(Mailing.subscriber_id, subscriber_ids))
            .values(subscriber_id=None)
            .execution_options(synchronize_session=False)
        )


def sum_up(before: datetime) -> int:
    """Replace the deliveries of mailings from before this moment by their sums; how many mailings that were."""
    old = (
        select(Mailing)
        .where(
            Mailing.created_at < before,
            Mailing.summary.is_(None),
            Mailing.state.in_((MailingState.FINISHED, MailingState.CANCELLED)),
        )
        .limit(MAILINGS_AT_A_TIME)
    )
    done = 0
    while chosen := _summed_up(old):
        done += len(chosen)
    return done


def _summed_up(old: object) -> Sequence[Mailing]:
    with transaction():
        chosen = db.session.scalars(old).all()  # type: ignore[call-overload]
        for each in chosen:
            each.summary = {str(status): count for status, count in ledger(each.id).states.items()}
        ids = [each.id for each in chosen]
        deliveries = select(Delivery.id).where(among(Delivery.mailing_id, ids))
        for statement in (
            delete(Attempt).where(Attempt.delivery_id.in_(deliveries)),
            delete(Delivery).where(among(Delivery.mailing_id, ids)),
        ):
            db.session.execute(statement.execution_options(synchronize_session=False))
        return list(chosen)


def scrub() -> None:
    """Have SQLite write its log of changes back and empty it, so that what was taken out is nowhere any more."""
    if db.engine.dialect.name == "sqlite":
        db.session.commit()
        with db.engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
