"""Which slugs a newsletter may have, how often it comes, and how it may look."""

import re
from datetime import timedelta
from enum import StrEnum

from newsletter.core.words import Figure, said
from newsletter.delivery.policy import CanaryRule
from newsletter.mail.colours import READABLE, contrast, is_colour, readable

LIGHT_PAPER, DARK_PAPER = "#ffffff", "#1b1e22"
"""What the words of a mail stand on, as `templates/emails/_base/` has it."""


class Cadence(StrEnum):
    """How often a reader wants a newsletter."""

    EACH = "each"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Theme(StrEnum):
    """How the articles of a digest stand: all at one glance, with pictures, or as a letter."""

    BRIEFING = "briefing"
    MAGAZINE = "magazine"
    LETTER = "letter"


class Fonts(StrEnum):
    """Of headlines and text: fonts that are on every machine, because a mail loads none."""

    CLASSIC = "classic"
    SERIF = "serif"
    SANS = "sans"


class Pictures(StrEnum):
    """Where the pictures of articles come from: their own servers, ours, or not at all."""

    LINK = "link"
    FETCH = "fetch"
    NONE = "none"


RESERVED = frozenset(
    {
        "account", "api", "archive", "articles", "c", "confirm", "console", "embed", "feed.xml", "healthz",
        "hooks", "email-change", "images", "metrics", "never", "still",
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
        return said("The slug '%(slug)s' is taken by a page of the service; choose another.", slug=slug)
    if not _SLUG.fullmatch(slug):
        return said("A slug has 1 to 60 small letters, digits and hyphens, such as morning-briefing.")
    return None


def slug_from(name: str) -> str:
    """A slug that resembles the name; it may still be taken, reserved or empty."""
    return _LETTERS_ONLY.sub("-", name.lower()).strip("-")[:60].strip("-")


def colour_problem(colour: str, paper: str) -> str | None:
    """Why this cannot be read on this paper, with one that can; None if it can."""
    if not is_colour(colour):
        return said(
            "'%(colour)s' is no colour; write it as # and six hexadecimal digits, such as #8a1f1f.",
            colour=colour[:40],
        )
    found = contrast(colour, paper)
    if found >= READABLE:
        return None
    return said(
        "%(colour)s on %(paper)s has a contrast of %(found)s:1, and %(least)s:1 is the least that "
        "everybody can read; %(better)s is the same colour and can be read.",
        colour=colour,
        paper=paper,
        found=f"{found:.1f}",
        least=READABLE,
        better=readable(colour, paper),
    )


def canary_problem(rule: CanaryRule) -> str | None:
    """Why some readers cannot go first like this, as a sentence; None if they can."""
    if not 0 < rule.share <= LARGEST_CANARY:
        return said("From 0.1 to %(most)s of the readers can go first.", most=f"{LARGEST_CANARY:.0%}")
    if not 1 <= rule.least <= MOST_CANARIES:
        return said("At least 1 to %(most)s readers go first.", most=Figure(MOST_CANARIES))
    if not timedelta(minutes=1) <= rule.wait <= LONGEST_WATCH:
        return said("They can be watched for 1 minute to 12 hours.")
    if not 0 <= rule.most < 1:
        return said(
            "From 0 to %(most)s of them may fail, be deferred or complain before the rest is stopped.", most="99 %"
        )
    return None
