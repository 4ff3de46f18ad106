"""Stopping and going on: pause, resume, cancel, and the end of a mailing."""

from collections.abc import Collection

from sqlalchemy import bindparam, select, text, union_all, update

from newsletter.core.clock import now
from newsletter.core.db import among, db, execute, rows_written, transaction
from newsletter.core.errors import Conflict
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.delivery.models import (
    IS_OPEN,
    IS_SENDING,
    IS_WAITING,
    Canary,
    Delivery,
    Lane,
    Mailing,
    MailingState,
)
from newsletter.delivery.policy import CanaryState, Status
from newsletter.delivery.queries import has_open

log = logger(__name__)

_DELIVERIES = Delivery.__table__
_MAILINGS = Mailing.__table__
_OF_NEWSLETTER = select(_MAILINGS.c.id).where(IS_OPEN, _MAILINGS.c.newsletter_id == bindparam("which"))
# Each of these few is asked for this one person by its unique key; of those that were made for one person alone
# there may be thousands that still wait, so all others' stay out.
_OPEN_MAILINGS = union_all(
    _OF_NEWSLETTER.where(_MAILINGS.c.subscriber_id.is_(None)),
    _OF_NEWSLETTER.where(_MAILINGS.c.subscriber_id == bindparam("whose")),
)
# The same as IS_WAITING, but no planner sees that: by statistics from before a large edition, PostgreSQL would
# read all of a mailing that waits instead of asking for this person by the unique key.
_WAITS = text("coalesce(deliveries.status, '') IN ('queued', 'deferred')")
_CANCEL_FOR = (
    update(_DELIVERIES)
    .where(
        _DELIVERIES.c.subscriber_id == bindparam("whose"),
        _DELIVERIES.c.mailing_id.in_(_OPEN_MAILINGS),
        _WAITS,
    )
    .values(status=Status.CANCELLED, words="the subscriber said stop", ended_at=bindparam("at"))
)
_CANCEL_OWN = (
    update(_DELIVERIES)
    .where(
        _DELIVERIES.c.mailing_id.in_(
            select(_MAILINGS.c.id).where(
                IS_OPEN, _MAILINGS.c.subscriber_id == bindparam("whose"), _MAILINGS.c.kind == bindparam("of_kind")
            )
        ),
        IS_WAITING,
    )
    .values(status=Status.CANCELLED, words="it is not needed any more", ended_at=bindparam("at"))
)


def pause(mailing_id: int, problem: str) -> None:
    """Lease no more of it; what is in a worker's hands ends. `problem` says why, in the server's words or ours.

    Raises Conflict when it is not sending.
    """
    _switch(mailing_id, MailingState.SENDING, MailingState.PAUSED, problem)
    log.warning("mailing paused", mailing=mailing_id, problem=problem)


def pause_bulk(mailing_ids: Collection[int], problem: str) -> None:
    """As `pause`, for those of them that are sending, because we ourselves are refused.

    What a person waits for is never paused, because nobody would resume it; it is tried again.
    """
    with transaction():
        # In order, or two workers that are refused over the same mailings could wait for each other.
        for mailing_id in sorted(mailing_ids):
            paused = rows_written(
                update(Mailing)
                .where(Mailing.id == mailing_id, IS_SENDING, Mailing.lane == Lane.BULK)
                .values(state=MailingState.PAUSED, problem=problem[:500])
            )
            # Another worker may have been faster; that is nothing to complain of.
            if paused:
                log.warning("mailing paused", mailing=mailing_id, problem=problem)


def resume(mailing_id: int) -> None:
    """Go on with what is queued or deferred, also after some went first and it was stopped for them.

    Raises Conflict when it is not paused.
    """
    with transaction():
        _switch(mailing_id, MailingState.PAUSED, MailingState.SENDING, "")
        overrule_canary(mailing_id)


def overrule_canary(mailing_id: int) -> None:
    """If it was stopped for those who went first, an operator has looked: let all go."""
    stopped = select(Canary.mailing_id).where(Canary.mailing_id == mailing_id, Canary.state == CanaryState.STOPPED)
    if db.session.scalar(stopped):
        let_go(mailing_id)


def let_go(mailing_id: int) -> None:
    """Whoever was held back while some went first may leave."""
    for statement in (
        update(Mailing).where(Mailing.id == mailing_id).values(up_to_id=None),
        update(Canary).where(Canary.mailing_id == mailing_id).values(state=CanaryState.PASSED),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))


