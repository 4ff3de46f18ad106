"""When a digest is due, in words and in cron text, through the changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from newsletter.core.errors import InvalidSchedule
from newsletter.digests.policy import GRACE, cron_of, in_words, is_too_late, next_due, next_slots

YEARS = 2
ZONES = ("Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo")
TIMES = ("06:30", "00:00", "00:30", "01:45", "02:00", "02:30", "03:00", "23:59")
BEGINNINGS = (2010, 2017, 2026)
"""Apia skipped a day in 2011, São Paulo's midnights were skipped until 2018."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_cron_times_are_wall_times_of_the_zone() -> None:
    assert next_due("30 6 * * *", "Europe/Zurich", utc("2026-11-23T09:00")) == utc("2026-11-24T05:30")
    assert next_due("30 6 * * *", "Europe/Zurich", utc("2026-07-01T09:00")) == utc("2026-07-02T04:30")


def test_an_hour_that_the_clock_change_repeats_runs_once() -> None:
    first = next_due("30 2 * * *", "Europe/Zurich", utc("2026-10-24T12:00"))
    second = next_due("30 2 * * *", "Europe/Zurich", first)

    assert second - first >= timedelta(hours=24)


@pytest.mark.parametrize("cron", ["30 2 * * *", "0,30 2 * * *"])
def test_what_is_asked_in_the_second_of_two_hours_has_had_its_slot_in_the_first(cron: str) -> None:
    following = next_due(cron, "Europe/Zurich", utc("2026-10-25T01:10"))

    assert following.date() == date(2026, 10, 26)


def test_an_hour_that_the_clock_change_skips_runs_right_after() -> None:
    assert next_due("30 2 * * *", "Europe/Zurich", utc("2026-03-28T12:00")) == utc("2026-03-29T01:00")


def test_a_schedule_reads_as_words() -> None:
    assert in_words("30 6 * * 1-5", "Europe/Zurich") == "at 06:30 on Monday through Friday (Europe/Zurich)"


@pytest.mark.parametrize(
    "cron", ["", "every day", "at noon", "61 6 * * *", "0 0 31 2 *", "* * * * * *", "30 6 * *"]
)
def test_a_wrong_schedule_is_told_with_an_example(cron: str) -> None:
    with pytest.raises(InvalidSchedule, match=r"is no schedule|is no time of day|is no day"):
        next_due(cron, "UTC", utc("2026-11-23T09:00"))


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "CET+1"])
def test_a_wrong_zone_is_told_with_an_example(zone: str) -> None:
    with pytest.raises(InvalidSchedule, match="Europe/Zurich"):
        next_due("0 6 * * *", zone, utc("2026-11-23T09:00"))


def test_two_hours_late_is_the_latest() -> None:
    due = utc("2026-11-23T06:30")

    assert not is_too_late(due, due + GRACE)
    assert is_too_late(due, due + GRACE + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("words", "cron"),
    [
        ("weekdays at 06:30", "30 6 * * 1-5"),
        ("Every weekday at 6:30", "30 6 * * 1-5"),
        ("daily at 7", "0 7 * * *"),
        ("every day at 7 and 17", "0 7,17 * * *"),
        ("every day at 7 am, noon and 6 pm", "0 7,12,18 * * *"),
        ("mondays and thursdays at 07:15", "15 7 * * 1,4"),
        ("Monday, Wednesday, and Friday at 12 am", "0 0 * * 1,3,5"),
        ("on sundays at midnight", "0 0 * * 0"),
        ("weekends at 9", "0 9 * * 0,6"),
        ("the 1st of the month at 08:00", "0 8 1 * *"),
        ("monthly on the 15th at 12 pm", "0 12 15 * *"),
        ("last day of the month at 18:00", "0 18 L * *"),
        ("hourly", "0 * * * *"),
        ("  30 6 * * 1-5 ", "30 6 * * 1-5"),
    ],
)
def test_plain_words_become_cron_text(words: str, cron: str) -> None:
    assert cron_of(words) == cron
    assert next_due(cron, "Europe/Zurich", utc("2026-11-23T09:00")) > utc("2026-11-23T09:00")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("someday at 7", "'someday' is no day"),
        ("weekdays at 25", "'25' is no time of day"),
        ("weekdays at 13 pm", "'13 pm' is no time of day"),
        ("weekdays at 7:60", "'7:60' is no time of day"),
        ("weekdays at 07:30 and 17:00", "the same minutes"),
        ("mondays at", "is no schedule"),
        ("the 32nd of the month at 7", "is no schedule"),
    ],
)
def test_words_that_make_no_schedule_say_what_is_wrong(words: str, says: str) -> None:
    with pytest.raises(InvalidSchedule, match=says):
        next_due(cron_of(words), "UTC", utc("2026-11-23T09:00"))


def test_the_next_ten_are_wall_times_of_the_zone() -> None:
    slots = next_slots(cron_of("weekdays at 06:30"), "Europe/Zurich", utc("2026-11-27T09:00"))

    assert len(slots) == 10
    assert f"{slots[0]:%a %Y-%m-%d %H:%M %Z}" == "Mon 2026-11-30 06:30 CET"
    assert {f"{slot:%H:%M}" for slot in slots} == {"06:30"}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", BEGINNINGS)
def test_over_two_years_each_local_day_that_there_is_has_one_slot(zone: str, year: int) -> None:
    there_is = days_of(zone, year)
    for time in TIMES:
        hour, minute = map(int, time.split(":"))
        cron = f"{minute} {hour} * * *"
        slot = datetime(year, 1, 1, tzinfo=ZoneInfo(zone)) - timedelta(seconds=1)
        slots: list[datetime] = []
        while len(slots) < len(there_is):
            slot = next_due(cron, zone, slot)
            slots.append(slot)

        local = [each.astimezone(ZoneInfo(zone)) for each in slots]
        assert [each.date() for each in local] == there_is
        assert all(earlier < later for earlier, later in pairwise(slots))
        # At its time, or where the clock skipped that, at the first moment after.
        late = [each for each in local if (each.hour, each.minute) != (hour, minute)]
        assert all(is_first_after_a_gap(each) for each in late)


def days_of(zone: str, year: int) -> list[date]:
    """The local dates that there are: a zone that changes sides of the date line skips one."""
    moment = datetime(year, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    days = [
        (moment + timedelta(hours=hours)).astimezone(ZoneInfo(zone)).date() for hours in range(YEARS * 365 * 24)
    ]
    return list(dict.fromkeys(days))


def is_first_after_a_gap(moment: datetime) -> bool:
    before = (moment.astimezone(UTC) - timedelta(minutes=1)).astimezone(moment.tzinfo)
    return moment.utcoffset() != before.utcoffset()
