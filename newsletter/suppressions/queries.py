"""Reading suppressions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from newsletter.core.db import db
from newsletter.suppressions.models import IMPORTED, Reason, Suppression


def find_suppression(address_key: str) -> Suppression | None:
    """Why this address must not be mailed, or None if it may be."""
    return db.session.get(Suppression, address_key)


def may_be_asked(address_key: str) -> bool:
    """Whether a confirmation may go there: who was only erased may come back, if it is they who ask."""
    found = find_suppression(address_key)
    return found is None or found.reason == Reason.ERASED


def complaints_since(moment: datetime) -> int:
    """How many addresses a complaint has silenced since then; those of an import complained elsewhere."""
    counted = select(func.count()).where(
        Suppression.reason == Reason.COMPLAINT,
        Suppression.created_at >= moment,
        ~Suppression.words.startswith(IMPORTED),
    )
    return db.session.scalar(counted) or 0


def erased_keys() -> Sequence[tuple[str, datetime]]:
    """Who was erased, by their keys, and when, oldest first."""
    rows = db.session.execute(
        select(Suppression.address_key, Suppression.erased_at)
        .where(Suppression.erased_at.is_not(None))
        .order_by(Suppression.erased_at, Suppression.address_key)
    )
    return [(row.address_key, row.erased_at) for row in rows]
