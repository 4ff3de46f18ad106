"""What the watchdog of a digest looks at, and what it says; readers notice all of it a little later."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from newsletter.core.errors import InvalidInput
from newsletter.core.words import Figure, said

LATEST = 120
"""Minutes: after two hours an edition does not start at all."""


class Smaller(StrEnum):
    """What follows when an edition has fewer readers than the last by the share that is set."""

    OFF = "off"
    ALARM = "alarm"
    HOLD = "hold"


class Empty(StrEnum):
    """What follows when a slot brings no edition, or one with fewer articles than the rule's least."""

    OFF = "off"
    ALARM = "alarm"


class Kind(StrEnum):
    """What is wrong."""

    LATE = "late"
    EMPTY = "empty"
    SMALLER = "smaller"
    STILL = "standstill"
    COMPLAINTS = "complaints"


RATE_DAYS = 30
"""Of how many days complaints and accepted mails are counted."""

NEAR, CLEAR = 0.0008, 0.0006
"""Large providers ask that less than 0.1 % of mails are reported as spam. From NEAR on it is told, and below CLEAR
it is over.
"""

FEWEST_COMPLAINTS = 5
"""Fewer say nothing, however few mails there were."""


@dataclass(frozen=True)
class Complaining:
    """How many reported a mail as spam within `RATE_DAYS`, and how many mails of editions were accepted."""

    complaints: int
    accepted: int

    @property
    def rate(self) -> float:
        """From 0 to 1; 0 where nothing was accepted."""
        return self.complaints / self.accepted if self.accepted else 0.0

    @property
    def words(self) -> str:
        """With its figures, as one sentence."""
        return said(
            "%(complaints)s readers reported a mail as spam within %(days)s days, of %(accepted)s"
            " mails that were accepted: %(rate)s, and large providers ask for less than %(most)s.",
            complaints=Figure(self.complaints),
            days=RATE_DAYS,
            accepted=Figure(self.accepted),
            rate=f"{self.rate:.2%}",
            most="0.10%",
        )


