"""An edition at a reader's own hour: one on each local day, through the changes of both clocks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from newsletter.digests.policy import next_due
from newsletter.subscriptions.policy.hours import due_at

ZONES = (
    *("Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo"),
    *("Asia/Kathmandu", "Europe/Dublin", "Africa/Casablanca"),
)
HOURS = (0, 1, 2, 3, 6, 7, 12, 23)
DAYS = 2 * 365


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("of_slot", ZONES[:5])
@pytest.mark.parametrize("of_reader", ZONES)
def test_over_two_years_each_edition_comes_once_on_a_local_day_of_its_own(of_slot: str, of_reader: str) -> None:
    slots, slot = [], utc("2025-01-01T00:00")
    for _ in range(DAYS):
        slot = next_due("30 6 * * *", of_slot, slot)
        slots.append(slot)
    zone = ZoneInfo(of_reader)
    for hour in HOURS:
        local = [due_at(each, ZoneInfo(of_slot), hour, zone).astimezone(zone) for each in slots]

        assert all(one.date() < other.date() for one, other in pairwise(local))
        # At the hour; or where the clock skipped it, or only one of the two has changed, at most an hour later.
        assert {each.hour for each in local} <= {hour, hour + 1}
        assert sum(each.hour == hour and not each.minute for each in local) > DAYS * 0.8
        assert all(timedelta(0) <= at - each < timedelta(hours=26) for each, at in zip(slots, local, strict=True))


def test_the_reader_waits_from_the_slot_to_the_hour() -> None:
    zurich, york = ZoneInfo("Europe/Zurich"), ZoneInfo("America/New_York")

    assert due_at(utc("2026-11-23T05:30"), zurich, 7, zurich) == utc("2026-11-23T06:00")
    assert due_at(utc("2026-11-23T05:30"), zurich, 7, york) == utc("2026-11-23T12:00")
    assert due_at(utc("2026-11-23T05:30"), zurich, 5, zurich) == utc("2026-11-24T04:00")


def test_an_hour_that_the_clock_skips_is_the_first_moment_after_and_one_it_repeats_the_first_of_two() -> None:
    zurich, howe = ZoneInfo("Europe/Zurich"), ZoneInfo("Australia/Lord_Howe")

    assert due_at(utc("2026-03-28T20:00"), zurich, 2, zurich) == utc("2026-03-29T01:00")
    assert due_at(utc("2026-10-24T20:00"), zurich, 2, zurich) == utc("2026-10-25T00:00")
    # Half an hour is skipped: 02:00 is 02:30 there.
    assert due_at(utc("2026-10-03T12:00"), howe, 2, howe).astimezone(howe).strftime("%H:%M") == "02:30"


def test_an_hour_of_a_day_that_a_zone_left_out_is_the_first_moment_after() -> None:
    apia = ZoneInfo("Pacific/Apia")
    thursday_evening = datetime(2011, 12, 29, 20, tzinfo=apia)

    assert due_at(thursday_evening.astimezone(UTC), apia, 7, apia) == datetime(2011, 12, 31, tzinfo=apia)
