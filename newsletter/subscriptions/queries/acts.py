"""Reading what was done to many."""

from collections.abc import Sequence

from sqlalchemy import select

from newsletter.core.db import db
from newsletter.subscriptions.models import BulkAction

MOST_SHOWN = 50


def bulk_actions() -> Sequence[BulkAction]:
    """The newest, newest first."""
    return db.session.scalars(select(BulkAction).order_by(BulkAction.id.desc()).limit(MOST_SHOWN)).all()
