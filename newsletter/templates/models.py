"""What operators wrote, each version for good."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import UtcDateTime, db


class TemplateVersion(db.Model):  # type: ignore[name-defined, misc]
    """The newest `number` of a part counts; an empty `source` leaves the part to the newsletter's theme."""

    __tablename__ = "template_versions"
    __table_args__ = (UniqueConstraint("newsletter_id", "part", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id", ondelete="CASCADE"))
    part: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    saved_by: Mapped[str] = mapped_column(String(254), default="")
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
