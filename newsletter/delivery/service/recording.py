"""Writing down what became of a group of deliveries, fenced by their leases."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Boolean, bindparam, case, func, insert, select, text, update

from newsletter.core.clock import now
from newsletter.core.db import UtcDateTime, among, db, transaction
from newsletter.delivery.models import Attempt, Delivery
from newsletter.delivery.policy import Rules, Status, Verdict, must_pause, pauses_at_once, verdict
from newsletter.delivery.service.control import cancel_returned, finish_mailings, pause_bulk
from newsletter.delivery.service.leasing import Leased, is_held_by
from newsletter.mail.outcomes import Blame, Outcome, Result
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress


class Answer(NamedTuple):
    """A delivery of ours and what became of it."""

    leased: Leased
    outcome: Outcome


def record(answers: Sequence[Answer], worker: str, backend: str, rules: Rules) -> None:
    """All of the group in one transaction.

    A row whose lease somebody else holds by now is left alone: that worker's account of it counts.
    """
    if not answers:
        return
    accepted = [each for each in answers if each.outcome.result is Result.ACCEPTED]
    others = [each for each in answers if each.outcome.result is not Result.ACCEPTED]
    mailings = {each.leased.mailing_id for each in answers}
    with transaction():
        moment = now()
        _accept(accepted, worker, moment)
        if others:
            _record_others(others, worker, backend, rules)
            cancel_returned(mailings)
        finish_mailings(mailings)


# Whoever is worker of a row has it leased. To ask for the state as well would make PostgreSQL go through all that
# is leased for each answer, because the index of leased rows looks smaller than it is.
_ACCEPT = (
    "UPDATE deliveries SET status = 'accepted', attempts = attempts + 1, ended_at = :moment,"
    " words = CASE WHEN address = '' THEN '' ELSE answer.words END,"
    " worker = NULL, leased_until = NULL FROM {answers} AS answer"
    " WHERE deliveries.id = answer.id AND deliveries.fence = answer.fence"
    " AND deliveries.worker = :worker"
)
_ANSWERS = {
    "sqlite": "(SELECT value ->> 0 AS id, value ->> 1 AS fence, value ->> 2 AS words FROM json_each(:answers))",
    "postgresql": "(SELECT * FROM json_to_recordset(:answers) AS each (id bigint, fence integer, words text))",
}


def _accept(answers: Sequence[Answer], worker: str, moment: datetime) -> None:
    """What nearly all of them come to, in one statement however many they are."""
    if not answers:
        return
    dialect = db.engine.dialect.name
    rows = [(each.leased.id, each.leased.fence, each.outcome.words[:500]) for each in answers]
    if dialect == "postgresql":
        told = json.dumps([dict(zip(("id", "fence", "words"), row, strict=True)) for row in rows])
    else:
        told = json.dumps(rows)
    statement = text(_ACCEPT.format(answers=_ANSWERS[dialect])).bindparams(bindparam("moment", type_=UtcDateTime))
    db.session.execute(statement, {"answers": told, "worker": worker, "moment": moment})


def _record_others(answers: Sequence[Answer], worker: str, backend: str, rules: Rules) -> None:
    moment = now()
    judged = [(each, verdict(each.outcome, each.leased.standing, moment, rules)) for each in answers]
    _update(judged, worker, moment)
    _note_attempts(answers, backend, moment)
    # In order, or two workers that find the same dead addresses could wait for each other.
    for answer, what in sorted(judged, key=lambda each: each[0].leased.address_key):
        if what.suppresses:
            suppress(answer.leased.address_key, Reason.HARD_BOUNCE, answer.outcome.words)
    _pause_where_we_are_blamed(answers)


def _update(judged: Iterable[tuple[Answer, Verdict]], worker: str, moment: datetime) -> None:
    statement = (
        update(Delivery)
        .where(*is_held_by(worker))
        .values(
            status=bindparam("new_status"),
            # A delivery that ended keeps the moment it was last due.
            due_at=func.coalesce(bindparam("new_due_at", type_=UtcDateTime), Delivery.due_at),
            attempts=bindparam("new_attempts"),
            unknowns=bindparam("new_unknowns"),
            via=case((bindparam("stays", type_=Boolean), Delivery.via), else_=None),
            # Whoever was erased meanwhile is not brought back by what the server says of them.
            words=case((Delivery.address == "", ""), else_=bindparam("new_words")),
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
            "stays": what.stays,
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
        ids = [each.leased.id for each in answers]
        nameless = select(Delivery.id).where(among(Delivery.id, ids), Delivery.address == "")
        erased = set(db.session.scalars(nameless))
        told = [{**row, "words": "" if row["delivery_id"] in erased else row["words"]} for row in rows]
        db.session.execute(insert(Attempt), told)


def _pause_where_we_are_blamed(answers: Iterable[Answer]) -> None:
    blamed = {each.leased.mailing_id: each.outcome for each in answers if each.outcome.blame is Blame.SENDER}
    for mailing_id, outcome in sorted(blamed.items()):
        if pauses_at_once(outcome) or must_pause(*_refused_and_handed_over(mailing_id)):
            pause_bulk({mailing_id}, outcome.words)


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
