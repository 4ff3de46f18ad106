"""What an operator has asked for to be done to many, and how far that is."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import BigId, UtcDateTime, db


class BulkKind(StrEnum):
    """What is done to each."""

    UNSUBSCRIBE = "unsubscribe"
    SUPPRESS = "suppress"


class BulkState(StrEnum):
    """RUNNING is also what a killed one is, until a worker goes on with it."""

    RUNNING = "running"
    DONE = "done"
    UNDONE = "undone"


class BulkAction(db.Model):  # type: ignore[name-defined, misc]
    """`wanted` is whom it is for (`policy.wanting.Wanted`), none with a number above `up_to`; `words` says it.

    `shown` is the number that was shown before, `done` how many it was done to so far, up to the person `reached`.
    """

    __tablename__ = "bulk_actions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[BulkKind] = mapped_column(String(12))
    state: Mapped[BulkState] = mapped_column(String(10), default=BulkState.RUNNING)
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    words: Mapped[str] = mapped_column(Text)
    because: Mapped[str] = mapped_column(String(300))
    up_to: Mapped[int] = mapped_column(BigId)
    shown: Mapped[int] = mapped_column()
    reached: Mapped[int] = mapped_column(BigId, default=0)
    done: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
