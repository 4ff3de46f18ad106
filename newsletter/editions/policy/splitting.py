"""Two subjects of one edition, tried on those who go first: which one the rest get. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from newsletter.core.words import said
from newsletter.delivery.policy import CanaryRule

LEAST_FIRST = 100
"""Readers who go first, both halves together; clicks of fewer say little, and might say something of somebody."""

SHARES = 0.02, 0.5
WAITS = timedelta(minutes=10), timedelta(hours=24)


class Arm(StrEnum):
    """One of the two subjects: the edition's own, or the one that is tried against it."""

    OWN = "own"
    OTHER = "other"

    @property
    def number(self) -> int:
        """As links and counts have it, where 0 is an edition with one subject."""
        return list(Arm).index(self) + 1


class DecidedBy(StrEnum):
    """Why the rest got that subject; `few` when there were too few readers to try it on any."""

    CLICKS = "clicks"
    LOT = "lot"
    OPERATOR = "operator"
    FEW = "few"


HOW_DECIDED = {
    DecidedBy.CLICKS: said("more of it was opened"),
    DecidedBy.LOT: said("neither was opened more, so lots were drawn"),
    DecidedBy.OPERATOR: said("an operator chose it"),
    DecidedBy.FEW: said("there were too few readers to try another one"),
}


@dataclass(frozen=True)
class Tally:
    """How many have got it with this subject, and how often people have opened an article of it."""

    sent: int
    clicks: int


def better(own: Tally, other: Tally) -> Arm | None:
    """The subject of which more was opened for each mail; None where neither is better, and lots are drawn."""
    of_own, of_other = own.clicks * other.sent, other.clicks * own.sent
    if of_own == of_other:
        return None
    return Arm.OWN if of_own > of_other else Arm.OTHER


def first_rule(share: float, wait: timedelta, canary: CanaryRule | None) -> CanaryRule:
    """Who goes first: as many, and watched as long, as either rule wants; stopped as the canary says."""
    if canary is None:
        return CanaryRule(share, LEAST_FIRST, wait, most=1.0)
    return CanaryRule(
        max(share, canary.share), max(LEAST_FIRST, canary.least), max(wait, canary.wait), canary.most
    )
