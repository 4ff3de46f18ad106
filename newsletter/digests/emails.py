"""The mail of the watchdog."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.delivery.service import Letter
from newsletter.digests.policy.watching import Sight
from newsletter.mail.house import House
from newsletter.newsletters.emails import look, personal_letterhead
from newsletter.newsletters.models import Newsletter

WATCH = "watch"
"""The kind of these mailings."""


@dataclass(frozen=True)
class Barking:
    """What an operator is told: what was seen, since when it lasts or lasted, and whether it is over."""

    sight: Sight
    since: datetime
    is_over: bool


def watch_letter(of: Newsletter, barking: Barking, at: datetime, house: House) -> Letter:
    """What is wrong with a digest or an edition, or that it no longer is; this newsletter sends it."""
    sight = barking.sight
    values = {
        "newsletter": look(of, house.settings.base_url),
        "home_url": house.settings.base_url,
        "kind": sight.kind.value,
        "about": sight.about,
        "words": sight.words,
        "edition": sight.edition_id,
        "is_over": barking.is_over,
        "since": barking.since.astimezone(ZoneInfo(of.timezone)),
    }
    return Letter(WATCH, personal_letterhead(of, at), house.renderer.render(WATCH, values), {})
