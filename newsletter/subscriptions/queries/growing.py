"""Reading how newsletters grow, out of the sums that jobs make."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import Select, func, select

from newsletter.core.db import db
from newsletter.subscriptions.models import GrowthCount, GrowthMark, Import, ImportState, StandingCount
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.policy.growth import Day
from newsletter.subscriptions.queries import audience_size, counts

COUNTED_AT_ONCE = 20_000
"""So many readers are counted while one waits."""


def growth(newsletter_id: int, since: date) -> Sequence[Day]:
    """The days (UTC) from then on of which something is to be told, oldest first."""
    rows = db.session.execute(
        select(GrowthCount.day, GrowthCount.joined, GrowthCount.left).where(
            GrowthCount.newsletter_id == newsletter_id, GrowthCount.day >= since
        )
    )
    days = {row.day: Day(row.day, row.joined, 0, row.left) for row in rows}
    for each in db.session.scalars(_imports(newsletter_id, since)):
        day = each.started_at.date()
        known = days.get(day, Day(day))
        days[day] = Day(day, known.joined, known.brought + int(each.counts.get("confirmed", 0)), known.left)
    return [days[day] for day in sorted(days)]


def standing_counts(newsletter_id: int) -> dict[SubscriptionStatus, int]:
    """How many subscriptions are in each state, as the job has counted them within the last minutes.

    Before it ever has, they are counted now.
    """
    rows = db.session.execute(
        select(StandingCount.status, StandingCount.how_many).where(StandingCount.newsletter_id == newsletter_id)
    )
    found = {SubscriptionStatus(status): how_many for status, how_many in rows}
    return {status: found.get(status, 0) for status in SubscriptionStatus} if found else counts(newsletter_id)


@dataclass(frozen=True)
class Reach:
    """How many an edition would reach: exactly, or where it was counted before, at most so many as of then."""

    how_many: int
    counted_at: datetime | None = None


def reach_now(newsletter_id: int) -> Reach:
    """Of a large newsletter the confirmed, as the job has counted them; those who are suppressed are among them.

    To leave out the suppressed among a million takes longer than somebody waits for a page.
    """
    counted = db.session.get(StandingCount, (newsletter_id, SubscriptionStatus.CONFIRMED), populate_existing=True)
    if counted is None or counted.counted_at is None or counted.how_many <= COUNTED_AT_ONCE:
        return Reach(audience_size(newsletter_id))
    return Reach(counted.how_many, counted.counted_at)


def growth_counted_at() -> datetime | None:
    """When the sums were last brought up to date; None if never."""
    return db.session.scalar(
        select(func.max(GrowthMark.seen_at)).where(GrowthMark.counted_id == GrowthMark.seen_id)
    )


def _imports(newsletter_id: int, since: date) -> Select[Import]:
    return select(Import).where(
        Import.newsletter_id == newsletter_id,
        Import.state != ImportState.UNDONE,
        Import.started_at >= datetime.combine(since, time.min, UTC),
    )
