"""Subscribers and what they subscribe to."""

from datetime import datetime

from sqlalchemy import Computed, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.core.db import BigId, UtcDateTime, db
from newsletter.subscriptions.policy import Cadence, EndReason, FollowKind, SubscriptionStatus

# Spelled out, never as parameters: a database uses a partial index only where it can read the same words.
_IMPORTED = text("import_id IS NOT NULL")
_PENDING, _ENDED = text("status = 'pending'"), text("status = 'unsubscribed'")
_UNREMINDED = text("status = 'pending' AND reminded_at IS NULL AND asked_at IS NOT NULL")
IS_UNREMINDED = text(
    "subscriptions.status = 'pending' AND subscriptions.reminded_at IS NULL AND subscriptions.asked_at IS NOT NULL"
)
_PAUSED = text("status = 'paused'")
_RARE, _HAS_HOUR = text("cadence <> 'each'"), text("local_hour IS NOT NULL")
IS_RARE, HAS_HOUR = text("subscriptions.cadence <> 'each'"), text("subscribers.local_hour IS NOT NULL")
IS_PAUSED = text("subscriptions.status = 'paused'")
_HAS_FORM, _HAS_CADENCE = text("form <> ''"), text("cadence <> 'each'")
HAS_FORM, HAS_CADENCE = text("subscriptions.form <> ''"), text("subscriptions.cadence <> 'each'")
# In words that both databases read alike; a local part here never holds a second @.
_DOMAIN = "replace(address, rtrim(address, replace(address, '@', '')), '')"
IS_PENDING, HAS_ENDED = text("subscriptions.status = 'pending'"), text("subscriptions.status = 'unsubscribed'")


BYTEWISE = String(254).with_variant(String(254, collation="C"), "postgresql")
"""Text that an index has in the order of its bytes, so that a beginning is a range of it."""


class Subscriber(db.Model):  # type: ignore[name-defined, misc]
    """A person known by one address: `address` can be mailed, `entered` is as it was typed.

    `language`, `timezone` and `local_hour` are their own wishes; "" and None where the newsletter's count.
    `active_at` is when they last did something on purpose: signed up, confirmed, chose. `still_asked_at` is when
    they were last asked whether to go on, None if never. `import_id`: who brought them. An `id` stands in links
    that work for ever, so it is never given to somebody else. `lowered` and `domain` are what the database makes
    of the address, to look for people by them.
    """

    __tablename__ = "subscribers"
    __table_args__ = (
        Index("ix_subscribers_import", "import_id", sqlite_where=_IMPORTED, postgresql_where=_IMPORTED),
        Index("ix_subscribers_hour", "id", sqlite_where=_HAS_HOUR, postgresql_where=_HAS_HOUR),
        Index("ix_subscribers_lowered", "lowered"),
        Index("ix_subscribers_domain", "domain", "id"),
        # Links name people by number, and no number may ever mean another person. Without it SQLite gives the
        # greatest number anew once its row is gone; PostgreSQL never does.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    entered: Mapped[str] = mapped_column(String(254))
    address_key: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(100), default="")
    language: Mapped[str] = mapped_column(String(16), default="")
    timezone: Mapped[str] = mapped_column(String(60), default="")
    local_hour: Mapped[int | None] = mapped_column()
    active_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    still_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    import_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lowered: Mapped[str] = mapped_column(BYTEWISE, Computed("lower(address)"), deferred=True)
    domain: Mapped[str] = mapped_column(String(254), Computed(_DOMAIN), deferred=True)


class Subscription(db.Model):  # type: ignore[name-defined, misc]
    """`nonce` is what a confirmation link must carry; signing up again after leaving makes a new one.

    `form` and `page` are where it was first asked for. `paused_until` is set while it is PAUSED. `asked_at` is
    when its first confirmation was queued, `reminded_at` when the one reminder was decided about; None if never.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "newsletter_id"),
        Index("ix_subscriptions_audience", "newsletter_id", "status", "subscriber_id"),
        Index("ix_subscriptions_import", "import_id", sqlite_where=_IMPORTED, postgresql_where=_IMPORTED),
        Index("ix_subscriptions_requested", "requested_at", "subscriber_id"),
        Index(
            "ix_subscriptions_form", "form", "subscriber_id", sqlite_where=_HAS_FORM, postgresql_where=_HAS_FORM
        ),
        Index(
            "ix_subscriptions_cadence",
            "cadence",
            "subscriber_id",
            sqlite_where=_HAS_CADENCE,
            postgresql_where=_HAS_CADENCE,
        ),
        Index("ix_subscriptions_pending", "requested_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index("ix_subscriptions_rare", "newsletter_id", sqlite_where=_RARE, postgresql_where=_RARE),
        Index("ix_subscriptions_paused", "paused_until", sqlite_where=_PAUSED, postgresql_where=_PAUSED),
        Index("ix_subscriptions_ended", "ended_at", sqlite_where=_ENDED, postgresql_where=_ENDED),
        Index(
            "ix_subscriptions_unreminded",
            "subscriber_id",
            "asked_at",
            sqlite_where=_UNREMINDED,
            postgresql_where=_UNREMINDED,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    status: Mapped[SubscriptionStatus] = mapped_column(String(12), default=SubscriptionStatus.PENDING)
    end_reason: Mapped[EndReason | None] = mapped_column(String(12))
    nonce: Mapped[str] = mapped_column(String(32))
    cadence: Mapped[Cadence] = mapped_column(String(8), default=Cadence.EACH)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    import_id: Mapped[int | None] = mapped_column(BigId)
    form: Mapped[str] = mapped_column(String(40), default="")
    page: Mapped[str] = mapped_column(String(300), default="")
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    subscriber: Mapped[Subscriber] = relationship(lazy="joined", innerjoin=True)
    follows: Mapped[list["Follow"]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    stints: Mapped[list["Stint"]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class Follow(db.Model):  # type: ignore[name-defined, misc]
    """One topic, author or source that a subscriber wants; a subscription without any gets everything.

    `value` is a topic as feeds write it, one name of a byline (`articles.policy.people_in`), or the title of a
    source; compare them by `articles.policy.name_key`.
    """

    __tablename__ = "follows"
    __table_args__ = (
        UniqueConstraint("subscription_id", "kind", "value"),
        Index("ix_follows_value", "value", "kind", "subscription_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscriptions.id", ondelete="CASCADE"))
    kind: Mapped[FollowKind] = mapped_column(String(8))
    value: Mapped[str] = mapped_column(String(100))


class Stint(db.Model):  # type: ignore[name-defined, misc]
    """A subscription had this cadence last at `until`, and has another one since.

    Editions of the old cadence may still owe its reader something, and those of the new one have to leave out what
    the reader got before (docs/adr/0032).
    """

    __tablename__ = "stints"

    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("subscriptions.id", ondelete="CASCADE"), primary_key=True
    )
    cadence: Mapped[Cadence] = mapped_column(String(8), primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
