"""When a reader gets an edition who wants it at an hour of their own. Pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_NOTHING = timedelta(0)


def due_at(slot: datetime, of_slot: ZoneInfo, hour: int, of_reader: ZoneInfo) -> datetime:
    """The moment of this full hour (0 to 23) in the reader's zone that follows the slot, in UTC.

    Slots are a wall time of the zone `of_slot`, so the local day is reckoned by both zones without their summer
    times: else a week in which only one of the two has changed its clocks would bring two editions on one day.
    In such a week it may come an hour late, never before its slot. An hour that the clock skips is the first
    moment after, one that it repeats is the first of the two.
    """
    steady = _without_summer(slot, of_slot) + _standard(slot, of_reader)
    day = steady.date() if steady.time() <= time(hour) else steady.date() + _DAY
    wall = datetime.combine(day, time(hour), of_reader)
    return max(slot, _after_gap(wall))


def _without_summer(slot: datetime, zone: ZoneInfo) -> datetime:
    """The slot in UTC as if its zone had no summer time; without a zone."""
    wall = slot.astimezone(zone).replace(tzinfo=None)
    return wall - _standard(slot, zone)


def _standard(at: datetime, zone: ZoneInfo) -> timedelta:
    local = at.astimezone(zone)
    return (local.utcoffset() or _NOTHING) - (local.dst() or _NOTHING)


def _after_gap(wall: datetime) -> datetime:
    """In UTC; a wall time that the clock skips becomes the moment at which it jumps."""
    moment = wall.astimezone(UTC)
    if moment.astimezone(wall.tzinfo).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return moment
    # With the offset from before the gap the moment lies after it, by as much as the wall time lies in it.
    low, high = moment - _DAY, moment
    offset = low.astimezone(wall.tzinfo).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(wall.tzinfo).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
