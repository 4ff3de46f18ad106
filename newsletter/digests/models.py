"""The rule and its runs."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import BigId, UtcDateTime, db
from newsletter.digests.policy import MarkKind, Outcome, Rhythm, Selection, watching
from newsletter.digests.policy.rules import restored
from newsletter.subscriptions.policy import Cadence


class Digest(db.Model):  # type: ignore[name-defined, misc]
    """New articles of its sources become an edition at each slot of its schedule.

    A draft is made `lead_minutes` before the slot, at `drafts_at`; then it may be looked at, changed and held.
    `notes` are words in Markdown for the next edition, by the title of the section they open, "" for the whole.
    Who wants it weekly gets it at the first slot from the day `weekly_on` (Sunday is 0) on, monthly from the day
    `monthly_on` of a month on. `local_hour`: see `editions.models.Edition`.
    """

    __tablename__ = "digests"

    id: Mapped[int] = mapped_column(primary_key=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    cron: Mapped[str] = mapped_column(String(100))
    timezone: Mapped[str] = mapped_column(String(60))
    selection: Mapped[dict[str, Any]] = mapped_column(JSON)
    notes: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    next_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    drafts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    lead_minutes: Mapped[int] = mapped_column(default=0)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    watch: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    weekly_on: Mapped[int] = mapped_column(default=1)
    monthly_on: Mapped[int] = mapped_column(default=1)
    local_hour: Mapped[int | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    def aim(self, slot: datetime) -> None:
        """Let that slot be the next."""
        self.next_due_at, self.drafts_at = slot, slot - timedelta(minutes=self.lead_minutes)

    @property
    def rhythm(self) -> Rhythm:
        """When its slots are, and which of them are those of a cadence."""
        return Rhythm(self.cron, self.timezone, self.weekly_on, self.monthly_on)

    @property
    def rule(self) -> Selection:
        """Which articles it takes."""
        return restored(self.selection)

    @property
    def watched(self) -> watching.Watch:
        """What its watchdog looks at."""
        return watching.restored(self.watch)


class DigestSource(db.Model):  # type: ignore[name-defined, misc]
    """A source that a digest draws from."""

    __tablename__ = "digest_sources"

    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"), primary_key=True)
    source_id: Mapped[int] = mapped_column(
        ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class DigestMark(db.Model):  # type: ignore[name-defined, misc]
    """What an editor said by hand of one article; gone once an edition has carried it."""

    __tablename__ = "digest_marks"

    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[int] = mapped_column(
        ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    kind: Mapped[MarkKind] = mapped_column(String(10))
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DigestRun(db.Model):  # type: ignore[name-defined, misc]
    """What came of one slot for one cadence; the unique key makes a second tick for the same slot harmless."""

    __tablename__ = "digest_runs"
    __table_args__ = (UniqueConstraint("digest_id", "due_at", "cadence"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cadence: Mapped[Cadence] = mapped_column(String(8), default=Cadence.EACH)
    ran_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[Outcome] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(300))
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("editions.id"))
