"""Writing down what became of a group of deliveries, fenced by their leases."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, update

from newsletter.core.clock import now
from newsletter.core.db import UtcDateTime, db, transaction
from newsletter.core.settings import OnUnknown
from newsletter.delivery.models import Attempt, Delivery, Lane, Mailing, MailingState
from newsletter.delivery.policy import Status, Verdict, must_pause, pauses_at_once, verdict
from newsletter.delivery.service.control import cancel_returned, finish_mailings, pause
from newsletter.delivery.service.leasing import Leased
from newsletter.mail.outcomes import Blame, Outcome, Result
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress


@dataclass(frozen=True)
class Answer:
    """A delivery of ours and what became of it."""

    leased: Leased
    outcome: Outcome


def record(answers: Sequence[Answer], worker: str, backend: str, on_unknown: OnUnknown) -> None:
    """All of the group in one transaction.

    A row whose lease somebody else holds by now is left alone: that worker's account of it counts.
    """
    if not answers:
        return
    with transaction():
        moment = now()
        judged = [(each, verdict(each.outcome, each.leased.standing, moment, on_unknown)) for each in answers]
        _update(judged, worker, moment)
        _note_attempts(answers, backend, moment)
        for answer, what in judged:
            if what.suppresses:
                suppress(answer.leased.address_key, Reason.HARD_BOUNCE, answer.outcome.words)
        mailings = {each.leased.mailing_id for each in answers}
        _pause_where_we_are_blamed(answers)
        cancel_returned(mailings)
        finish_mailings(mailings)


def _update(judged: Iterable[tuple[Answer, Verdict]], worker: str, moment: datetime) -> None:
    statement = (
        update(Delivery)
        .where(
            Delivery.id == bindparam("the_id"),
            Delivery.fence == bindparam("the_fence"),
            Delivery.worker == worker,
            Delivery.status == Status.LEASED,
        )
        .values(
            status=bindparam("new_status"),
            # A delivery that ended keeps the moment it was last due.
            due_at=func.coalesce(bindparam("new_due_at", type_=UtcDateTime), Delivery.due_at),
            attempts=bindparam("new_attempts"),
            unknowns=bindparam("new_unknowns"),
            words=bindparam("new_words"),
            ended_at=bindparam("new_ended_at"),
            worker=None,
            leased_until=None,
        )
        .execution_options(synchronize_session=False)
    )
    rows = [
        {
            "the_id": answer.leased.id,
            "the_fence": answer.leased.fence,
            "new_status": what.status,
            "new_due_at": what.due_at,
            "new_attempts": what.attempts,
            "new_unknowns": what.unknowns,
            "new_words": answer.outcome.words[:500],
            "new_ended_at": None if what.due_at else moment,
        }
        for answer, what in judged
    ]
    # The connection, not the session: this is an UPDATE per row with its own values, sent as one batch.
    db.session.connection().execute(statement, rows)


def _note_attempts(answers: Iterable[Answer], backend: str, moment: datetime) -> None:
    rows = [
        {
            "delivery_id": answer.leased.id,
            "at": moment,
            "backend": backend,
            "phase": answer.outcome.phase,
            "result": answer.outcome.result,
            "blame": answer.outcome.blame,
            "words": answer.outcome.words[:500],
        }
        for answer in answers
        if answer.outcome.result is not Result.ACCEPTED
    ]
    if rows:
        db.session.execute(insert(Attempt), rows)


def _pause_where_we_are_blamed(answers: Iterable[Answer]) -> None:
    blamed = {each.leased.mailing_id: each.outcome for each in answers if each.outcome.blame is Blame.SENDER}
    for mailing_id, outcome in blamed.items():
        if pauses_at_once(outcome) or must_pause(*_refused_and_handed_over(mailing_id)):
            # What a person waits for is never paused, because nobody would resume it; it is tried again.
            may_pause = select(Mailing.id).where(
                Mailing.id == mailing_id, Mailing.state == MailingState.SENDING, Mailing.lane == Lane.BULK
            )
            if db.session.scalar(may_pause):
                pause(mailing_id, outcome.words)


def _refused_and_handed_over(mailing_id: int) -> tuple[int, int]:
    refused = db.session.scalar(
        select(func.count())
        .select_from(Attempt)
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .where(
            Delivery.mailing_id == mailing_id,
            Attempt.blame == Blame.SENDER,
            Attempt.result == Result.FAILED,
        )
    )
    handed_over = db.session.scalar(
        select(func.count())
        .select_from(Delivery)
        .where(Delivery.mailing_id == mailing_id, Delivery.status.in_((Status.ACCEPTED, Status.FAILED)))
    )
    return refused or 0, handed_over or 0
