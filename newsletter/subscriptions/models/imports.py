"""Imports: what came from where, on whose word, and how far it got; and the files that are sent in for them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import BigId, UtcDateTime, db


class ImportState(StrEnum):
    """RUNNING is also what a killed one is, until it is gone on with."""

    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"  # Somebody has asked for it.
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


class UploadState(StrEnum):
    """Where a file stands that was sent in by the console."""

    LOOKING = "looking"  # Waits for the job that reads it through.
    SHOWN = "shown"  # Waits for somebody to approve it.
    TAKING = "taking"  # Waits for the job that takes it in, or is with it.
    TAKEN = "taken"
    FAILED = "failed"  # `problem` says why; what was chosen can be changed.


class Upload(db.Model):  # type: ignore[name-defined, misc]
    """A file in the spool, with what was chosen for it and what the look at it found (`importer.Preview`).

    The file is called by the number of this row; it goes when the import is done or the row is a day old, and the
    row with the address in its samples masked stays no longer. `import_id` is set once it is taken in.
    """

    __tablename__ = "uploads"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id", ondelete="CASCADE"))
    state: Mapped[UploadState] = mapped_column(String(10), default=UploadState.LOOKING)
    problem: Mapped[str] = mapped_column(Text, default="")
    file_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigId)
    provenance: Mapped[str] = mapped_column(String(500))
    consent_note: Mapped[str] = mapped_column(String(500), default="")
    asks: Mapped[bool] = mapped_column(default=False)
    choices: Mapped[dict[str, Any]] = mapped_column(JSON)
    preview: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    rows_done: Mapped[int] = mapped_column(default=0)
    import_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
