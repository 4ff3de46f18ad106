"""What an editor says of a digest: its rule, its times, one article, words for the next edition."""

from datetime import timedelta

import pytest
from time_machine import Traveller

from newsletter.articles.models import Source
from newsletter.core.clock import now
from newsletter.core.errors import InvalidInput, InvalidSchedule, NotFound
from newsletter.digests.models import Digest
from newsletter.digests.policy import Mark, MarkKind, Outcome, Section, Selection
from newsletter.digests.queries import digest as digest_of
from newsletter.digests.queries import marks, runs
from newsletter.digests.service import (
    mark,
    note,
    propose,
    reschedule,
    rule_by,
    run_due,
    slot_at,
    unmark,
    window_at,
)
from newsletter.editions.policy import LONGEST_NOTE
from newsletter.editions.queries import articles_of, editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from tests import make


def morning(house: House) -> tuple[Digest, Source]:
    of, source = make.newsletter(), make.source()
    make.subscription(of, house, "ann@example.org")
    return make.digest(of, [source]), source


def carried() -> list[list[str]]:
    """The titles of each edition, oldest edition first."""
    return [[article.title for article in articles_of(each.id)] for each in reversed(editions())]


def test_what_is_kept_back_waits_for_its_moment_although_the_window_has_moved_on(
    house: House, clock: Traveller
) -> None:
    digest, source = morning(house)
    late, other = make.article(source, "For Thursday", now()), make.article(source, "For today", now())
    slot = digest.next_due_at
    mark("morning", late.id, Mark(MarkKind.KEEP_BACK, slot + timedelta(days=1, minutes=1)))

    for _ in range(4):
        clock.move_to(slot)
        run_due(house)
        slot += timedelta(days=1)

    assert carried() == [[other.title], [late.title]]
    assert marks(digest.id) == {}
    assert [each.outcome for each in reversed(runs(digest.id))][1] == Outcome.NOTHING_NEW


def test_a_pinned_article_leads_and_a_dropped_one_never_comes(house: House, clock: Traveller) -> None:
    digest, source = morning(house)
    first, second, third = (
        make.article(source, title, now() - timedelta(minutes=minutes))
        for minutes, title in enumerate(("First", "Second", "Third"))
    )
    mark("morning", third.id, Mark(MarkKind.DROP))
    mark("morning", third.id, Mark(MarkKind.PIN))
    mark("morning", first.id, Mark(MarkKind.PIN))
    mark("morning", first.id, Mark(MarkKind.DROP))
    mark("morning", second.id, Mark(MarkKind.DROP))
    unmark("morning", second.id)
    clock.move_to(digest.next_due_at)

    run_due(house)

    assert carried() == [["Third", "Second"]]
    assert set(marks(digest.id)) == {first.id}


def test_sections_and_notes_stand_in_the_mail_and_notes_are_used_up(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    digest, source = morning(house)
    rule_by("morning", Selection(sections=(Section("Sport", topics=("Regatta",)),)))
    make.article(source, "The boats are back", now(), topics=["regatta"])
    make.article(source, "The council has met", now() - timedelta(hours=1))
    note("morning", "Good **morning**.")
    note("morning", "All of it from the *quay*.", "Sport")
    clock.move_to(digest.next_due_at)

    run_due(house)
    make.send_all(house)

    text = make.parsed(outbox[0]).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    places = [
        text.index(words) for words in ("Good **morning**.", "council", "SPORT", "the *quay*", "2. The boats")
    ]
    assert places == sorted(places)
    assert digest_of("morning").notes == {}


def test_looking_back_shows_what_the_slot_chose_then(house: House, clock: Traveller) -> None:
    digest, source = morning(house)
    make.article(source, "Monday's", now())
    monday = digest.next_due_at
    clock.move_to(monday)
    run_due(house)
    make.article(source, "Tuesday's", now())
    clock.move_to(monday + timedelta(days=1))
    run_due(house)
    clock.shift(timedelta(days=3))

    past = propose(digest_of("morning"), monday)

    assert [article.title for article in past.articles] == ["Monday's"]
    assert window_at(digest, now()).start == monday + timedelta(days=1)
    assert propose(digest_of("morning"), now()).choice.outcome is Outcome.NOTHING_NEW


def test_a_moment_is_typed_in_the_zone_of_the_digest(house: House) -> None:
    digest, _ = morning(house)
    reschedule("morning", "weekdays at 7", "Europe/Zurich")

    assert slot_at(digest, "2026-12-24T06:30").isoformat() == "2026-12-24T05:30:00+00:00"
    assert slot_at(digest, "2026-12-24T06:30+00:00").isoformat() == "2026-12-24T06:30:00+00:00"
    with pytest.raises(InvalidInput, match="2026-12-24T06:30"):
        slot_at(digest, "tomorrow")


def test_another_schedule_counts_from_now_and_stands_on_the_newsletters_page(house: House) -> None:
    morning(house)

    moved = reschedule("morning", "mondays and thursdays at 07:15", "Europe/Zurich")

    assert (moved.cron, moved.timezone) == ("15 7 * * 1,4", "Europe/Zurich")
    assert moved.next_due_at > now()
    for words, zone in (("someday", None), ("daily at 7", "Mars/Olympus")):
        with pytest.raises(InvalidSchedule):
            reschedule("morning", words, zone)
    assert digest_of("morning").cron == "15 7 * * 1,4"


def test_what_cannot_be_said_is_refused_with_the_reason(house: House) -> None:
    _, source = morning(house)
    strange, own = make.article(make.source()), make.article(source)

    with pytest.raises(InvalidInput, match="does not read"):
        mark("morning", strange.id, Mark(MarkKind.PIN))
    with pytest.raises(NotFound):
        mark("morning", 10**9, Mark(MarkKind.PIN))
    for moment in (None, now(), now() + timedelta(days=400)):
        with pytest.raises(InvalidInput, match="still to come"):
            mark("morning", own.id, Mark(MarkKind.KEEP_BACK, moment))
    with pytest.raises(InvalidInput, match="has no section 'Sport'; it has none"):
        note("morning", "Words", "Sport")
    with pytest.raises(InvalidInput, match="characters"):
        note("morning", "x" * (LONGEST_NOTE + 1))
    with pytest.raises(InvalidInput, match="does not read"):
        rule_by("morning", Selection(sections=(Section("Wires", sources=(strange.source_id,)),)))
