"""When the operator is told that something has begun, that it lasts, and that it is over. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

BETWEEN_ALARMS = timedelta(hours=6)
"""Of one cause: whatever comes and goes meanwhile is told in the log only."""


class Rhythm(StrEnum):
    """How often a cause that lasts is told: once, or anew each `BETWEEN_ALARMS`."""

    ONCE = "once"
    AGAIN = "again"


@dataclass(frozen=True)
class Standing:
    """Since when a cause lasts, None when it does not; when the operator was last told that it does, if ever."""

    since: datetime | None = None
    told_at: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether it lasts, and the operator was told that it does."""
        return self.since is not None and self.told_at is not None and self.told_at >= self.since


def judge(
    known: Standing, *, is_so: bool | None, moment: datetime, rhythm: Rhythm = Rhythm.AGAIN
) -> tuple[Standing, bool]:
    """How it stands now, and whether the operator is told of it: of its end only where they knew of it.

    `is_so` is None where it is neither so nor clearly over, and stays as it was.
    """
    lasts = known.since is not None if is_so is None else is_so
    if not lasts:
        return Standing(None, known.told_at), known.is_known
    since = known.since or moment
    is_quiet = known.told_at is not None and moment - known.told_at < BETWEEN_ALARMS
    if is_quiet or (rhythm is Rhythm.ONCE and known.is_known):
        return Standing(since, known.told_at), False
    return Standing(since, moment), True
