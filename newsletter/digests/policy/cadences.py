"""Which slots of a schedule are those of a day, a week or a month: the first from its beginning on. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from newsletter.digests.policy.schedules import next_due, next_slots
from newsletter.subscriptions.policy import Cadence

RARE = (Cadence.DAILY, Cadence.WEEKLY, Cadence.MONTHLY)
"""The cadences that leave slots out."""

LATEST_DAY = 28
"""Of a month; each month has it."""

_SECOND, _HALF_DAY, _WEEK = timedelta(seconds=1), timedelta(hours=12), 7
_LOOKED_AT = 60
_ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Rhythm:
    """A schedule, and where its weeks (Sunday is 0) and months begin."""

    cron: str
    timezone: str
    weekly_on: int = 1
    monthly_on: int = 1

    def period(self, cadence: Cadence, slot: datetime) -> datetime:
        """When the day, week or month in which the slot lies begins: a midnight of the zone, in UTC."""
        day = self._first_day(cadence, slot.astimezone(ZoneInfo(self.timezone)).date())
        return datetime.combine(day, time(), ZoneInfo(self.timezone)).astimezone(UTC)

    def first_slot(self, cadence: Cadence, slot: datetime) -> datetime:
        """The first slot of the period in which this one lies."""
        return self._from(self.period(cadence, slot))

    def slot_before(self, cadence: Cadence, slot: datetime) -> datetime:
        """The first slot of the period before the one in which this slot lies."""
        return self.first_slot(cadence, self.period(cadence, slot) - _HALF_DAY)

    def next_of(self, cadence: Cadence, after: datetime) -> datetime:
        """The first slot after that moment which is one of this cadence."""
        slot = next_due(self.cron, self.timezone, after)
        while cadence is not Cadence.EACH and self.first_slot(cadence, slot) != slot:
            slot = next_due(self.cron, self.timezone, slot)
        return slot

    def _first_day(self, cadence: Cadence, day: date) -> date:
        if cadence is Cadence.WEEKLY:
            return day - timedelta(days=(day.isoweekday() - self.weekly_on) % _WEEK)
        if cadence is Cadence.MONTHLY:
            first = day if day.day >= self.monthly_on else day.replace(day=1) - timedelta(days=1)
            return first.replace(day=self.monthly_on)
        return day

    def _from(self, moment: datetime) -> datetime:
        return next_due(self.cron, self.timezone, moment - _SECOND)


@lru_cache(maxsize=64)
def riders(rhythm: Rhythm) -> Sequence[Cadence]:
    """The cadences for which every slot is one of theirs, so that they share each edition.

    Of a newsletter that comes once a day those who want it daily, of a weekly one also those who want it weekly.
    """
    slots = next_slots(rhythm.cron, rhythm.timezone, _ANY_MOMENT, _LOOKED_AT)
    return tuple(each for each in RARE if len({rhythm.period(each, slot) for slot in slots}) == len(slots))
