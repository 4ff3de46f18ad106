"""A schedule as readers are told it, in the language of their newsletter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim

from newsletter.core.words import Said, numbered, said
from newsletter.mail.languages import LANGUAGES, catalogue, enumerated, spoken

_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_WEEK, _LAST_DAY = 7, "L"
_NAMES = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}
RARELY = {"daily": said("once a day"), "weekly": said("once a week"), "monthly": said("once a month")}
_RUN = 3
"""So many days in a row are said by the first and the last of them."""


def schedule_in_words(schedule: str, language: str = "en") -> str:
    """`at 06:30 on Monday through Friday (Europe/Zurich)`, to go after "It comes".

    `schedule` is good cron text with a zone behind it, `30 6 * * 1-5 Europe/Zurich`, one of RARELY, or "" for
    none. Answers "" then, and for what only English has words for, such as every tenth minute.
    """
    if not schedule:
        return ""
    chosen = spoken(language)
    if schedule in RARELY:
        return _translated(RARELY[schedule], chosen)
    cron, _, zone = schedule.rpartition(" ")
    if chosen == LANGUAGES[0]:
        words = str(CronSim(cron, _ANY_MOMENT).explain())
        return f"{words[:1].lower()}{words[1:]} ({zone})"
    slots = _find_slots(cron)
    return _translated(_told(slots, _zone(zone, chosen), chosen), chosen) if slots else ""


@dataclass(frozen=True)
class _Slots:
    """`times` such as `06:30`; `days` of the week, Monday is 0; `month_day` of a month, `L` the last, or ""."""

    times: Sequence[str]
    days: Sequence[int]
    month_day: str


def _find_slots(cron: str) -> _Slots | None:
    minute, hours, month_day, month, week_days = cron.upper().split()
    days = _find_days(week_days)
    is_of_month = month_day.isdecimal() or month_day == _LAST_DAY
    if month != "*" or days is None or not minute.isdecimal() or not (is_of_month or month_day == "*"):
        return None
    if is_of_month and len(days) < _WEEK:
        return None
    if hours == "*":
        return _Slots((), days, "") if int(minute) == 0 and len(days) == _WEEK and not is_of_month else None
    if not all(hour.isdecimal() for hour in hours.split(",")):
        return None
    times = [f"{int(hour):02}:{int(minute):02}" for hour in sorted(hours.split(","), key=int)]
    return _Slots(times, days, month_day if is_of_month else "")


def _find_days(text: str) -> Sequence[int] | None:
    """Days of the week as Python counts them; None for what is written in another way than we write it."""
    if text == "*":
        return range(_WEEK)
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        ends = [_NAMES.get(each, int(each) if each.isdecimal() else -1) for each in (first, last or first)]
        if min(ends) < 0 or ends[0] > ends[1]:
            return None
        found |= {(number - 1) % _WEEK for number in range(ends[0], ends[1] + 1)}
    return sorted(found)


def _told(slots: _Slots, zone: str, language: str) -> Said:
    if not slots.times:
        return said("every hour")
    facts = {"times": enumerated(slots.times, language), "zone": zone}
    if slots.month_day == _LAST_DAY:
        return said("on the last day of each month at %(times)s (%(zone)s)", **facts)
    if slots.month_day:
        return said("on day %(day)s of each month at %(times)s (%(zone)s)", day=int(slots.month_day), **facts)
    if len(slots.days) == _WEEK:
        return said("every day at %(times)s (%(zone)s)", **facts)
    names, days = _names(language), slots.days
    if len(days) >= _RUN and days[-1] - days[0] == len(days) - 1:
        ends = {"first": names[days[0]], "last": names[days[-1]]}
        return said("from %(first)s to %(last)s at %(times)s (%(zone)s)", **ends, **facts)
    listed = enumerated([names[day] for day in days], language)
    return numbered(
        "on %(days)s at %(times)s (%(zone)s)",
        "on the days %(days)s at %(times)s (%(zone)s)",
        len(days),
        days=listed,
        **facts,
    )


def _translated(told: Said, language: str) -> str:
    words = catalogue(language)
    if told.many:
        return words.ngettext(told.sentence, told.many, told.values["num"]) % told.values
    return words.gettext(told.sentence) % told.values


def _names(language: str) -> Mapping[int, str]:
    from babel.dates import get_day_names  # noqa: PLC0415 - a worker that only sends needs no languages.

    return get_day_names("wide", locale=language)


def _zone(name: str, language: str) -> str:
    """What people call it; its name where it belongs to no place."""
    from babel.dates import get_timezone_name  # noqa: PLC0415

    if "/" not in name or name.startswith("Etc/"):
        return name
    return get_timezone_name(ZoneInfo(name), "long", locale=language)
