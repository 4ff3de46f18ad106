"""Which slots are those of a day, a week or a month."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from newsletter.core.errors import InvalidInput
from newsletter.digests.policy import Rhythm, cron_of, riders
from newsletter.digests.service import companies, pace
from newsletter.mail.house import House
from newsletter.subscriptions.policy import Cadence
from tests import make
from tests.digests.test_schedules import ZONES, utc

WEEKLY, MONTHLY = Cadence.WEEKLY, Cadence.MONTHLY
SATURDAY = 6


def rhythm(words: str, weekly_on: int = 1, monthly_on: int = 1, zone: str = "Europe/Zurich") -> Rhythm:
    return Rhythm(cron_of(words), zone, weekly_on, monthly_on)


@pytest.mark.parametrize(
    ("words", "ride"),
    [
        ("every day at 7 and 17", ()),
        ("weekdays at 06:30", ("daily",)),
        ("mondays and thursdays at 7", ("daily",)),
        ("mondays at 7", ("daily", "weekly")),
        ("the 1st of the month at 7", ("daily", "weekly", "monthly")),
    ],
)
def test_who_wants_it_no_less_often_than_it_comes_shares_each_edition(words: str, ride: tuple[str, ...]) -> None:
    assert riders(rhythm(words)) == ride


def test_a_day_without_a_slot_passes_its_week_on_to_the_next_slot() -> None:
    weekdays = rhythm("weekdays at 06:30", SATURDAY)

    assert weekdays.next_of(WEEKLY, utc("2026-11-24T09:00")) == utc("2026-11-30T05:30")
    assert weekdays.next_of(MONTHLY, utc("2027-04-24T09:00")) == utc("2027-05-03T04:30")
    assert rhythm("weekdays at 06:30", 1, 15).next_of(MONTHLY, utc("2026-11-24T09:00")) == utc("2026-12-15T05:30")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("time", ["00:00", "02:30", "23:59"])
def test_over_two_years_each_week_and_month_has_one_slot(zone: str, time: str) -> None:
    daily, slot = rhythm(f"daily at {time}", SATURDAY, 28, zone), datetime(2026, 1, 1, 12, tzinfo=UTC)
    weeks: list[date] = []
    months: list[date] = []
    while len(weeks) < 104:
        slot = daily.next_of(WEEKLY, slot)
        weeks.append(slot.astimezone(ZoneInfo(zone)).date())
    slot = datetime(2026, 1, 1, 12, tzinfo=UTC)
    while len(months) < 24:
        slot = daily.next_of(MONTHLY, slot)
        months.append(slot.astimezone(ZoneInfo(zone)).date())

    assert {day.isoweekday() for day in weeks} == {SATURDAY}
    assert {later - earlier for earlier, later in pairwise(weeks)} == {timedelta(days=7)}
    assert months == [date(2026 + number // 12, number % 12 + 1, 28) for number in range(24)]


def test_explaining_tells_who_gets_it_when(house: House) -> None:
    of = make.newsletter(timezone="Europe/Zurich")
    digest = make.digest(of, [make.source()])
    for _ in range(2):
        make.subscription(of, house)
    weekly, york = make.subscription(of, house), make.subscription(of, house)
    make.wish(weekly, "weekly", ["sport"])
    make.hour(york, None, "America/New_York")
    pace("morning", SATURDAY, 1, 7)

    told = [
        (each.readers, each.following, each.cadence, f"{each.due_at:%a %H:%M}")
        for each in companies(digest, utc("2026-11-23T09:00"))
    ]

    assert told == [(2, 0, "each", "Tue 06:30"), (1, 0, "each", "Tue 13:00"), (1, 1, "weekly", "Sat 06:30")]


@pytest.mark.parametrize(("weekday", "month_day", "hour"), [(7, 1, None), (0, 29, None), (0, 0, None), (0, 1, 24)])
def test_what_is_no_day_and_no_hour_is_refused(weekday: int, month_day: int, hour: int | None) -> None:
    with pytest.raises(InvalidInput, match=r"Expected a day|is no hour"):
        pace("morning", weekday, month_day, hour)
