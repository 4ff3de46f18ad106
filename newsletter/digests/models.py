"""The rule and its runs."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import BigId, UtcDateTime, db
from newsletter.digests.policy import Outcome


class Digest(db.Model):  # type: ignore[name-defined, misc]
    """New articles of its sources become an edition at each slot of its schedule.

    `window_start` is where the next window begins: the end of the last edition's, so nothing falls between two.
    """

    __tablename__ = "digests"

    id: Mapped[int] = mapped_column(primary_key=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    cron: Mapped[str] = mapped_column(String(100))
    timezone: Mapped[str] = mapped_column(String(60))
    least: Mapped[int]
    most: Mapped[int]
    window_start: Mapped[datetime] = mapped_column(UtcDateTime)
    next_due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DigestSource(db.Model):  # type: ignore[name-defined, misc]
    """A source that a digest draws from."""

    __tablename__ = "digest_sources"

    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"), primary_key=True)
    source_id: Mapped[int] = mapped_column(
        ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class DigestRun(db.Model):  # type: ignore[name-defined, misc]
    """What came of one slot; the unique pair makes a second tick for the same slot harmless."""

    __tablename__ = "digest_runs"
    __table_args__ = (UniqueConstraint("digest_id", "due_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ran_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[Outcome] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(300))
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("editions.id"))
