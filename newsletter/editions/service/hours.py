"""When readers get an edition who want it at an hour of their own: one moment for each zone and hour."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    String,
    Table,
    and_,
    func,
    insert,
    or_,
    select,
)

from newsletter.core.clock import now
from newsletter.core.db import UtcDateTime, db
from newsletter.editions.models import Edition
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import HAS_HOUR, Subscriber, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.policy.hours import due_at

NO_HOUR = -1

HOURS = Table(
    "hours_of_readers",
    MetaData(),
    Column("timezone", String(60), primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("wave", SmallInteger, nullable=False),
    prefixes=["TEMPORARY"],
)
"""Only those for whom it is later than for all; `wave` numbers the moments from 1 on."""


def fill_hours(of: Edition) -> bool:
    """Make the table, unless everybody gets the edition at once; whether there is one."""
    moments = waves(of)
    if not moments:
        return False
    wave_of = {moment: wave for wave, moment in enumerate(sorted(set(moments.values())), start=1)}
    rows = [
        {"timezone": timezone, "hour": hour, "due_at": moment, "wave": wave_of[moment]}
        for (timezone, hour), moment in moments.items()
    ]
    link = db.session.connection()
    HOURS.create(link)
    link.execute(insert(HOURS), rows)
    return True


def waves(of: Edition) -> dict[tuple[str, int], datetime]:
    """When readers of each zone ("": the newsletter's) and hour (-1: none) get it, of those who get it later."""
    found = {}
    for timezone, wish in db.session.execute(_wishes(of)):
        if due := due_for(of, timezone, wish):
            found[timezone, NO_HOUR if wish is None else wish] = due
    return found


def due_for(of: Edition, timezone: str, wish: int | None) -> datetime | None:
    """When readers of this zone ("": the newsletter's) and hour (None: none) get it; None: with all others."""
    hour = of.local_hour if wish is None else wish
    if hour is None or (wish is None and not timezone):
        return None
    house_zone = zone_called(db.session.get_one(Newsletter, of.newsletter_id).timezone, "UTC")
    moment = now()
    due = due_at(of.sends_at or moment, house_zone, hour, zone_called(timezone, house_zone.key))
    return due if due > moment else None


def is_of_reader() -> ColumnElement[bool]:
    """As a condition: the row of the table that is this subscriber's."""
    hour = func.coalesce(Subscriber.local_hour, NO_HOUR)
    return and_(HOURS.c.timezone == Subscriber.timezone, HOURS.c.hour == hour)


def _wishes(of: Edition) -> Select[str, int | None]:
    """Each zone and hour that a reader of the newsletter has, once."""
    has_wish = HAS_HOUR if of.local_hour is None else or_(HAS_HOUR, Subscriber.timezone != "")
    return (
        select(Subscriber.timezone, Subscriber.local_hour)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(
            Subscription.newsletter_id == of.newsletter_id,
            Subscription.status == SubscriptionStatus.CONFIRMED,
            has_wish,
        )
        .distinct()
    )


def zone_called(name: str, other: str) -> ZoneInfo:
    """A zone that was taken out of the lists since somebody chose it is no reason not to send."""
    try:
        return ZoneInfo(name or other)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(other)
