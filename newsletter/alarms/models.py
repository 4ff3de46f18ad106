"""What the operator has been told of, so that all workers together tell it once."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import UtcDateTime, db


class Alarm(db.Model):  # type: ignore[name-defined, misc]
    """One row for each cause that was ever seen; `policy.Standing` says what the columns mean.

    `cause` is a word for its kind, and after a space what it is about where there are several: `late morning`.
    """

    __tablename__ = "alarms"

    cause: Mapped[str] = mapped_column(String(80), primary_key=True)
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
