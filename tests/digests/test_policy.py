"""When a digest is due and what it takes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.errors import InvalidSchedule
from newsletter.digests.policy import GRACE, Outcome, choose, in_words, is_too_late, next_due


@dataclass(frozen=True)
class Piece:
    id: int


def pieces(how_many: int) -> list[Piece]:
    return [Piece(number) for number in range(1, how_many + 1)]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_new_articles_are_taken_in_order_up_to_the_most() -> None:
    choice = choose(pieces(5), carried=set(), least=1, most=3)

    assert choice.outcome is Outcome.EDITION
    assert choice.article_ids == [1, 2, 3]


def test_what_an_edition_has_carried_is_left_out() -> None:
    assert choose(pieces(3), carried={1, 3}, least=1, most=10).article_ids == [2]


def test_nothing_new_is_no_edition_and_says_so() -> None:
    for candidates, carried in ((pieces(0), set()), (pieces(2), {1, 2})):
        choice = choose(candidates, carried, least=1, most=10)
        assert (choice.outcome, choice.article_ids) == (Outcome.NOTHING_NEW, [])
        assert "nothing new" in choice.reason


def test_too_few_wait_for_the_next_slot() -> None:
    choice = choose(pieces(2), carried=set(), least=3, most=10)

    assert (choice.outcome, choice.article_ids) == (Outcome.TOO_FEW, [])
    assert "the least is 3" in choice.reason


@given(
    count=st.integers(0, 40),
    carried=st.sets(st.integers(1, 40)),
    least=st.integers(1, 20),
    more=st.integers(0, 20),
)
def test_every_candidate_has_one_reason_and_the_bounds_hold(
    count: int, carried: set[int], least: int, more: int
) -> None:
    choice = choose(pieces(count), carried, least, least + more)

    assert [decision.article_id for decision in choice.decisions] == [piece.id for piece in pieces(count)]
    assert all(decision.reason for decision in choice.decisions)
    assert not set(choice.article_ids) & carried
    assert len(choice.article_ids) == 0 or least <= len(choice.article_ids) <= least + more


def test_cron_times_are_wall_times_of_the_zone() -> None:
    assert next_due("30 6 * * *", "Europe/Zurich", utc("2026-11-23T09:00")) == utc("2026-11-24T05:30")
    assert next_due("30 6 * * *", "Europe/Zurich", utc("2026-07-01T09:00")) == utc("2026-07-02T04:30")


def test_an_hour_that_the_clock_change_repeats_runs_once() -> None:
    first = next_due("30 2 * * *", "Europe/Zurich", utc("2026-10-24T12:00"))
    second = next_due("30 2 * * *", "Europe/Zurich", first)

    assert second - first >= timedelta(hours=24)


def test_an_hour_that_the_clock_change_skips_runs_right_after() -> None:
    assert next_due("30 2 * * *", "Europe/Zurich", utc("2026-03-28T12:00")) == utc("2026-03-29T01:00")


def test_a_schedule_reads_as_words() -> None:
    assert in_words("30 6 * * 1-5", "Europe/Zurich") == "at 06:30 on Monday through Friday (Europe/Zurich)"


@pytest.mark.parametrize("cron", ["", "every day", "61 6 * * *", "0 0 31 2 *", "* * * * * *", "30 6 * *"])
def test_a_wrong_schedule_is_told_with_an_example(cron: str) -> None:
    with pytest.raises(InvalidSchedule, match=r"expected cron text such as"):
        next_due(cron, "UTC", utc("2026-11-23T09:00"))


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "CET+1"])
def test_a_wrong_zone_is_told_with_an_example(zone: str) -> None:
    with pytest.raises(InvalidSchedule, match="Europe/Zurich"):
        next_due("0 6 * * *", zone, utc("2026-11-23T09:00"))


def test_two_hours_late_is_the_latest() -> None:
    due = utc("2026-11-23T06:30")

    assert not is_too_late(due, due + GRACE)
    assert is_too_late(due, due + GRACE + timedelta(seconds=1))
