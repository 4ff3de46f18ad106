"""When somebody who has not confirmed is reminded: once, and only if it makes sense."""

from datetime import datetime, timedelta

LEAST_LEFT = timedelta(hours=12)
"""So long a request must still be kept, or the reminder would come too late to be read."""


def link_life(confirm_within: timedelta, deleted_at: datetime, now: datetime) -> timedelta:
    """How long the reminder's link is of use: a link outlives neither its own time nor the request."""
    return min(confirm_within, deleted_at - now)
