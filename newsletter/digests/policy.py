"""When a digest is due, and which articles it takes, with a reason for each that it leaves. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from newsletter.core.errors import InvalidSchedule

GRACE = timedelta(hours=2)
"""How late an edition may still start; a morning briefing in the afternoon is no service."""


CRON_FIELDS = 5


class Outcome(StrEnum):
    """What came of a slot."""

    EDITION = "edition"
    NOTHING_NEW = "nothing_new"
    TOO_FEW = "too_few"
    MISSED = "missed"


class Candidate(Protocol):
    """What the choice needs to know of an article."""

    @property
    def id(self) -> int: ...


@dataclass(frozen=True)
class Decision:
    """Why an article is in or out."""

    article_id: int
    is_in: bool
    reason: str


@dataclass(frozen=True)
class Choice:
    """The articles of the edition, in order, none unless `outcome` is EDITION; `reason` is for people."""

    outcome: Outcome
    reason: str
    decisions: Sequence[Decision]

    @property
    def article_ids(self) -> Sequence[int]:
        return [decision.article_id for decision in self.decisions if decision.is_in]


def choose(candidates: Sequence[Candidate], carried: Collection[int], least: int, most: int) -> Choice:
    """The first `most` of the candidates that no edition has carried, if there are at least `least`."""
    decisions: list[Decision] = []
    taken = 0
    for candidate in candidates:
        if candidate.id in carried:
            decisions.append(Decision(candidate.id, is_in=False, reason="an earlier edition carried it"))
        elif taken == most:
            decisions.append(Decision(candidate.id, is_in=False, reason=f"over the most of {most}"))
        else:
            taken += 1
            decisions.append(Decision(candidate.id, is_in=True, reason="new since the last edition"))
    if taken == 0:
        return Choice(Outcome.NOTHING_NEW, "nothing new since the last edition", decisions)
    if taken < least:
        left = [Decision(each.article_id, is_in=False, reason="waits for more") for each in decisions]
        return Choice(Outcome.TOO_FEW, f"{taken} new, and the least is {least}; they wait", left)
    return Choice(Outcome.EDITION, f"{taken} of {len(candidates)} candidates", decisions)


def next_due(cron: str, timezone: str, after: datetime) -> datetime:
    """The first slot after that moment, in UTC; cron times are wall times of the zone.

    A time that the clock change skips runs at the first moment after, one that it repeats runs once.
    Raises InvalidSchedule.
    """
    return next(_slots(cron, timezone, after)).astimezone(UTC)


def in_words(cron: str, timezone: str) -> str:
    """`at 06:30 on Monday through Friday (Europe/Zurich)`. Raises InvalidSchedule."""
    words = str(_slots(cron, timezone, datetime(2000, 1, 1, tzinfo=UTC)).explain())
    return f"{words[:1].lower()}{words[1:]} ({timezone})"


def is_too_late(due_at: datetime, now: datetime) -> bool:
    return now - due_at > GRACE


def _slots(cron: str, timezone: str, after: datetime) -> CronSim:
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        problem = f"There is no time zone '{timezone}'; expected a name such as Europe/Zurich."
        raise InvalidSchedule(problem, field="timezone") from error
    problem = f"'{cron}' is no schedule; expected cron text such as '30 6 * * 1-5' (06:30, Monday to Friday)."
    # The library also takes a field for seconds, and nobody wants a newsletter each second.
    if len(cron.split()) != CRON_FIELDS:
        raise InvalidSchedule(problem)
    try:
        next(CronSim(cron, after.astimezone(zone)))
    except (CronSimError, StopIteration) as error:
        raise InvalidSchedule(problem) from error
    return CronSim(cron, after.astimezone(zone))
