"""What the operator should know of the sign-ups: that the budgets of confirmations had to step in."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from newsletter.core.settings import Budget
from newsletter.subscriptions.policy.budgets import TRICKLE, Confirming, is_collapsed


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


def sight_of_breaker(seen: Confirming) -> Sight:
    return Sight(Cause.BREAKER, is_collapsed(seen), seen)


def sight_of_budget(seen: Filling) -> Sight:
    """Used up until half of it is free again: at its edge it would begin and end with each minute."""
    if seen.spent >= seen.budget.most or seen.refused:
        return Sight(Cause.BUDGET, is_so=True, seen=seen)
    return Sight(Cause.BUDGET, is_so=None if seen.spent * 2 > seen.budget.most else False, seen=seen)


def trickle_of(budget: Budget) -> int:
    """How many leave within its window while the breaker is open, at least one."""
    return max(1, budget.most // TRICKLE)


_WINDOWS = {timedelta(minutes=1): "minute", timedelta(hours=1): "hour", timedelta(days=1): "day"}


def window_in_words(budget: Budget) -> str:
    """`hour`, to stand after "each"."""
    return _WINDOWS.get(budget.window, str(budget.window))
