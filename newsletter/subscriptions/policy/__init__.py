"""What follows from the facts about a subscription; no database, no clock."""

from newsletter.newsletters.policy import Cadence
from newsletter.subscriptions.policy.states import EndReason, FollowKind, SubscriptionStatus

__all__ = ["Cadence", "EndReason", "FollowKind", "SubscriptionStatus"]
