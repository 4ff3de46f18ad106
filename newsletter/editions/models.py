"""What is sent."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import BigId, UtcDateTime, db
from newsletter.editions.policy import ClickKind, EditionStatus


class Edition(db.Model):  # type: ignore[name-defined, misc]
    """`slot` is the moment it is for, as UTC text, so that no newsletter has two for one moment.

    It carries the articles that became available in [window_start, window_end). `notes`: see `policy.Layout`.
    `sends_at` is when it leaves by itself, or was meant to; `problem` says why it is held.
    """

    __tablename__ = "editions"
    __table_args__ = (UniqueConstraint("newsletter_id", "slot"), UniqueConstraint("newsletter_id", "number"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    slot: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    status: Mapped[EditionStatus] = mapped_column(String(10), default=EditionStatus.DRAFT, index=True)
    subject: Mapped[str] = mapped_column(String(200))
    preheader: Mapped[str] = mapped_column(String(200), default="")
    notes: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    window_start: Mapped[datetime] = mapped_column(UtcDateTime)
    window_end: Mapped[datetime] = mapped_column(UtcDateTime)
    mailing_id: Mapped[int | None] = mapped_column(ForeignKey("mailings.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str] = mapped_column(String(500), default="")
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EditionArticle(db.Model):  # type: ignore[name-defined, misc]
    """An article in an edition, at its place; positions count from 1. `section` is a title, "" for none."""

    __tablename__ = "edition_articles"

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), primary_key=True, index=True)
    position: Mapped[int]
    section: Mapped[str] = mapped_column(String(100), default="")


class CheckedLink(db.Model):  # type: ignore[name-defined, misc]
    """What a link answered when it was last asked, by SHA-256 of its URL; `status` 0 when nothing came back.

    `words` say why nothing came back.
    """

    __tablename__ = "checked_links"

    url_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    status: Mapped[int]
    words: Mapped[str] = mapped_column(String(200), default="")
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class EditionClick(db.Model):  # type: ignore[name-defined, misc]
    """How often an article of an edition was opened from it, by `policy.ClickKind`; nothing says by whom.

    `hour` is when the hour began, or the day for what comes late (`policy.counted_at`).
    """

    __tablename__ = "edition_clicks"

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    kind: Mapped[ClickKind] = mapped_column(String(10), primary_key=True)
    count: Mapped[int]
