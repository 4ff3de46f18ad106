"""Sending again to those whom a mailing has missed."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update

from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.errors import Conflict
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.delivery.models import Delivery, Mailing, MailingState
from newsletter.delivery.policy import MISSED, Status
from newsletter.delivery.queries import has_moved, is_suppressed, lacks_consent
from newsletter.delivery.service.control import overrule_canary

log = logger(__name__)


_NOBODY = {
    frozenset({Status.FAILED}): said("Nobody who may still be mailed is failed in this mailing."),
    frozenset({Status.UNKNOWN}): said("Nobody who may still be mailed is unknown in this mailing."),
    MISSED: said("Nobody who may still be mailed is failed or unknown in this mailing."),
}


def requeue(mailing_id: int, statuses: Collection[Status]) -> int:
    """Queue again what ended in these states, of which only failed and unknown may be given; how many that are.

    They are due now, with the Message-ID they had, so that a copy that did arrive can be recognised (RFC 1047).
    Their time to expiry begins anew, that of the mailing's other open deliveries with it. Who must not be mailed
    any more, or has another address, is left as they are; all are looked at once more at the lease. A paused
    mailing goes on.

    Raises Conflict when nothing is to be queued again, or the mailing was cancelled.
    """
    if not statuses or not MISSED.issuperset(statuses):
        problem = f"Only {' and '.join(sorted(MISSED))} deliveries can be queued again."
        raise ValueError(problem)
    moment = now()
    with transaction():
        _reopen(mailing_id, moment)
        overrule_canary(mailing_id)
        queued = rows_written(
            update(Delivery)
            .where(
                Delivery.mailing_id == mailing_id,
                Delivery.status.in_(statuses),
                ~is_suppressed(),
                ~lacks_consent(),
                ~has_moved(),
            )
            .values(status=Status.QUEUED, due_at=moment, unknowns=0, via=None, ended_at=None)
            .execution_options(synchronize_session=False)
        )
        if not queued:
            problem = _NOBODY[frozenset(statuses)]
            raise Conflict(problem)
    log.info("deliveries queued again", mailing=mailing_id, deliveries=queued)
    return queued


def _reopen(mailing_id: int, moment: datetime) -> None:
    """First of all, because it locks the row: nobody may find the mailing finished before this is committed."""
    reopened = rows_written(
        update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.state != MailingState.CANCELLED, Mailing.summary.is_(None))
        .values(state=MailingState.SENDING, problem="", requeued_at=moment, finished_at=None, counted_at=None)
    )
    if not reopened:
        found = db.session.get(Mailing, mailing_id, populate_existing=True)
        if found is None:
            problem = said("The mailing is not there; it cannot be sent again.")
        elif found.summary is not None:
            problem = said("The mailing is summed up; it cannot be sent again.")
        else:
            problem = said("The mailing is cancelled; it cannot be sent again.")
        raise Conflict(problem)
