"""Suppressing addresses."""

from sqlalchemy import delete

from newsletter.core.clock import now
from newsletter.core.db import db, insert_ignoring, transaction
from newsletter.suppressions.models import Reason, Suppression


def lift_erasure(address_key: str) -> None:
    """Whoever was erased has confirmed a new sign-up; other reasons stay."""
    with transaction():
        db.session.execute(
            delete(Suppression).where(Suppression.address_key == address_key, Suppression.reason == Reason.ERASED)
        )


def suppress(address_key: str, reason: Reason, words: str = "") -> Suppression:
    """Never mail this address again; the first reason stays when there are several."""
    with transaction():
        db.session.execute(
            insert_ignoring(Suppression).values(
                address_key=address_key, reason=reason, words=words[:500], created_at=now()
            )
        )
        return db.session.get_one(Suppression, address_key)
