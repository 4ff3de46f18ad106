"""How often somebody wanted it before: kept as long as an edition may ask for it (docs/adr/0032)."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.subscriptions.models import Stint, Subscription
from newsletter.subscriptions.policy import Cadence

KEPT = timedelta(days=100)
"""Longer than two months and the wait of an edition that is held."""


def note_stint(subscription: Subscription, new: Cadence) -> None:
    """In the caller's transaction, before it has the new cadence; nothing where it is the same."""
    old = Cadence(subscription.cadence)
    if old is new:
        return
    kept = db.session.get(Stint, (subscription.id, old), populate_existing=True)
    if kept:
        kept.until = now()
    else:
        db.session.add(Stint(subscription_id=subscription.id, cadence=old, until=now()))


def count_old_stints(before: datetime) -> int:
    """How many `purge_stints` would delete."""
    return db.session.scalar(select(func.count()).where(Stint.until < before)) or 0


def purge_stints(before: datetime) -> int:
    """Forget those that ended before the moment; how many they were."""
    with transaction():
        return rows_written(delete(Stint).where(Stint.until < before))
