"""Settling what dead workers left, so that every delivery ends in exactly one state whatever died."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.logs import logger
from newsletter.core.settings import OnUnknown
from newsletter.delivery.models import IS_LEASED, Delivery, Mailing
from newsletter.delivery.policy import Standing
from newsletter.delivery.service.leasing import Leased, release
from newsletter.delivery.service.recording import Answer, record
from newsletter.mail.journal import Estate, estates
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result

AT_ONCE = 1000
"""Rows settled in one transaction."""

log = logger(__name__)


def settle_estates(spool: Path, on_unknown: OnUnknown) -> int:
    """Replay the journals of senders that died on this machine; how many deliveries were settled.

    Answered: recorded. Dot without an answer: unknown. Leased and never dotted: queued, if the journal is whole.
    """
    settled = 0
    for estate in estates(spool):
        settled += _settle(estate, on_unknown)
    return settled


def settle_expired(on_unknown: OnUnknown) -> int:
    """Treat as unknown what is leased beyond its time: its worker is gone and left no journal here."""
    settled = 0
    while rows := _leased_rows(IS_LEASED, Delivery.leased_until < now()):
        for worker in {row.worker for row in rows}:
            lost = [_leased(row) for row in rows if row.worker == worker]
            record([_unknown(each) for each in lost], worker, "lease ran out", on_unknown)
            settled += len(lost)
            log.warning("leases expired", worker=worker, deliveries=len(lost))
    return settled


def _settle(estate: Estate, on_unknown: OnUnknown) -> int:
    answers = {outcome.key: outcome for outcome in estate.answers}
    settled = 0
    while rows := _leased_rows(IS_LEASED, Delivery.worker == estate.worker):
        leased = [_leased(row) for row in rows]
        known = [Answer(each, answers[each.id]) for each in leased if each.id in answers]
        silent = [each for each in leased if each.id not in answers]
        lost = [each for each in silent if each.id in estate.dots or not estate.is_whole]
        with transaction():
            record([*known, *map(_unknown, lost)], estate.worker, "journal", on_unknown)
            release([each for each in silent if each not in lost], estate.worker)
        settled += len(leased)
        log.warning("dead sender settled", answered=len(known), unknown=len(lost), deliveries=len(leased))
    return settled


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
            Mailing.created_at,
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
        standing=Standing(row.attempts, row.unknowns, row.created_at),
    )


def _unknown(leased: Leased) -> Answer:
    words = "the sender died between the final dot and the server's answer"
    return Answer(leased, Outcome(leased.id, Result.UNKNOWN, Blame.NOBODY, Phase.DOT, words))
