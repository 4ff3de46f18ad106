"""Imports: what came from where, on whose word, and how far it got."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import BigId, UtcDateTime, db


class ImportState(StrEnum):
    """RUNNING is also what a killed one is, until it is gone on with."""

    RUNNING = "running"
    DONE = "done"
    UNDONE = "undone"


class Import(db.Model):  # type: ignore[name-defined, misc]
    """`plan` is what was shown and approved; `rows_done` grows with each batch, in its transaction.

    `provenance` says where these people agreed; with a `consent_note` the operator answers for it that they did.
    """

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    state: Mapped[ImportState] = mapped_column(String(10), default=ImportState.RUNNING)
    file_name: Mapped[str] = mapped_column(String(200))
    file_sha256: Mapped[str] = mapped_column(String(64))
    plan: Mapped[str] = mapped_column(String(16))
    provenance: Mapped[str] = mapped_column(String(500))
    consent_note: Mapped[str] = mapped_column(String(500), default="")
    asks: Mapped[bool] = mapped_column(default=False)
    rows_done: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
