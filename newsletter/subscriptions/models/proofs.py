"""Proofs of work that were used, so that none is used twice."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import UtcDateTime, db


class SpentProof(db.Model):  # type: ignore[name-defined, misc]
    """A challenge's signature, which tells of nobody; kept a little longer than the challenge is good for."""

    __tablename__ = "proofs"

    signature: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
