"""What an edition is called, and which way it may go. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

LONGEST_SUBJECT = 100
"""Characters; mail programs on a phone show about forty of them, the rest is for the others."""

LONGEST_PREHEADER = 140
LONGEST_PROBLEM = 500
LONGEST_NOTE = 5000
MOST_ARTICLES = 100

GRACE = timedelta(hours=2)
"""How late a scheduled edition still leaves by itself."""


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
