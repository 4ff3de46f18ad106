"""What the operator has been told of, so that all workers together tell it once."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import UtcDateTime, db
from newsletter.subscriptions.policy.alarms import Cause


class Alarm(db.Model):  # type: ignore[name-defined, misc]
    """One row for each cause that was ever seen; `policy.alarms.Standing` says what the columns mean."""

    __tablename__ = "alarms"

    cause: Mapped[Cause] = mapped_column(String(20), primary_key=True)
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
