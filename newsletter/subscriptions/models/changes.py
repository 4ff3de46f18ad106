"""Addresses that people want to change to, until they have proven that these are theirs."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import BigId, UtcDateTime, db


class AddressChange(db.Model):  # type: ignore[name-defined, misc]
    """One new address that was asked by mail whether it is theirs.

    `done_at` is when they said yes, `ended_at` when a newer wish took its place; both empty the address itself.
    Kept for two days (`service.readdressing`).
    """

    __tablename__ = "address_changes"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(String(254))
    entered: Mapped[str] = mapped_column(String(254))
    address_key: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