def cancel(mailing_id: int) -> int:
    """Send no more of it, ever; the number of deliveries that were cancelled. Doing it twice changes nothing."""
    with transaction():
        db.session.execute(
            update(Mailing)
            .where(Mailing.id == mailing_id, Mailing.state != MailingState.FINISHED)
            .values(state=MailingState.CANCELLED)
        )
        return _cancel_waiting(Delivery.mailing_id == mailing_id, words="the mailing was cancelled")


def cancel_for_many(subscriber_ids: Collection[int], newsletter_id: int) -> int:
    """As `cancel_for`, for all of them at once."""
    with transaction():
        open_mailings = select(Mailing.id).where(IS_OPEN, Mailing.newsletter_id == newsletter_id)
        of_these = union_all(
            open_mailings.where(Mailing.subscriber_id.is_(None)),
            open_mailings.where(among(Mailing.subscriber_id, subscriber_ids)),
        )
        theirs = Delivery.mailing_id.in_(of_these), among(Delivery.subscriber_id, subscriber_ids)
        return _cancel_waiting(*theirs, words="the operator unsubscribed them")


def cancel_for(subscriber_id: int, newsletter_id: int) -> int:
    """Send this person nothing more that was queued for this newsletter's subscribers; how many that were."""
    with transaction():
        return execute(_CANCEL_FOR, {"whose": subscriber_id, "which": newsletter_id, "at": now()}).rowcount


def cancel_own(subscriber_id: int, kind: str) -> int:
    """Send this person none of what was made for them alone and is of this kind; how many that were."""
    with transaction():
        which = {"whose": subscriber_id, "of_kind": kind, "at": now()}
        return db.session.connection().execute(_CANCEL_OWN, which).rowcount


def cancel_returned(mailing_ids: Collection[int]) -> None:
    """Cancel what came back to waiting from a worker's hands although its mailing was cancelled meanwhile."""
    these = select(Mailing.id).where(Mailing.id.in_(mailing_ids))
    cancelled = these.where(Mailing.state == MailingState.CANCELLED)
    with transaction():
        # On PostgreSQL whoever cancels at this moment does not see yet what came back, nor do we see the cancel.
        # So one waits for the other; in order, or two that return to several mailings could deadlock.
        db.session.execute(these.order_by(Mailing.id).with_for_update())
        _cancel_waiting(Delivery.mailing_id.in_(cancelled), words="the mailing was cancelled")


def finish_mailings(mailing_ids: Collection[int] | None = None) -> None:
    """Mark mailings in which nothing will happen any more; None looks at all that are sending."""
    is_over = IS_SENDING, ~has_open(Mailing.id)
    candidates = select(Mailing.id).where(*is_over)
    if mailing_ids is not None:
        candidates = candidates.where(Mailing.id.in_(mailing_ids))
    with transaction():
        ids = db.session.scalars(candidates).all()
        if not ids:
            return
        # PostgreSQL looks at the deliveries as they were when a statement began, even if it had to wait for the
        # mailing since. So it waits first: somebody may be queueing deliveries of this mailing again.
        db.session.execute(select(Mailing.id).where(Mailing.id.in_(ids)).order_by(Mailing.id).with_for_update())
        db.session.execute(
            update(Mailing)
            .where(Mailing.id.in_(ids), *is_over)
            .values(state=MailingState.FINISHED, finished_at=now())
            .execution_options(synchronize_session=False)
        )


_STATES = {
    MailingState.SENDING: said("sending"),
    MailingState.PAUSED: said("paused"),
    MailingState.CANCELLED: said("cancelled"),
    MailingState.FINISHED: said("finished"),
}


def _switch(mailing_id: int, old: MailingState, new: MailingState, problem: str) -> None:
    with transaction():
        changed = rows_written(
            update(Mailing)
            .where(Mailing.id == mailing_id, Mailing.state == old)
            .values(state=new, problem=problem[:500])
        )
        if not changed:
            state = db.session.scalar(select(Mailing.state).where(Mailing.id == mailing_id))
            problem = said(
                "The mailing is %(state)s; only one that is %(old)s can become %(new)s.",
                state=_STATES[state] if state else said("not there"),
                old=_STATES[old],
                new=_STATES[new],
            )
            raise Conflict(problem)


def _cancel_waiting(*conditions: object, words: str) -> int:
    return rows_written(
        update(Delivery)
        .where(*conditions, IS_WAITING)  # type: ignore[arg-type]
        .values(status=Status.CANCELLED, words=words, ended_at=now())
        .execution_options(synchronize_session=False)
    )
