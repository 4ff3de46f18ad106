"""Who asked for what."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.core.db import BigId, UtcDateTime, db
from newsletter.subscriptions.policy import SubscriptionStatus


class Subscriber(db.Model):  # type: ignore[name-defined, misc]
    """A person known by one address: `address` can be mailed, `entered` is as it was typed."""

    __tablename__ = "subscribers"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    entered: Mapped[str] = mapped_column(String(254))
    address_key: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Subscription(db.Model):  # type: ignore[name-defined, misc]
    """`nonce` is what a confirmation link must carry; signing up again after leaving makes a new one."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "newsletter_id"),
        Index("ix_subscriptions_audience", "newsletter_id", "status", "subscriber_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    status: Mapped[SubscriptionStatus] = mapped_column(String(12), default=SubscriptionStatus.PENDING)
    nonce: Mapped[str] = mapped_column(String(32))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    subscriber: Mapped[Subscriber] = relationship(lazy="joined", innerjoin=True)


class Consent(StrEnum):
    """What a consent event says."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class ConsentEvent(db.Model):  # type: ignore[name-defined, misc]
    """One append-only row: what was asked or withdrawn, when, from where, with which wording.

    `method` is how: the form, the link in the confirmation, one click (RFC 8058) or the unsubscribe page.
    `wording` is the sentence next to the button, as it was shown. `edition_id` is the edition whose link was used.
    """

    __tablename__ = "consent_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    kind: Mapped[Consent] = mapped_column(String(12))
    method: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    page: Mapped[str] = mapped_column(String(300), default="")
    wording: Mapped[str] = mapped_column(String(500), default="")
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("editions.id", ondelete="SET NULL"))
