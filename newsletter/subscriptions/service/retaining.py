"""What is kept no longer than it is needed (GDPR Art. 5(1)(e)); each step may run twice without harm."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, exists, func, or_, select
from sqlalchemy.orm import aliased

from newsletter.core.clock import now
from newsletter.core.db import among, db, rows_written, transaction
from newsletter.core.logs import logger
from newsletter.core.settings import Settings
from newsletter.delivery.service import count_to_sum_up, forget, rewrite_each_day, scrub, sum_up
from newsletter.subscriptions.models import (
    HAS_ENDED,
    IS_NEW,
    IS_PENDING,
    ConsentOrigin,
    SignUp,
    Subscriber,
    Subscription,
)
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.policy.budgets import LONGEST_WINDOW
from newsletter.subscriptions.service.budgeting import count_needless, purge_sign_ups
from newsletter.subscriptions.service.counting import KEPT, count_old_counts, purge_counts
from newsletter.subscriptions.service.erasing import count_there_again, erase, erase_again
from newsletter.subscriptions.service.staying import count_silent, end_silent
from newsletter.subscriptions.service.stints import KEPT as STINTS_FOR
from newsletter.subscriptions.service.stints import count_old_stints, purge_stints
from newsletter.suppressions.service import silence

ORIGINS_FOR = timedelta(days=90)
"""How long it is kept from where a consent event came: IP address and user agent."""

AT_A_TIME = 500

log = logger(__name__)


@dataclass(frozen=True)
class Step:
    """One kind of thing that is let go of after `period`; `due` counts those whose time is over, `run` lets go.

    Both are asked about all from before a moment, and answer with how many these are.
    """

    name: str
    what: str
    period: timedelta
    due: Callable[[datetime], int]
    run: Callable[[datetime], int]

    def count_due(self) -> int:
        return self.due(now() - self.period)


def steps(settings: Settings) -> Sequence[Step]:
    """All there are, in the order in which they run."""
    return (
        Step("erased", "who was erased and is there again, from a backup", timedelta(0), *_ERASED_AGAIN),
        Step("origins", "IP addresses and user agents of consent events", ORIGINS_FOR, *_ORIGINS),
        Step("unanswered", "sign-ups that could not be answered", settings.keep_pending, *_UNANSWERED),
        Step("pending", "sign-ups that nobody confirmed, and the people", settings.keep_pending, *_PENDING),
        Step("sign_ups", "networks and keys by which budgets count", LONGEST_WINDOW, *_SIGN_UPS),
        Step("counts", "counts of who confirmed, by day", KEPT, *_COUNTS),
        Step("stints", "how often people wanted a newsletter before", STINTS_FOR, count_old_stints, purge_stints),
        Step("silent", "people who were asked and did not answer", settings.answer_within, *_silent_if(settings)),
        Step("ended", "people whose subscriptions have all ended", settings.keep_ended, *_ENDED),
        Step("deliveries", "mailings with deliveries; their sums stay", settings.keep_deliveries, *_DELIVERIES),
    )


def retain(settings: Settings, *more: Step) -> Mapping[str, int]:
    """Let go of all whose time is over, and by `more` of what other features keep; how many of each step."""
    gone = {step.name: step.run(now() - step.period) for step in (*steps(settings), *more)}
    # Also what was erased since the last time, while somebody was reading.
    scrub()
    rewrite_each_day()
    if any(gone.values()):
        log.info("let go of what is no longer needed", **gone)
    return gone


def _count(statement: Select[*tuple[Any, ...]]) -> int:
    return db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def _unanswered(before: datetime) -> Select[int]:
    return select(SignUp.id).where(IS_NEW, SignUp.at < before)


def _purge_unanswered(before: datetime) -> int:
    with transaction():
        return rows_written(delete(SignUp).where(SignUp.id.in_(_unanswered(before))))


def _pending(before: datetime) -> Select[int, int]:
    return select(Subscription.id, Subscription.subscriber_id).where(
        IS_PENDING, Subscription.requested_at < before
    )


def _purge_pending(before: datetime) -> int:
    """Sign-ups that nobody confirmed, and the people who have nothing else here."""
    done = 0
    while True:
        with transaction():
            rows = db.session.execute(_pending(before).limit(AT_A_TIME)).all()
            if not rows:
                return done
            db.session.execute(delete(Subscription).where(among(Subscription.id, [row.id for row in rows])))
            _forget_those_without_any([row.subscriber_id for row in rows])
            done += len(rows)


def _forget_those_without_any(subscriber_ids: Sequence[int]) -> None:
    has_one = exists(select(Subscription.id).where(Subscription.subscriber_id == Subscriber.id))
    rows = db.session.execute(
        select(Subscriber.id, Subscriber.address_key).where(among(Subscriber.id, subscriber_ids), ~has_one)
    ).all()
    gone = [row.id for row in rows]
    forget(gone)
    silence([row.address_key for row in rows])
    db.session.execute(delete(Subscriber).where(among(Subscriber.id, gone)))
    db.session.expire_all()


def _origins(before: datetime) -> Select[int]:
    return select(ConsentOrigin.event_id).where(ConsentOrigin.at < before)


def _purge_origins(before: datetime) -> int:
    with transaction():
        return rows_written(delete(ConsentOrigin).where(ConsentOrigin.at < before))


def _ended(before: datetime) -> Select[int]:
    other = aliased(Subscription)
    has_not = or_(other.status != SubscriptionStatus.UNSUBSCRIBED, other.ended_at >= before)
    still = exists(select(other.id).where(other.subscriber_id == Subscription.subscriber_id, has_not))
    return select(Subscription.subscriber_id).where(HAS_ENDED, Subscription.ended_at < before, ~still).distinct()


def _erase_ended(before: datetime) -> int:
    """Those who left so long ago that nobody has to prove any more what they had agreed to."""
    done = 0
    while ids := db.session.scalars(_ended(before).limit(AT_A_TIME)).all():
        for subscriber_id in ids:
            erase(subscriber_id)
        done += len(ids)
    return done


def _silent_if(settings: Settings) -> "_How":
    """Nobody is ended by a silence that the operator does not ask into any more."""
    return (count_silent, end_silent) if settings.ask_inactive else (lambda _: 0, lambda _: 0)


_How = tuple[Callable[[datetime], int], Callable[[datetime], int]]

# Those without a moment know themselves how long what they let go of is needed.
_ERASED_AGAIN: _How = (lambda _: count_there_again(), lambda _: erase_again())
_UNANSWERED: _How = (lambda before: _count(_unanswered(before)), _purge_unanswered)
_PENDING: _How = (lambda before: _count(_pending(before)), _purge_pending)
_ORIGINS: _How = (lambda before: _count(_origins(before)), _purge_origins)
_SIGN_UPS: _How = (lambda _: count_needless(), lambda _: purge_sign_ups())
_COUNTS: _How = (lambda _: count_old_counts(), lambda _: purge_counts())
_ENDED: _How = (lambda before: _count(_ended(before)), _erase_ended)
_DELIVERIES: _How = (count_to_sum_up, sum_up)
