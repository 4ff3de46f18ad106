"""An address we must not mail, kept by its key so that it outlives the address itself."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import UtcDateTime, db

IMPORTED = "import "
"""How the words of a suppression begin that an import brought, by which it is taken back with the import."""


class Reason(StrEnum):
    """Why we must not mail it."""

    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    NEVER_WRITE = "never_write"  # The person said so.
    ERASED = "erased"
    MANUAL = "manual"  # An operator said so.


class Suppression(db.Model):  # type: ignore[name-defined, misc]
    """One row per address; `address_key` is `Address.key`, `words` what the server or person said.

    `erased_at` is when the person was last erased, whatever the reason not to mail them is; None if never.
    """

    __tablename__ = "suppressions"
    __table_args__ = (
        Index("ix_suppressions_created", "created_at", "address_key"),
        Index("ix_suppressions_reason", "reason", "created_at", "address_key"),
    )

    address_key: Mapped[str] = mapped_column(String(32), primary_key=True)
    reason: Mapped[Reason] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
