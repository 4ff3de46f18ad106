"""What servers have accepted of editions, from what was counted when each had ended."""

from datetime import datetime

from sqlalchemy import func, select

from newsletter.core.db import db
from newsletter.delivery.models import DeliveryCount
from newsletter.delivery.policy import Status
from newsletter.editions.models import Edition


def accepted_since(moment: datetime) -> int:
    """How many deliveries of editions made since then were accepted; those still on their way do not count."""
    return (
        db.session.scalar(
            select(func.sum(DeliveryCount.how_many))
            .join(Edition, Edition.mailing_id == DeliveryCount.mailing_id)
            .where(Edition.created_at >= moment, DeliveryCount.status == Status.ACCEPTED)
        )
        or 0
    )
