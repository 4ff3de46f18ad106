"""The arrows of a subscription, and when a confirmation may be asked for again. Pure.

pending ──confirm──▶ confirmed ◀──resume── paused
   ▲                  │     └────pause──────▲ │
   │             unsubscribe             unsubscribe
   │                  ▼                       │
   └─sign up again─ unsubscribed ◀────────────┘
"""

from datetime import datetime, timedelta
from enum import StrEnum

BETWEEN_CONFIRMATIONS = timedelta(minutes=10)
"""A second sign-up of an address within this time sends no second confirmation, whatever it is for."""


class SubscriptionStatus(StrEnum):
    """Only CONFIRMED is ever mailed an edition."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"


class EndReason(StrEnum):
    """Why a subscription is UNSUBSCRIBED."""

    UNSUBSCRIBED = "unsubscribed"  # The person said stop, by any link or page.
    NEVER_WRITE = "never_write"  # The person wants no mail of this house at all.
    COMPLAINT = "complaint"
    BOUNCED = "bounced"
    INACTIVE = "inactive"
    IMPORTED = "imported"  # It had ended already in the service it came from.
    OPERATOR = "operator"


class Cadence(StrEnum):
    """How often a subscriber wants the newsletter."""

    EACH = "each"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class FollowKind(StrEnum):
    """What can be followed."""

    TOPIC = "topic"
    AUTHOR = "author"
    SOURCE = "source"


def may_ask(asked_at: datetime | None, now: datetime) -> bool:
    """Whether a sign-up may send a confirmation; `asked_at` is when the address was last sent one."""
    return asked_at is None or now - asked_at >= BETWEEN_CONFIRMATIONS
