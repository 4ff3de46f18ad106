"""What follows from the facts about a subscription; no database, no clock."""

from newsletter.subscriptions.policy.states import Cadence, EndReason, FollowKind, SubscriptionStatus

__all__ = ["Cadence", "EndReason", "FollowKind", "SubscriptionStatus"]
