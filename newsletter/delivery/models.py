"""Every mail we ever send: a mailing is one content, a delivery is that content for one address."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import BigId, UtcDateTime, db
from newsletter.delivery.policy import CanaryState, Status


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
_WAITING = "status IN ('queued', 'deferred')"
IS_WAITING = text(f"deliveries.{_WAITING}")
IS_LEASED = text("deliveries.status = 'leased'")
IS_SENDING = text("mailings.state = 'sending'")
_OPEN = "state IN ('sending', 'paused')"
IS_OPEN = text(f"mailings.{_OPEN}")
_TO_COUNT = "lane = 'bulk' AND state IN ('finished', 'cancelled') AND counted_at IS NULL"
IS_TO_COUNT = text(
    "mailings.lane = 'bulk' AND mailings.state IN ('finished', 'cancelled') AND mailings.counted_at IS NULL"
)
IS_BULK = text("mailings.lane = 'bulk'")


def _where(condition: str) -> dict[str, Any]:
    """A partial index on both databases: it stays small, because most rows have ended."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Mailing(db.Model):  # type: ignore[name-defined, misc]
    """`template` is a finished message with holes (`mail.mime.Template`), sent as it is until the end.

    `newsletter_id` is the newsletter whose confirmed subscription each recipient must still have at the moment of
    sending; None for mails about the subscription itself, and for the operator's. `links` maps each hole that is a
    link to what its token says (`delivery.links.Link`). `seed` makes the Message-IDs. `problem` is why it is
    paused. `requeued_at` is when those it had missed were queued again, None if they never were. `subscriber_id`
    is whose it is, if it was made for one person. `summary` counts its deliveries by state once they are deleted,
    and is None before. `up_to_id`: while some go first, only deliveries up to this one may leave, with 0 none.
    `counted_at` is when `DeliveryCount` was last made of them.
    """

    __tablename__ = "mailings"
    __table_args__ = (
        Index("ix_mailings_sending", "lane", "id", **_where("state = 'sending'")),
        Index("ix_mailings_open", "newsletter_id", "subscriber_id", **_where(_OPEN)),
        Index("ix_mailings_bulk", "id", **_where("lane = 'bulk'")),
        Index("ix_mailings_subscriber_id", "subscriber_id", **_where("subscriber_id IS NOT NULL")),
        Index("ix_mailings_to_sum_up", "created_at", **_where("summary IS NULL")),
        Index("ix_mailings_to_count", "id", **_where(_TO_COUNT)),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    lane: Mapped[Lane] = mapped_column(String(10))
    state: Mapped[MailingState] = mapped_column(String(10), default=MailingState.SENDING)
    problem: Mapped[str] = mapped_column(String(500), default="")
    newsletter_id: Mapped[int | None] = mapped_column(ForeignKey("newsletters.id"))
    subscriber_id: Mapped[int | None] = mapped_column(BigId)
    sender: Mapped[str] = mapped_column(String(254))
    message_domain: Mapped[str] = mapped_column(String(254))
    template: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    links: Mapped[dict[str, Any]] = mapped_column(JSON)
    seed: Mapped[bytes] = mapped_column(LargeBinary(16))
    audience: Mapped[int] = mapped_column(default=0)
    up_to_id: Mapped[int | None] = mapped_column(BigId)
    summary: Mapped[dict[str, int] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    requeued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @hybrid_property
    def tried_since(self) -> datetime:
        """What the expiry of its deliveries is counted from."""
        return self.requeued_at or self.created_at

    @tried_since.inplace.expression
    @classmethod
    def _tried_since(cls) -> ColumnElement[datetime]:
        return func.coalesce(cls.requeued_at, cls.created_at)


class MailingVariant(db.Model):  # type: ignore[name-defined, misc]
    """What a mailing says to those to whom its own template does not; `number` is from 1 on."""

    __tablename__ = "mailing_variants"

    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    template: Mapped[bytes] = mapped_column(LargeBinary)


class Canary(db.Model):  # type: ignore[name-defined, misc]
    """Those of a mailing who go first: its deliveries from `first_id` to `last_id`, by a `policy.CanaryRule`.

    `ends_at` is until when they are watched, None while they are still being sent. `troubled` is how many had
    failed, were deferred or had complained when it was last counted.
    """

    __tablename__ = "canaries"

    mailing_id: Mapped[int] = mapped_column(
        ForeignKey("mailings.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    state: Mapped[CanaryState] = mapped_column(String(10), default=CanaryState.FIRST, index=True)
    first_id: Mapped[int] = mapped_column(BigId)
    last_id: Mapped[int] = mapped_column(BigId)
    size: Mapped[int]
    wait_minutes: Mapped[int]
    most: Mapped[float]
    troubled: Mapped[int] = mapped_column(default=0)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Delivery(db.Model):  # type: ignore[name-defined, misc]
    """One row for each recipient, written before anything is sent and kept to the end.

    `fence` grows with each lease; only the worker that knows the newest may record. `words` are the server's
    last ones, or the reason of a skip. `unknowns` counts how often nobody could tell what became of it. `via` is
    the backend that had it last; while it waits, the only one that may take it, None when any may. `name` is the
    recipient's as it was then, where the mailing prints it, and None elsewhere; `variant` which of the mailing's
    templates they get, 0 for its own.

    There are no foreign keys and no index by subscriber: each would be looked up or written for every row of an
    edition to a million (docs/adr/0014). Only `queue_mailing` and `queue_to_one` add rows.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("mailing_id", "subscriber_id"),
        Index("ix_deliveries_waiting", "mailing_id", "due_at", **_where(_WAITING)),
        Index("ix_deliveries_leased", "mailing_id", **_where("status = 'leased'")),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    mailing_id: Mapped[int] = mapped_column(BigId)
    subscriber_id: Mapped[int | None] = mapped_column(BigId)
    address: Mapped[str] = mapped_column(String(254))
    address_key: Mapped[str] = mapped_column(String(32))
    status: Mapped[Status] = mapped_column(String(10), default=Status.QUEUED)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    worker: Mapped[str | None] = mapped_column(String(32))
    fence: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    unknowns: Mapped[int] = mapped_column(default=0)
    via: Mapped[str | None] = mapped_column(String(254))
    words: Mapped[str] = mapped_column(String(500), default="")
    name: Mapped[str | None] = mapped_column(String(100))
    variant: Mapped[int] = mapped_column(SmallInteger, default=0)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DeliveryCount(db.Model):  # type: ignore[name-defined, misc]
    """How many deliveries of a mailing that has ended are in a state, by recipient domain.

    `domain` is "" for all at which few failed, because such a domain may name somebody. Summed once it has ended,
    and anew after it was queued again.
    """

    __tablename__ = "delivery_counts"

    mailing_id: Mapped[int] = mapped_column(
        ForeignKey("mailings.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    status: Mapped[Status] = mapped_column(String(10), primary_key=True)
    domain: Mapped[str] = mapped_column(String(254), primary_key=True)
    how_many: Mapped[int] = mapped_column()


class Home(db.Model):  # type: ignore[name-defined, misc]
    """One row: a name for the place where this database is at home, and sends from."""

    __tablename__ = "homes"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(32))
    since: Mapped[datetime] = mapped_column(UtcDateTime)


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
