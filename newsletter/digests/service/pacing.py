"""When readers get a digest who want it less often, or at an hour of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select

from newsletter.core.db import db, transaction
from newsletter.core.errors import InvalidInput
from newsletter.digests.models import Digest
from newsletter.digests.policy import LATEST_DAY, riders
from newsletter.digests.queries import digest as digest_of
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Follow, Subscriber, Subscription
from newsletter.subscriptions.policy import Cadence, SubscriptionStatus
from newsletter.subscriptions.policy.hours import due_at

_WEEK_DAYS, _HOURS = range(7), range(24)


@dataclass(frozen=True)
class Company:
    """So many readers with one cadence and hour (None: none), of whom some follow topics, and when they are next.

    `slot` is when their edition is made, `due_at` when it comes to them; both as wall times of the digest's zone.
    """

    cadence: Cadence
    readers: int
    following: int
    timezone: str
    hour: int | None
    slot: datetime
    due_at: datetime


def pace(slug: str, weekly_on: int, monthly_on: int, local_hour: int | None) -> Digest:
    """On which day (Sunday is 0) the week begins for weekly readers, and the month for monthly ones; and the hour
    for who has said a time zone and no hour, None for at once. Raises NotFound, InvalidInput.
    """
    if weekly_on not in _WEEK_DAYS or not 1 <= monthly_on <= LATEST_DAY:
        problem = f"Expected a day of the week, and one of the month from 1 to {LATEST_DAY}, which each has."
        raise InvalidInput(problem, field="weekday")
    if local_hour is not None and local_hour not in _HOURS:
        problem = f"{local_hour} is no hour; expected one from 0 to 23."
        raise InvalidInput(problem, field="hour")
    with transaction():
        digest = digest_of(slug)
        digest.weekly_on, digest.monthly_on, digest.local_hour = weekly_on, monthly_on, local_hour
        return digest


def companies(digest: Digest, after: datetime) -> Sequence[Company]:
    """Who gets its next editions after that moment, by what they wish; the most first."""
    follows = exists(select(Follow.id).where(Follow.subscription_id == Subscription.id))
    wishes = Subscription.cadence, Subscriber.timezone, Subscriber.local_hour
    rows = db.session.execute(
        select(*wishes, func.count().label("readers"), func.count().filter(follows).label("following"))
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(
            Subscription.newsletter_id == digest.newsletter_id,
            Subscription.status == SubscriptionStatus.CONFIRMED,
        )
        .group_by(*wishes)
        .order_by(func.count().desc(), *wishes)
    )
    return [
        _company(digest, after, Cadence(row.cadence), (row.timezone, row.local_hour), (row.readers, row.following))
        for row in rows
    ]


def _company(
    digest: Digest,
    after: datetime,
    cadence: Cadence,
    wish: tuple[str, int | None],
    how_many: tuple[int, int],
) -> Company:
    rhythm, zone = digest.rhythm, ZoneInfo(digest.timezone)
    slot = rhythm.next_of(Cadence.EACH if cadence in riders(rhythm) else cadence, after)
    timezone, hour = wish
    of = ZoneInfo(db.session.get_one(Newsletter, digest.newsletter_id).timezone)
    at = digest.local_hour if hour is None and timezone else hour
    due = slot if at is None else due_at(slot, of, at, ZoneInfo(timezone) if timezone else of)
    return Company(cadence, *how_many, timezone, at, slot.astimezone(zone), due.astimezone(zone))
