"""Which slugs a newsletter may have: they are the first part of public paths."""

import re

RESERVED = frozenset(
    {
        "account", "api", "archive", "articles", "confirm", "console", "embed", "feed.xml", "healthz", "hooks",
        "metrics", "never", "email-change", "still",
        "preferences", "readyz", "static", "subscribe", "unsubscribe", "favicon.ico", "robots.txt",
    }
)  # fmt: skip
"""First parts of paths that other pages have, now or soon."""

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
