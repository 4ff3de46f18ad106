"""What is kept no longer than it is needed (GDPR Art. 5(1)(e)); each step may run twice without harm."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, exists, or_, select
from sqlalchemy.orm import aliased

from newsletter.core.clock import now
from newsletter.core.db import among, db, rows_written, transaction
from newsletter.core.logs import logger
from newsletter.core.settings import Settings
from newsletter.delivery.service import forget, scrub, sum_up
from newsletter.subscriptions.models import HAS_ENDED, IS_PENDING, ConsentOrigin, Subscriber, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.service.budgeting import purge_sign_ups
from newsletter.subscriptions.service.erasing import erase

ORIGINS_FOR = timedelta(days=90)
"""How long it is kept from where a consent event came: IP address and user agent."""

AT_A_TIME = 500

log = logger(__name__)


@dataclass(frozen=True)
class Retained:
    """How many of each kind were let go of."""

    pending: int
    origins: int
    sign_ups: int
    ended: int
    mailings: int


def retain(settings: Settings) -> Retained:
    """Let go of all whose time is over."""
    moment = now()
    gone = Retained(
        pending=_purge_pending(moment - settings.keep_pending),
        origins=_purge_origins(moment - ORIGINS_FOR),
        sign_ups=purge_sign_ups(),
        ended=_erase_ended(moment - settings.keep_ended),
        mailings=sum_up(moment - settings.keep_deliveries),
    )
    if any(asdict(gone).values()):
        scrub()
        log.info("let go of what is no longer needed", **asdict(gone))
    return gone


def _purge_pending(before: datetime) -> int:
    """Sign-ups that nobody confirmed, and the people who have nothing else here."""
    old = select(Subscription.id, Subscription.subscriber_id).where(IS_PENDING, Subscription.requested_at < before)
    done = 0
    while True:
        with transaction():
            rows = db.session.execute(old.limit(AT_A_TIME)).all()
            if not rows:
                return done
            db.session.execute(delete(Subscription).where(among(Subscription.id, [row.id for row in rows])))
            _forget_those_without_any([row.subscriber_id for row in rows])
            done += len(rows)


def _forget_those_without_any(subscriber_ids: Sequence[int]) -> None:
    has_one = exists(select(Subscription.id).where(Subscription.subscriber_id == Subscriber.id))
    gone = db.session.scalars(select(Subscriber.id).where(among(Subscriber.id, subscriber_ids), ~has_one)).all()
    forget(gone)
    db.session.execute(delete(Subscriber).where(among(Subscriber.id, gone)))
    db.session.expire_all()


def _purge_origins(before: datetime) -> int:
    with transaction():
        return rows_written(delete(ConsentOrigin).where(ConsentOrigin.at < before))


def _erase_ended(before: datetime) -> int:
    """Those who left so long ago that nobody has to prove any more what they had agreed to."""
    done = 0
    while ids := db.session.scalars(_ended(before).limit(AT_A_TIME)).all():
        for subscriber_id in ids:
            erase(subscriber_id)
        done += len(ids)
    return done


def _ended(before: datetime) -> Select[int]:
    other = aliased(Subscription)
    has_not = or_(other.status != SubscriptionStatus.UNSUBSCRIBED, other.ended_at >= before)
    still = exists(select(other.id).where(other.subscriber_id == Subscription.subscriber_id, has_not))
    return select(Subscription.subscriber_id).where(HAS_ENDED, Subscription.ended_at < before, ~still).distinct()
