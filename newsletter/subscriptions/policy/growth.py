"""Growth and churn: days put together to weeks, and what share has left."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Day:
    """How many confirmed by themselves, were brought by an import already confirmed, and left."""

    day: date
    joined: int = 0
    brought: int = 0
    left: int = 0


@dataclass(frozen=True)
class Week:
    """The week that begins on this Monday. `readers` is how many there were at its end."""

    monday: date
    joined: int
    brought: int
    left: int
    readers: int

    @property
    def churn(self) -> float | None:
        """Of those who were there at its beginning the part that has left, from 0 to 1; None where nobody was."""
        before = self.readers - self.joined - self.brought + self.left
        return self.left / before if before > 0 else None


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def weeks(days: Sequence[Day], readers: int, today: date, how_many: int) -> Sequence[Week]:
    """The last so many weeks, also those without anything, oldest first; `readers` is how many there are today.

    Told backwards from today, because whoever was erased is in no sum of long ago.
    """
    sums: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in days:
        total = sums[monday_of(each.day)]
        for place, number in enumerate((each.joined, each.brought, each.left)):
            total[place] += number
    found, monday = [], monday_of(today)
    for _ in range(how_many):
        joined, brought, left = sums[monday]
        found.append(Week(monday, joined, brought, left, max(readers, 0)))
        readers, monday = readers - joined - brought + left, monday - WEEK
    return found[::-1]
