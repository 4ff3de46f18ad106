"""Some of the audience go first and are watched; the rest follows, or nobody does until an operator has looked.

All that is known stands in rows, so whoever dies meanwhile is replaced by whoever looks next.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from newsletter.core.clock import now
from newsletter.core.db import db, reading, transaction
from newsletter.core.logs import logger
from newsletter.delivery.models import IS_SENDING, Canary, Delivery, Mailing
from newsletter.delivery.policy import CanaryRule, CanaryState, Status
from newsletter.delivery.service.control import let_go, pause
from newsletter.suppressions.models import Reason, Suppression

_UNDER_WAY = (CanaryState.FIRST, CanaryState.WATCHED)
_NOT_SENT = (Status.CANCELLED, Status.SKIPPED)
_TROUBLED = (Status.FAILED, Status.DEFERRED, Status.UNKNOWN)

SOON = timedelta(minutes=2)
"""Who waits for a rate or a new connection is tried within this time; who waits longer, waits for a server."""

log = logger(__name__)


def hold_back(mailing: Mailing, rule: CanaryRule) -> None:
    """Let nobody go but those who are frozen by now, in the transaction that froze them."""
    ids = select(func.min(Delivery.id), func.max(Delivery.id), func.count())
    first_id, last_id, size = db.session.execute(ids.where(Delivery.mailing_id == mailing.id)).one()
    mailing.up_to_id = last_id
    db.session.add(
        Canary(
            mailing_id=mailing.id,
            first_id=first_id,
            last_id=last_id,
            size=size,
            wait_minutes=int(rule.wait.total_seconds() // 60),
            most=rule.most,
        )
    )


def canaries_to_watch() -> Sequence[int]:
    """The mailings of which some go first at this moment."""
    with reading():
        return db.session.scalars(
            select(Canary.mailing_id)
            .join(Mailing, Mailing.id == Canary.mailing_id)
            .where(IS_SENDING, Canary.state.in_(_UNDER_WAY))
            .order_by(Canary.mailing_id)
        ).all()


def watch_canary(mailing_id: int) -> CanaryState:
    """Bring it to its next state, if it is time, and say in which it is; STOPPED has paused the mailing.

    While it is watched nobody gets anything, those who are deferred neither. It is stopped as soon as too many are
    in trouble, also while others of the first are still to come.
    """
    with transaction():
        # The mailing first, as whoever pauses and resumes does, so that two workers decide one after the other.
        sending = select(Mailing.id).where(Mailing.id == mailing_id, IS_SENDING)
        is_sending = db.session.scalar(sending.with_for_update()) is not None
        canary = db.session.get_one(Canary, mailing_id, populate_existing=True)
        if not is_sending or canary.state not in _UNDER_WAY:
            return canary.state
        is_out = canary.state == CanaryState.WATCHED or _is_out(canary)
        sent, canary.troubled = _counts(canary, _TROUBLED if not is_out else (*_TROUBLED, Status.QUEUED))
        if is_out and canary.ends_at is None:
            canary.state, canary.ends_at = CanaryState.WATCHED, now() + timedelta(minutes=canary.wait_minutes)
            _hold_all(mailing_id)
        if canary.troubled > canary.most * sent:
            canary.state = CanaryState.STOPPED
            pause(mailing_id, _words(canary, sent))
        elif canary.ends_at is not None and canary.ends_at <= now():
            log.info("canary passed", mailing=mailing_id, sent=sent, troubled=canary.troubled)
            let_go(mailing_id)
        db.session.flush()
        return db.session.get_one(Canary, mailing_id, populate_existing=True).state


def _is_out(canary: Canary) -> bool:
    """Whether all were tried, but for those whose mail server lets nobody try."""
    soon = and_(Delivery.status == Status.QUEUED, Delivery.due_at <= now() + SOON)
    left = select(Delivery.id).where(*_those(canary), or_(Delivery.status == Status.LEASED, soon))
    return db.session.scalar(left.limit(1)) is None


def _counts(canary: Canary, troubled: Sequence[Status]) -> tuple[int, int]:
    """To how many it goes, and how many of them are in these states or have complained."""
    complained = exists(
        select(Suppression.address_key).where(
            Suppression.address_key == Delivery.address_key, Suppression.reason == Reason.COMPLAINT
        )
    )
    bad = or_(Delivery.status.in_(troubled), and_(Delivery.status == Status.ACCEPTED, complained))
    those = Delivery.status.not_in(_NOT_SENT)
    counts = select(func.count(), func.count().filter(bad)).select_from(Delivery)
    sent, bad_ones = db.session.execute(counts.where(*_those(canary), those)).one()
    return sent, bad_ones


def _those(canary: Canary) -> tuple[ColumnElement[bool], ...]:
    return Delivery.id.between(canary.first_id, canary.last_id), Delivery.mailing_id == canary.mailing_id


def _hold_all(mailing_id: int) -> None:
    db.session.execute(
        update(Mailing)
        .where(Mailing.id == mailing_id)
        .values(up_to_id=0)
        .execution_options(synchronize_session=False)
    )


def _words(canary: Canary, sent: int) -> str:
    return (
        f"Of the {sent} who got it first, {canary.troubled} failed, were deferred or complained, which is more "
        f"than {canary.most:.1%}; nobody else has got it. If it is well, resume sends it to the rest."
    )
