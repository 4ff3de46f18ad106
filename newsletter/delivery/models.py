"""Every mail we ever send: a mailing is one content, a delivery is that content for one address."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import BigId, UtcDateTime, db
from newsletter.delivery.policy import Status


class Lane(StrEnum):
    """Which mail goes first: what a person waits for is never behind an edition."""

    PERSON = "person"
    BULK = "bulk"


class MailingState(StrEnum):
    """What the workers may do with a mailing's queued deliveries."""

    SENDING = "sending"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"


# Spelled out, never as parameters: a database uses a partial index only where it can read the same words.
_WAITING, _OPEN = "status IN ('queued', 'deferred')", "status IN ('queued', 'deferred', 'leased')"
IS_WAITING = text(f"deliveries.{_WAITING}")
IS_OPEN = text(f"deliveries.{_OPEN}")
IS_LEASED = text("deliveries.status = 'leased'")
IS_SENDING = text("mailings.state = 'sending'")


def _where(condition: str) -> dict[str, Any]:
    """A partial index on both databases: it stays small, because most rows have ended."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Mailing(db.Model):  # type: ignore[name-defined, misc]
    """`template` is a finished message with holes (`mail.mime.Template`), sent as it is until the end.

    `newsletter_id` is the newsletter whose confirmed subscription each recipient must still have at the moment
    of sending; None for mails about the subscription itself. `links` maps each hole that is a link to what its
    token says (`delivery.links.Link`). `seed` makes the Message-IDs. `problem` is why it is paused.
    """

    __tablename__ = "mailings"
    __table_args__ = (Index("ix_mailings_sending", "lane", "id", **_where("state = 'sending'")),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    lane: Mapped[Lane] = mapped_column(String(10))
    state: Mapped[MailingState] = mapped_column(String(10), default=MailingState.SENDING)
    problem: Mapped[str] = mapped_column(String(500), default="")
    newsletter_id: Mapped[int | None] = mapped_column(ForeignKey("newsletters.id"))
    sender: Mapped[str] = mapped_column(String(254))
    message_domain: Mapped[str] = mapped_column(String(254))
    template: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    links: Mapped[dict[str, Any]] = mapped_column(JSON)
    seed: Mapped[bytes] = mapped_column(LargeBinary(16))
    audience: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Delivery(db.Model):  # type: ignore[name-defined, misc]
    """One row for each recipient, written before anything is sent and kept to the end.

    `fence` grows with each lease; only the worker that knows the newest may record. `words` are the server's
    last ones, or the reason of a skip. `unknowns` counts how often nobody could tell what became of it.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("mailing_id", "subscriber_id"),
        Index("ix_deliveries_waiting", "mailing_id", "due_at", **_where(_WAITING)),
        Index("ix_deliveries_open", "mailing_id", **_where(_OPEN)),
        Index("ix_deliveries_leased", "leased_until", "worker", **_where("status = 'leased'")),
        Index("ix_deliveries_subscriber", "subscriber_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id", ondelete="CASCADE"))
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscribers.id", ondelete="SET NULL"))
    address: Mapped[str] = mapped_column(String(254))
    address_key: Mapped[str] = mapped_column(String(32))
    status: Mapped[Status] = mapped_column(String(10), default=Status.QUEUED)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    worker: Mapped[str | None] = mapped_column(String(32))
    fence: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    unknowns: Mapped[int] = mapped_column(default=0)
    words: Mapped[str] = mapped_column(String(500), default="")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Attempt(db.Model):  # type: ignore[name-defined, misc]
    """One conversation that did not end with acceptance; the accepted one's words are on the delivery itself.

    Most mail is accepted at once, so a row for each would double the writing and say nothing new.
    """

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    backend: Mapped[str] = mapped_column(String(254))
    phase: Mapped[str] = mapped_column(String(10))
    result: Mapped[str] = mapped_column(String(10))
    blame: Mapped[str] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(String(500))