@dataclass(frozen=True)
class Watch:
    """`late` in minutes after the slot, 0: never; `share` in per cent of the last edition's readers."""

    late: int = 10
    empty: Empty = Empty.ALARM
    share: int = 20
    smaller: Smaller = Smaller.ALARM

    def __post_init__(self) -> None:
        """Raises InvalidInput."""
        if not 0 <= self.late <= LATEST:
            problem = said(
                "An edition is late after 1 to %(most)s minutes, or 0 for never; not %(number)s.",
                most=LATEST,
                number=self.late,
            )
            raise InvalidInput(problem, field="late")
        if not 1 <= self.share <= 99:  # noqa: PLR2004 - per cent.
            problem = said("The share is 1 to 99 per cent, not %(number)s.", number=self.share)
            raise InvalidInput(problem, field="share")

    def least_of(self, last: int) -> int:
        """How many readers an edition has at least that is not smaller than one with so many, by this share."""
        return -(-last * (100 - self.share) // 100)


def stored(watch: Watch) -> dict[str, Any]:
    """As plain values, for a column."""
    return asdict(watch)


def restored(values: Mapping[str, Any]) -> Watch:
    """What `stored` made; what is missing has its default."""
    told = {**asdict(Watch()), **values}
    return Watch(told["late"], Empty(told["empty"]), told["share"], Smaller(told["smaller"]))


@dataclass(frozen=True)
class Sight:
    """What was seen: of what, whether it is so (None: as it was), and in `words` what is wrong, as one sentence.

    `about` is the digest's slug, the edition's number, or "house" for all; `edition_id` None where there is none.
    """

    kind: Kind
    about: str
    is_so: bool | None
    words: str = ""
    edition_id: int | None = None

    @property
    def cause(self) -> str:
        """By which it is known again."""
        return f"{self.kind} {self.about}"


@dataclass(frozen=True)
class Slot:
    """The last slot of a digest: when it was due, and what came of it; `outcome` "" before the first.

    `status` is its edition's, "" without one; `articles` how many it carries, `readers` how many it would reach or
    had to reach, `last` how many the one before it; None: not known.
    """

    due_at: datetime
    outcome: str = ""
    reason: str = ""
    edition_id: int | None = None
    status: str = ""
    problem: str = ""
    articles: int = 0
    readers: int | None = None
    last: int | None = None

    @property
    def is_open(self) -> bool:
        return self.status in {"draft", "scheduled", "held"}


def sight_of_late(slug: str, watch: Watch, next_due: datetime, slot: Slot | None, moment: datetime) -> Sight:
    """A slot that has come and was not run, was missed, or whose edition has not left."""
    grace = timedelta(minutes=watch.late)
    if not watch.late:
        return Sight(Kind.LATE, slug, is_so=False)
    if next_due + grace <= moment:
        return Sight(Kind.LATE, slug, is_so=True, words=f"The slot of {_at(next_due)} has not been run.")
    # One whose edition somebody approved or recalled since is over.
    if slot and slot.outcome == "missed" and (slot.is_open or slot.edition_id is None):
        return Sight(Kind.LATE, slug, is_so=True, words=f"The slot was missed: {slot.reason}.")
    if slot and slot.is_open and slot.due_at + grace <= moment:
        why = slot.problem or f"it is {slot.status}"
        words = f"Edition {slot.edition_id} was due at {_at(slot.due_at)} and has not left: {why}."
        return Sight(Kind.LATE, slug, is_so=True, words=words, edition_id=slot.edition_id)
    return Sight(Kind.LATE, slug, is_so=False)


def sight_of_empty(slug: str, watch: Watch, least: int, slot: Slot | None) -> Sight:
    """No edition because nothing or too little was new, or one that was cut below the rule's least."""
    if watch.empty is Empty.OFF or slot is None:
        return Sight(Kind.EMPTY, slug, is_so=False)
    if slot.outcome in {"nothing_new", "too_few"}:
        words = f"The slot of {_at(slot.due_at)} brought no edition: {slot.reason}."
        return Sight(Kind.EMPTY, slug, is_so=True, words=words)
    if slot.is_open and slot.articles < least:
        words = (
            f"Edition {slot.edition_id} carries {slot.articles} articles, and the least of its rule is {least}."
        )
        return Sight(Kind.EMPTY, slug, is_so=True, words=words, edition_id=slot.edition_id)
    # A slot that was missed says nothing of how much there is to tell.
    return Sight(Kind.EMPTY, slug, is_so=None if slot.outcome == "missed" else False)


def sight_of_smaller(slug: str, watch: Watch, slot: Slot | None) -> Sight:
    """An edition with fewer readers than the last by the share that is set."""
    if watch.smaller is Smaller.OFF:
        return Sight(Kind.SMALLER, slug, is_so=False)
    if slot is None or slot.readers is None or slot.last is None:
        return Sight(Kind.SMALLER, slug, is_so=None)
    if slot.readers >= watch.least_of(slot.last):
        return Sight(Kind.SMALLER, slug, is_so=False)
    ways = {"held": "It is held", "draft": "It has not left yet", "scheduled": "It has not left yet"}
    how = ways.get(slot.status, "It is on its way")
    words = f"Edition {slot.edition_id} has {slot.readers} readers, the one before it had {slot.last}. {how}."
    return Sight(Kind.SMALLER, slug, is_so=True, words=words, edition_id=slot.edition_id)


def sight_of_complaints(seen: Complaining) -> Sight:
    """A share of complaints near the one from which providers refuse all mail of a sender."""
    if seen.complaints < FEWEST_COMPLAINTS or seen.rate < CLEAR:
        return Sight(Kind.COMPLAINTS, "house", is_so=False)
    is_so = True if seen.rate >= NEAR else None
    return Sight(Kind.COMPLAINTS, "house", is_so=is_so, words=seen.words)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
