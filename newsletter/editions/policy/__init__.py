"""What an edition is called, and which way it may go. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.core.words import said
from newsletter.subscriptions.policy import Cadence

LONGEST_SUBJECT = 100
"""Characters; mail programs on a phone show about forty of them, the rest is for the others."""

LONGEST_PREHEADER = 140
LONGEST_PROBLEM = 500
LONGEST_NOTE = 5000
MOST_ARTICLES = 100

GRACE = timedelta(hours=2)
"""How late a scheduled edition still leaves by itself."""

STANDSTILL = timedelta(minutes=10)
"""A sending that has something due and brought nothing to an end for so long stands still."""

BY_HAND = "an operator paused it"


class EditionStatus(StrEnum):
    """`draft → scheduled → sending → sent`; what has not left may be held, and approved again.

    Sending may be paused and go on, and everything unfinished can be cancelled. What was sent is sending again
    when an operator sends it to those whom it had missed.
    """

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    HELD = "held"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"


STATES = {
    EditionStatus.DRAFT: said("draft"),
    EditionStatus.SCHEDULED: said("scheduled"),
    EditionStatus.HELD: said("held"),
    EditionStatus.SENDING: said("sending"),
    EditionStatus.PAUSED: said("paused"),
    EditionStatus.SENT: said("sent"),
    EditionStatus.CANCELLED: said("cancelled"),
}
"""As pages name them."""

OPEN = (EditionStatus.DRAFT, EditionStatus.SCHEDULED, EditionStatus.HELD)
"""Nothing of it has left."""


@dataclass(frozen=True)
class Layout:
    """The section of each article that stands in one, and notes in Markdown by section, "" for the whole edition.

    A section's articles stand together, and its title before the first of them.
    """

    sections: Mapping[int, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


PLAIN_LAYOUT = Layout()
"""No section and no note."""


@dataclass(frozen=True)
class Readers:
    """Whom an edition is for: those of a cadence, and of others for whom it is the same. See `models.Edition`."""

    cadence: Cadence = Cadence.EACH
    riders: Sequence[Cadence] = ()
    local_hour: int | None = None
    once_in_house: bool = False

    @property
    def cadences(self) -> frozenset[Cadence]:
        return frozenset({self.cadence, *self.riders})

    @property
    def riders_text(self) -> str:
        """As a column keeps them."""
        return ",".join(self.riders)


EVERYBODY = Readers(riders=(Cadence.DAILY, Cadence.WEEKLY, Cadence.MONTHLY))
"""All, how often they may want it."""

BITS_OF_ONE, MOST_BITS = 60, 120


@dataclass(frozen=True)
class Bits:
    """Articles of an edition as two numbers that a database can join: the first sixty places, and sixty more."""

    lo: int
    hi: int


def bits(places: Iterable[int]) -> Bits:
    """Places count from 0 and are less than MOST_BITS."""
    union = 0
    for place in places:
        union |= 1 << place
    return Bits(union & ((1 << BITS_OF_ONE) - 1), union >> BITS_OF_ONE)


def places_in(told: Bits) -> list[int]:
    """The places that `bits` was given, in order."""
    union = told.lo | told.hi << BITS_OF_ONE
    return [place for place in range(MOST_BITS) if union >> place & 1]


PUBLIC = frozenset({EditionStatus.SENDING, EditionStatus.PAUSED, EditionStatus.SENT})
"""On the web too, because somebody has it in their inbox, with the link to it."""


def subject(titles: Sequence[str]) -> str:
    """The first headline, and how many more there are: `Ferry runs again, and 6 more`."""
    lead, more = titles[0], len(titles) - 1
    if more == 0:
        return shortened(lead, LONGEST_SUBJECT)
    tail = f"and {more} more"
    head = shortened(lead, LONGEST_SUBJECT - len(tail) - 2)
    return f"{head} {tail}" if head.endswith(("…", "?", "!")) else f"{head}, {tail}"


def preheader(titles: Sequence[str]) -> str:
    """What mail programs show after the subject: the headlines that follow."""
    return shortened(" · ".join(titles[1:4]), LONGEST_PREHEADER)


def moved(ids: Sequence[int], sections: Mapping[int, str], which: int, step: str) -> list[int]:
    """The order after one of them went `up`, `down` or to the `top`, past nothing that is in another section."""
    places = [place for place, each in enumerate(ids) if sections.get(each, "") == sections.get(which, "")]
    now = places.index(ids.index(which))
    then = {"up": max(now - 1, 0), "down": min(now + 1, len(places) - 1), "top": 0}[step]
    among = [ids[place] for place in places]
    among.insert(then, among.pop(now))
    order = list(ids)
    for place, each in zip(places, among, strict=True):
        order[place] = each
    return order


def shortened(text: str, longest: int) -> str:
    """At most so many characters, cut between words, with an ellipsis where something is missing."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    head, space, _ = cut.rpartition(" ")
    # A text without spaces is cut where it must be.
    return (head if space and len(head) > longest // 2 else cut).rstrip(" ,;:·-") + "…"


class ClickKind(StrEnum):
    """Who opened a link, as far as one can tell without knowing them."""

    HUMAN = "human"
    SCANNER = "scanner"
    UNKNOWN = "unknown"


HOURLY_FOR = timedelta(days=3)
"""How long after an edition clicks are counted by hour; what comes later is counted by day."""

_MACHINES = re.compile(
    r"bot|crawl|spider|scan|preview|proxy|fetch|monitor|check|curl|wget|python|java/|go-http|okhttp|libwww|headless"
    r"|barracuda|proofpoint|mimecast|safelinks|sophos|symantec|trend ?micro|fortiguard|zscaler|facebookexternal"
    r"|slack|whatsapp|telegram|skype|outlook-?ios-?link",
    re.IGNORECASE,
)


def click_kind(method: str, user_agent: str, purpose: str, mode: str) -> ClickKind:
    """What a request by itself says; `purpose` is its Sec-Purpose or Purpose, `mode` its Sec-Fetch-Mode.

    Who only looks (HEAD), looks ahead, or says it is a machine is a scanner; who opens a page, as only browsers
    say, is human; nothing is known of the others.
    """
    if method != "GET" or purpose or not user_agent or _MACHINES.search(user_agent):
        return ClickKind.SCANNER
    return ClickKind.HUMAN if mode == "navigate" and user_agent.startswith("Mozilla/") else ClickKind.UNKNOWN


def counted_at(moment: datetime, slot_end: datetime) -> datetime:
    """The beginning of the hour in which a click counts, or of the day, once the edition is old."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hour if moment - slot_end < HOURLY_FOR else hour.replace(hour=0)
