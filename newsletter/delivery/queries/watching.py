"""A mailing while it goes out: how far, how fast, and what holds it up. All of it is read from the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, func, select, text

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.delivery.models import IS_WAITING, Delivery, Mailing, MailingState
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import Ledger, SlowDomain, counted_ledger, ledger, mailing

LATELY = timedelta(seconds=10)
"""The time over which the rate is taken."""

_HANDED_OVER = (Status.ACCEPTED, Status.FAILED, Status.UNKNOWN)


@dataclass(frozen=True)
class Pulse:
    """A ledger, and how many mails a second have lately come to their end; 0 for a mailing that has ended."""

    ledger: Ledger
    rate: float

    @property
    def seconds_left(self) -> float | None:
        """How long those take at this rate who wait for their turn; None while nothing moves, or none is left.

        Who is put off for minutes or hours is tried then, whatever the rate.
        """
        rest = self.ledger.count(Status.QUEUED) + self.ledger.count(Status.LEASED)
        return rest / self.rate if self.rate and rest else None


def pulse(mailing_id: int) -> Pulse:
    """One query over the mailing's deliveries, which reads each of them; see how often you ask for it.

    Of one that has ended and was counted no delivery is read.
    """
    of = mailing(mailing_id)
    if of.state in (MailingState.FINISHED, MailingState.CANCELLED):
        return Pulse(counted_ledger(of) or ledger(mailing_id), 0.0)
    moment = now()
    since = max(moment - LATELY, of.tried_since)
    ended = case((Delivery.ended_at >= since, 1), else_=0)
    rows = db.session.execute(
        select(Delivery.status, func.count(), func.sum(ended))
        .where(Delivery.mailing_id == mailing_id)
        .group_by(Delivery.status)
    ).all()
    states = {Status(status): count for status, count, _ in rows}
    lately = sum(int(ended) for status, _, ended in rows if status in _HANDED_OVER)
    return Pulse(Ledger(of.audience, states), lately / max((moment - since).total_seconds(), 1.0))


def took(of: Mailing) -> timedelta | None:
    """From its first message to its last; None before its end."""
    return of.finished_at - of.tried_since if of.finished_at else None


def slow_domains(mailing_id: int, at_most: int = 5) -> Sequence[SlowDomain]:
    """The recipient domains with the most deliveries that were tried and are still open, worst first.

    `words` are those of the delivery that is due last.
    """
    at = func.strpos if db.engine.dialect.name == "postgresql" else func.instr
    domain = func.substr(Delivery.address, at(Delivery.address, text("'@'")) + text("1"))
    # What was never tried is as due as when the mailing was made, so the index leaves a million of them out.
    born_at = select(Mailing.created_at).where(Mailing.id == mailing_id).scalar_subquery()
    place = func.row_number().over(partition_by=domain, order_by=(Delivery.due_at.desc(), Delivery.id))
    total = func.count().over(partition_by=domain)
    tried = (
        select(domain.label("domain"), Delivery.words, total.label("deferred"), place.label("place"))
        .where(
            Delivery.mailing_id == mailing_id,
            IS_WAITING,
            Delivery.due_at > born_at,
            Delivery.status == Status.DEFERRED,
        )
        .subquery()
    )
    worst = select(tried).where(tried.c.place == 1).order_by(tried.c.deferred.desc(), tried.c.domain)
    rows = db.session.execute(worst.limit(at_most))
    return [SlowDomain(row.domain, row.deferred, row.words) for row in rows]
