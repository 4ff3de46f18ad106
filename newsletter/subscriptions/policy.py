"""The arrows of a subscription, and when a confirmation may be asked for again. Pure.

pending ──confirm──▶ confirmed ──unsubscribe──▶ unsubscribed
   ▲                                                │
   └───────────────── sign up again ────────────────┘
"""

from datetime import datetime, timedelta
from enum import StrEnum

BETWEEN_CONFIRMATIONS = timedelta(minutes=10)
"""A second sign-up within this time sends no second confirmation."""


class SubscriptionStatus(StrEnum):
    """Only CONFIRMED is ever mailed an edition."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


def may_ask(status: SubscriptionStatus, asked_at: datetime | None, now: datetime) -> bool:
    """Whether a sign-up shall send a confirmation mail; `asked_at` is when the last one was sent."""
    if status is SubscriptionStatus.CONFIRMED:
        return False
    return asked_at is None or now - asked_at >= BETWEEN_CONFIRMATIONS
