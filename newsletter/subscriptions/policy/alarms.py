"""When the operator is told that the budgets of confirmations had to step in, and when that it is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.core.settings import Budget
from newsletter.subscriptions.policy.budgets import TRICKLE, Confirming, is_collapsed

BETWEEN_ALARMS = timedelta(hours=6)
"""Of one cause: whatever comes and goes meanwhile is told in the log only."""


class Cause(StrEnum):
    """What the operator should know of."""

    BREAKER = "breaker"  # Hardly anybody confirms.
    BUDGET = "budget"  # As many confirmations have left as may altogether.


@dataclass(frozen=True)
class Filling:
    """How full the budget of all is: what has left within its window, and what was turned away for it."""

    budget: Budget
    spent: int
    refused: int


@dataclass(frozen=True)
class Sight:
    """What was seen of a cause; `is_so` None where it is neither so nor clearly over, and stays as it was."""

    cause: Cause
    is_so: bool | None
    seen: Confirming | Filling


@dataclass(frozen=True)
class Standing:
    """Since when a cause lasts, None when it does not; when the operator was last told that it does, if ever."""

    since: datetime | None = None
    told_at: datetime | None = None


def sight_of_breaker(seen: Confirming) -> Sight:
    return Sight(Cause.BREAKER, is_collapsed(seen), seen)


def sight_of_budget(seen: Filling) -> Sight:
    """Used up until half of it is free again: at its edge it would begin and end with each minute."""
    if seen.spent >= seen.budget.most or seen.refused:
        return Sight(Cause.BUDGET, is_so=True, seen=seen)
    return Sight(Cause.BUDGET, is_so=None if seen.spent * 2 > seen.budget.most else False, seen=seen)


def judge(known: Standing, sight: Sight, moment: datetime) -> tuple[Standing, bool]:
    """How it stands now, and whether the operator is told of it: of its end only where they knew of it."""
    lasts = known.since is not None if sight.is_so is None else sight.is_so
    if not lasts:
        is_known = known.since is not None and known.told_at is not None and known.told_at >= known.since
        return Standing(None, known.told_at), is_known
    since = known.since or moment
    if known.told_at is None or moment - known.told_at >= BETWEEN_ALARMS:
        return Standing(since, moment), True
    return Standing(since, known.told_at), False


def trickle_of(budget: Budget) -> int:
    """How many leave within its window while the breaker is open, at least one."""
    return max(1, budget.most // TRICKLE)


_WINDOWS = {timedelta(minutes=1): "minute", timedelta(hours=1): "hour", timedelta(days=1): "day"}


def window_in_words(budget: Budget) -> str:
    """`hour`, to stand after "each"."""
    return _WINDOWS.get(budget.window, str(budget.window))
