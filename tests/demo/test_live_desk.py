"""The live desk: something new each interval, for ever."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.demo.content import read_paper
from newsletter.demo.live import INTERVAL, LiveDesk

STARTED = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
PER_HOUR = int(timedelta(hours=1) / INTERVAL)


@pytest.fixture(scope="module")
def desk() -> LiveDesk:
    return LiveDesk(read_paper(STARTED), STARTED)


def test_each_interval_brings_one_new_note(desk: LiveDesk) -> None:
    for passed in range(50):
        notes = desk.latest(STARTED + passed * INTERVAL, limit=1000)

        assert len(notes) == passed + 1


def test_notes_come_newest_first_and_not_from_the_future(desk: LiveDesk) -> None:
    moment = STARTED + timedelta(minutes=7)

    times = [note.published_at for note in desk.latest(moment, limit=10)]

    assert times == sorted(times, reverse=True)
    assert moment - INTERVAL < times[0] <= moment


def test_before_the_start_there_is_nothing(desk: LiveDesk) -> None:
    assert desk.latest(STARTED - timedelta(seconds=1), limit=10) == []


def test_a_link_never_comes_twice(desk: LiveDesk) -> None:
    slugs = [desk.note(number).slug for number in range(3000)]

    assert len(set(slugs)) == len(slugs)


def test_a_headline_does_not_come_back_within_nine_hours(desk: LiveDesk) -> None:
    last_seen: dict[str, int] = {}
    for number in range(24 * PER_HOUR):
        headline = desk.note(number).headline
        assert number - last_seen.get(headline, -9 * PER_HOUR) >= 9 * PER_HOUR, headline
        last_seen[headline] = number


def test_no_slot_is_left_open(desk: LiveDesk) -> None:
    for number in range(500):
        note = desk.note(number)
        for text in (note.headline, note.summary, *note.paragraphs):
            assert "{" not in text
            assert text == text.strip()
            assert not text[0].islower(), text


def test_a_note_is_the_same_each_time_it_is_read(desk: LiveDesk) -> None:
    assert LiveDesk(desk.paper, STARTED).note(123) == desk.note(123)


def test_a_note_is_found_by_its_slug_once_its_time_has_come(desk: LiveDesk) -> None:
    note = desk.note(9)

    assert desk.find(note.slug, note.published_at) == note
    assert desk.find(note.slug, note.published_at - timedelta(seconds=1)) is None


@pytest.mark.parametrize("slug", ["live-9-something-else", "live--1-x", "live-99999999999999999999-x", "live-"])
def test_a_made_up_slug_finds_nothing(desk: LiveDesk, slug: str) -> None:
    assert desk.find(slug, STARTED + timedelta(days=1)) is None
