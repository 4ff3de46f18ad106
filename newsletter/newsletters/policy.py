"""Which slugs a newsletter may have: they are the first part of public paths."""

import re
from datetime import timedelta

from newsletter.delivery.policy import CanaryRule

RESERVED = frozenset(
    {
        "account", "api", "archive", "articles", "c", "confirm", "console", "embed", "feed.xml", "healthz",
        "hooks", "email-change", "metrics", "never", "still",
        "preferences", "readyz", "static", "subscribe", "unsubscribe", "favicon.ico", "robots.txt",
    }
)  # fmt: skip
"""First parts of paths that other pages have, now or soon."""

LARGEST_CANARY, MOST_CANARIES, LONGEST_WATCH = 0.5, 10_000, timedelta(hours=12)

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_LETTERS_ONLY = re.compile(r"[^a-z0-9]+")


def slug_problem(slug: str) -> str | None:
    """Why this cannot be a slug, as a sentence; None if it can."""
    if slug in RESERVED:
        return f"The slug '{slug}' is taken by a page of the service; choose another."
    if not _SLUG.fullmatch(slug):
        return "A slug has 1 to 60 small letters, digits and hyphens, such as morning-briefing."
    return None


def slug_from(name: str) -> str:
    """A slug that resembles the name; it may still be taken, reserved or empty."""
    return _LETTERS_ONLY.sub("-", name.lower()).strip("-")[:60].strip("-")


def canary_problem(rule: CanaryRule) -> str | None:
    """Why some readers cannot go first like this, as a sentence; None if they can."""
    if not 0 < rule.share <= LARGEST_CANARY:
        return f"From 0.1 to {LARGEST_CANARY:.0%} of the readers can go first."
    if not 1 <= rule.least <= MOST_CANARIES:
        return f"At least 1 to {MOST_CANARIES:,} readers go first."
    if not timedelta(minutes=1) <= rule.wait <= LONGEST_WATCH:
        return "They can be watched for 1 minute to 12 hours."
    if not 0 <= rule.most < 1:
        return "From 0 to 99 % of them may fail, be deferred or complain before the rest is stopped."
    return None
