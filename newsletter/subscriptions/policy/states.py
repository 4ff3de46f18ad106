"""The arrows of a subscription, and what its words mean.

pending ──confirm──▶ confirmed ◀──resume── paused
   ▲                  │     └────pause──────▲ │
   │             unsubscribe             unsubscribe
   │                  ▼                       │
   └─sign up again─ unsubscribed ◀────────────┘

A fresh link confirms by itself: `join` leads from pending, and from unsubscribed, straight to confirmed.
"""

from enum import StrEnum


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


class FollowKind(StrEnum):
    """What can be followed."""

    TOPIC = "topic"
    AUTHOR = "author"
    SOURCE = "source"
