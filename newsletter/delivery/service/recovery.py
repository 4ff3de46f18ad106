"""Settling what dead workers left, so that every delivery ends in exactly one state whatever died."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, select, update

from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.logs import logger
from newsletter.delivery.models import IS_LEASED, IS_SENDING, IS_WAITING, Delivery, Mailing
from newsletter.delivery.policy import Rules, Status
from newsletter.delivery.service.leasing import Leased, release
from newsletter.delivery.service.recording import Answer, record
from newsletter.mail.journal import Estate, account_of, estates
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result

AT_ONCE = 1000
"""Rows settled in one transaction."""

log = logger(__name__)


def settle_estates(spool: Path, rules: Rules) -> int:
    """Replay the journals of senders that died on this machine; how many deliveries were settled.

    Answered: recorded. Dot without an answer: unknown. Leased and never dotted: queued, if the journal is whole.
    """
    return sum(_settle(estate, rules, IS_LEASED) for estate in estates(spool))


def settle_expired(spool: Path, rules: Rules, elsewhere: timedelta = timedelta(0)) -> int:
    """Settle what is leased beyond its time, so that its worker may hand over none of it any more.

    A worker of this machine that stands still has a journal, which says what it did. Without one all is unknown,
    after so long again that its own machine, if it lives, has settled it.
    """
    settled, moment = 0, now()
    for worker in _workers(Delivery.leased_until < moment):
        if account := account_of(spool, worker):
            settled += _settle(account, rules, IS_LEASED, Delivery.leased_until < moment)
    for worker in _workers(Delivery.leased_until < moment - elsewhere):
        nothing = Estate(worker, (), frozenset(), is_whole=False)
        settled += _settle(nothing, rules, IS_LEASED, Delivery.leased_until < moment - elsewhere)
    return settled + _give_up_stranded(rules)


def _workers(condition: ColumnElement[bool]) -> Sequence[str]:
    """Who holds leases for which this is so."""
    found = db.session.scalars(select(Delivery.worker).where(IS_LEASED, condition).distinct())
    return [worker for worker in found if worker]


def _settle(estate: Estate, rules: Rules, *which: object) -> int:
    answers = {outcome.key: outcome for outcome in estate.answers}
    settled = 0
    while rows := _leased_rows(*which, Delivery.worker == estate.worker):
        leased = [_leased(row) for row in rows]
        known = [Answer(each, answers[each.id]) for each in leased if each.id in answers]
        silent = [each for each in leased if each.id not in answers]
        lost = [each for each in silent if each.id in estate.dots or not estate.is_whole]
        untouched = [each for each in silent if each.id not in estate.dots and estate.is_whole]
        with transaction():
            record([*known, *map(_unknown, lost)], estate.worker, "journal", rules)
            release(untouched, estate.worker)
        settled += len(leased)
        log.warning("sender settled", answered=len(known), unknown=len(lost), deliveries=len(leased))
    return settled


def _give_up_stranded(rules: Rules) -> int:
    """End as unknown what only a backend may take again that did not come for it in all that time."""
    if rules.on_unknown == "resend_anywhere":
        return 0
    too_old = select(Mailing.id).where(IS_SENDING, Mailing.tried_since < now() - rules.retry.expiry)
    with transaction():
        return rows_written(
            update(Delivery)
            .where(Delivery.mailing_id.in_(too_old), IS_WAITING, Delivery.via.is_not(None))
            .values(status=Status.UNKNOWN, ended_at=now())
            .execution_options(synchronize_session=False)
        )


def _leased_rows(*conditions: object) -> Sequence[Any]:
    return db.session.execute(
        select(
            Delivery.id,
            Delivery.mailing_id,
            Delivery.subscriber_id,
            Delivery.address,
            Delivery.address_key,
            Delivery.fence,
            Delivery.attempts,
            Delivery.unknowns,
            Delivery.worker,
            Mailing.tried_since,
        )
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .where(*conditions)  # type: ignore[arg-type]
        .limit(AT_ONCE)
    ).all()


def _leased(row: Any) -> Leased:  # noqa: ANN401 - a row of columns has no name for its type.
    return Leased(
        row.id,
        row.mailing_id,
        row.subscriber_id,
        row.address,
        row.address_key,
        row.fence,
        row.attempts,
        row.unknowns,
        row.tried_since,
    )


def _unknown(leased: Leased) -> Answer:
    words = "the sender died between the final dot and the server's answer"
    return Answer(leased, Outcome(leased.id, Result.UNKNOWN, Blame.NOBODY, Phase.DOT, words))
