"""When a digest is due: cron text, or plain words that become cron text, in a time zone."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from newsletter.core.errors import InvalidSchedule
from newsletter.core.words import said
from newsletter.mail.schedules import schedule_in_words

GRACE = timedelta(hours=2)
"""How late an edition may still start; a morning briefing in the afternoon is no service."""

CRON_FIELDS = 5
NOON = 12
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_DAYS = {"daily": "*", "day": "*", "weekday": "1-5", "weekdays": "1-5", "weekend": "0,6", "weekends": "0,6"}
_TIME = re.compile(r"(\d{1,2})(?::([0-5]\d))? ?(am|pm)?")
_OF_MONTH = re.compile(
    r"(?:monthly on )?(?:the )?(last day|\d{1,2}(?:st|nd|rd|th))(?: of (?:the|each|every) month)?"
)
_LIST = re.compile(r"\s*,\s*and\s+|\s*,\s*|\s+and\s+")
_EXAMPLES = "'weekdays at 06:30', 'mondays and thursdays at 7', 'the 1st of the month at 08:00'"


def cron_of(text: str) -> str:
    """Cron text for words such as `weekdays at 06:30`; cron text stays as it is. Raises InvalidSchedule."""
    words = " ".join(text.lower().split())
    if words in {"hourly", "every hour"}:
        return "0 * * * *"
    days, at, times = words.rpartition(" at ")
    if not at:
        # Whether it is good cron text, the cron library says.
        return text.strip()
    hours, minute = _hours_and_minute(times)
    month_day, week_days = _days(days.removeprefix("on ").removeprefix("every ").removeprefix("each "))
    return f"{minute} {hours} {month_day} * {week_days}"


def next_due(cron: str, timezone: str, after: datetime) -> datetime:
    """The first slot after that moment, in UTC; cron times are wall times of the zone.

    A time that the clock change skips runs at the first moment after, one that it repeats runs once.
    Raises InvalidSchedule.
    """
    return next(_slots(cron, timezone, after)).astimezone(UTC)


def next_slots(cron: str, timezone: str, after: datetime, how_many: int = 10) -> Sequence[datetime]:
    """The slots after that moment, as wall times of the zone. Raises InvalidSchedule."""
    return list(islice(_slots(cron, timezone, after), how_many))


def in_words(cron: str, timezone: str, language: str = "en") -> str:
    """`at 06:30 on Monday through Friday (Europe/Zurich)`; English where another language has no words for it.

    Raises InvalidSchedule.
    """
    _simulated(cron, timezone, datetime(2000, 1, 1, tzinfo=UTC))
    schedule = f"{cron} {timezone}"
    return schedule_in_words(schedule, language) or schedule_in_words(schedule)


def is_too_late(due_at: datetime, now: datetime) -> bool:
    return now - due_at > GRACE


def _days(words: str) -> tuple[str, str]:
    """The day of the month and the days of the week, as cron writes them."""
    if words in _DAYS:
        return "*", _DAYS[words]
    if found := _OF_MONTH.fullmatch(words):
        day = found[1]
        return ("L" if day == "last day" else re.sub(r"\D", "", day)), "*"
    numbers = [_week_day(word) for word in _LIST.split(words)]
    return "*", ",".join(str(number) for number in sorted(set(numbers)))


def _week_day(word: str) -> int:
    name = word.removesuffix("s")
    if name not in _WEEKDAYS:
        problem = said("'%(word)s' is no day; expected words such as %(examples)s.", word=word, examples=_EXAMPLES)
        raise InvalidSchedule(problem)
    return _WEEKDAYS.index(name)


def _hours_and_minute(words: str) -> tuple[str, int]:
    times = [_time(word) for word in _LIST.split(words)]
    minutes = {minute for _, minute in times}
    if len(minutes) > 1:
        problem = said(
            "The times of one schedule must have the same minutes, as 07:30 and 17:30; make two digests otherwise."
        )
        raise InvalidSchedule(problem)
    return ",".join(str(hour) for hour in sorted({hour for hour, _ in times})), minutes.pop()


def _time(word: str) -> tuple[int, int]:
    word = {"noon": "12:00", "midnight": "00:00"}.get(word, word)
    found = _TIME.fullmatch(word)
    hour, half = (int(found[1]), found[3]) if found else (99, None)
    if half:
        hour = hour % NOON + NOON * (half == "pm") if 1 <= hour <= NOON else 99
    if not found or hour > 23:  # noqa: PLR2004 - the hours of a day.
        problem = said("'%(word)s' is no time of day; expected one such as 06:30, 7 or 6 pm.", word=word)
        raise InvalidSchedule(problem)
    return hour, int(found[2] or 0)


def _slots(cron: str, timezone: str, after: datetime) -> Iterator[datetime]:
    """As the cron library has them, without those of a day that the zone left out (Apia, 30 December 2011).

    Nor those that have been: asked in the second of two hours, it begins with the slots of the first.
    """
    slots = (slot for slot in _simulated(cron, timezone, after) if slot.astimezone(UTC) > after)
    return (slot for slot in slots if not _is_of_no_day(cron, slot))


def _is_of_no_day(cron: str, slot: datetime) -> bool:
    before = (slot.astimezone(UTC) - MINUTE).astimezone(slot.tzinfo)
    if slot.date() - before.date() <= DAY:
        return False
    wall = slot.replace(tzinfo=None)
    return bool(next(CronSim(cron, wall - MINUTE)) != wall)


def _simulated(cron: str, timezone: str, after: datetime) -> CronSim:
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        problem = said("There is no time zone '%(zone)s'; expected a name such as Europe/Zurich.", zone=timezone)
        raise InvalidSchedule(problem, field="timezone") from error
    problem = said(
        "'%(cron)s' is no schedule; expected words such as %(examples)s, "
        "or cron text such as '30 6 * * 1-5' (06:30, Monday to Friday).",
        cron=cron,
        examples=_EXAMPLES,
    )
    # The library also takes a field for seconds, and nobody wants a newsletter each second.
    if len(cron.split()) != CRON_FIELDS:
        raise InvalidSchedule(problem)
    try:
        next(CronSim(cron, after.astimezone(zone)))
    except (CronSimError, StopIteration) as error:
        raise InvalidSchedule(problem) from error
    return CronSim(cron, after.astimezone(zone))
