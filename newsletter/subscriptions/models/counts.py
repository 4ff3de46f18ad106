"""Sums that hold no person, and so outlive all of them: who was asked and confirmed, who came and who left."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import BigId, UtcDateTime, db
from newsletter.subscriptions.policy import SubscriptionStatus


class ConfirmCount(db.Model):  # type: ignore[name-defined, misc]
    """What became of the sign-ups of one day (UTC) for one newsletter, by one form on one page, at one provider.

    Each subscription counts once in `asked`, when its first confirmation is queued, and always in the row of the
    day on which it was requested. `within_hour` of those confirmed took no longer; `after_reminder` were reminded.
    """

    __tablename__ = "confirm_counts"

    newsletter_id: Mapped[int] = mapped_column(
        ForeignKey("newsletters.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    form: Mapped[str] = mapped_column(String(40), primary_key=True)
    page: Mapped[str] = mapped_column(String(200), primary_key=True)
    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    asked: Mapped[int] = mapped_column(default=0)
    confirmed: Mapped[int] = mapped_column(default=0)
    within_hour: Mapped[int] = mapped_column(default=0)
    reminded: Mapped[int] = mapped_column(default=0)
    after_reminder: Mapped[int] = mapped_column(default=0)


class GrowthCount(db.Model):  # type: ignore[name-defined, misc]
    """How many subscriptions of a newsletter were confirmed, and ended after that, on one day (UTC).

    Those that an import brought are not among them; `imports` has their number.
    """

    __tablename__ = "growth_counts"

    newsletter_id: Mapped[int] = mapped_column(
        ForeignKey("newsletters.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    joined: Mapped[int] = mapped_column(default=0)
    left: Mapped[int] = mapped_column(default=0)


class StandingCount(db.Model):  # type: ignore[name-defined, misc]
    """How many subscriptions of a newsletter were in a state when they were last counted, and when that was."""

    __tablename__ = "standing_counts"

    newsletter_id: Mapped[int] = mapped_column(
        ForeignKey("newsletters.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    status: Mapped[SubscriptionStatus] = mapped_column(String(12), primary_key=True)
    how_many: Mapped[int] = mapped_column()
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class GrowthMark(db.Model):  # type: ignore[name-defined, misc]
    """One row: consent events up to `counted_id` are counted; `seen_id` was the last one there at `seen_at`."""

    __tablename__ = "growth_marks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counted_id: Mapped[int] = mapped_column(BigId, default=0)
    seen_id: Mapped[int] = mapped_column(BigId, default=0)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
