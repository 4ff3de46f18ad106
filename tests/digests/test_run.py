"""From new articles to an edition, once per slot."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from time_machine import Traveller

from newsletter.articles.models import Source
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import Conflict, InvalidInput, InvalidSchedule, NotFound
from newsletter.digests.models import Digest
from newsletter.digests.policy import Outcome
from newsletter.digests.queries import runs
from newsletter.digests.service import Rule, add_digest, propose, run, run_due
from newsletter.editions import service as drafting
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import articles_of, editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from tests import make


def daily(house: House, least: int = 1) -> tuple[Digest, Source]:
    """A digest at 06:30 UTC with one subscriber, and its source."""
    of, source = make.newsletter(), make.source()
    make.subscription(of, house, "ann@example.org")
    return make.digest(of, [source], least=least), source


def test_new_articles_become_an_edition_that_is_sent(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    digest, source = daily(house)
    old, new = make.article(source, "Older", now() - timedelta(hours=2)), make.article(source, "Newer", now())
    clock.move_to(digest.next_due_at)

    run_due(house)
    make.send_all(house)

    [edition] = editions()
    assert [article.id for article in articles_of(edition.id)] == [new.id, old.id]
    assert make.parsed(outbox[0])["Subject"] == "Newer, and 1 more"


def test_a_second_tick_for_the_same_slot_does_nothing(house: House, clock: Traveller) -> None:
    digest, source = daily(house)
    make.article(source)
    clock.move_to(digest.next_due_at)
    run_due(house)

    run_due(house)
    with pytest.raises(Conflict, match="has been run"):
        run(digest.id, now(), house)

    assert db.session.scalar(select(func.count()).select_from(Edition)) == 1


def test_nothing_new_means_no_edition_and_the_reason_is_recorded(house: House, clock: Traveller) -> None:
    digest, _ = daily(house)
    clock.move_to(digest.next_due_at)

    run_due(house)

    [ran] = runs(digest.id)
    assert (ran.outcome, ran.edition_id) == (Outcome.NOTHING_NEW, None)
    assert ran.reason == "nothing new since the last edition"
    assert editions() == []


def test_too_few_articles_wait_and_come_in_the_next_edition(house: House, clock: Traveller) -> None:
    digest, source = daily(house, least=2)
    make.article(source, "First", now())
    clock.move_to(digest.next_due_at)
    run_due(house)
    assert editions() == []

    make.article(source, "Second", now())
    clock.shift(timedelta(days=1))
    run_due(house)

    [edition] = editions()
    assert [article.title for article in articles_of(edition.id)] == ["Second", "First"]


def test_no_article_goes_twice_and_none_falls_between_two_windows(house: House, clock: Traveller) -> None:
    digest, source = daily(house)
    made = []
    clock.move_to(digest.next_due_at)
    for _ in range(4):
        # One just before the slot, one exactly at it: that one belongs to the next window.
        made += [make.article(source, at=now() - timedelta(seconds=1)).id, make.article(source, at=now()).id]
        run_due(house)
        clock.shift(timedelta(days=1))
    run_due(house)

    sent = [article.id for edition in editions() for article in articles_of(edition.id)]
    assert sorted(sent) == sorted(made)


def test_an_article_of_the_future_waits_for_its_time(house: House, clock: Traveller) -> None:
    digest, source = daily(house)
    make.article(source, at=digest.next_due_at + timedelta(hours=1))
    clock.move_to(digest.next_due_at)
    run_due(house)
    assert editions() == []

    clock.shift(timedelta(days=1))
    run_due(house)
    assert len(editions()) == 1


def test_after_a_long_sleep_only_the_last_slot_runs(house: House, clock: Traveller) -> None:
    digest, source = daily(house)
    make.article(source)
    clock.move_to(digest.next_due_at + timedelta(days=3, minutes=30))

    run_due(house)

    assert [ran.outcome for ran in runs(digest.id)] == [Outcome.EDITION]
    assert digest.next_due_at > now()


def test_a_slot_that_is_more_than_two_hours_late_is_missed_and_its_edition_is_held(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    digest, source = daily(house)
    make.article(source, "In time")
    slot = digest.next_due_at
    make.article(source, "Meanwhile", slot + timedelta(hours=1))
    clock.move_to(slot + timedelta(hours=2, seconds=1))
    for _ in range(2):
        run_due(house)
        drafting.send_due(house)
    make.send_all(house)

    [ran] = runs(digest.id)
    [held] = editions()
    assert (ran.outcome, ran.edition_id, outbox) == (Outcome.MISSED, held.id, [])
    assert (held.status, [each.title for each in articles_of(held.id)]) == (EditionStatus.HELD, ["In time"])
    assert "nothing was running at" in held.problem
    assert f"edition {held.id} is held" in ran.reason

    drafting.approve(held.id, house)
    drafting.send_due(house)
    make.send_all(house)
    assert [make.parsed(each)["Subject"] for each in outbox] == ["In time"]


def test_the_articles_of_a_slot_that_was_missed_come_with_the_next_once_its_edition_is_recalled(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    digest, source = daily(house)
    make.article(source, "In time")
    clock.move_to(digest.next_due_at + timedelta(hours=3))
    run_due(house)
    drafting.recall(editions()[0].id)
    clock.shift(timedelta(hours=21))
    run_due(house)
    make.send_all(house)

    assert [make.parsed(each)["Subject"] for each in outbox] == ["In time"]


def test_a_slot_that_was_missed_and_had_nothing_new_has_no_edition(house: House, clock: Traveller) -> None:
    digest, source = daily(house)
    clock.move_to(digest.next_due_at + timedelta(hours=2, seconds=1))
    run_due(house)

    [ran] = runs(digest.id)
    assert (ran.outcome, ran.edition_id, editions()) == (Outcome.MISSED, None, [])
    make.article(source)

    clock.shift(timedelta(hours=22))
    run_due(house)
    assert len(editions()) == 1


def test_a_failure_after_the_draft_leaves_nothing_behind(house: House, clock: Traveller) -> None:
    digest, source = daily(house)
    make.article(source)
    clock.move_to(digest.next_due_at)
    due = digest.next_due_at

    with make.failing("INSERT INTO deliveries"), pytest.raises(OperationalError, match="the disk is full"):
        run_due(house)

    db.session.expire_all()
    assert (editions(), runs(digest.id), digest.next_due_at) == ([], [], due)


def test_an_edition_that_cannot_be_made_is_held_with_the_reason(house: House, clock: Traveller) -> None:
    digest, source = daily(house)
    make.article(source, url="javascript:alert(1)")
    clock.move_to(digest.next_due_at)

    run_due(house)

    [held] = editions()
    assert held.status == EditionStatus.HELD
    assert "no web address" in held.problem
    assert "Drop the article that has it." in held.problem


def test_a_proposal_changes_nothing(house: House) -> None:
    digest, source = daily(house)
    make.article(source)
    before = digest.drafts_at

    first, second = propose(digest, now()), propose(digest, now())

    assert first.choice == second.choice
    assert len(first.articles) == 1
    assert (editions(), runs(digest.id), digest.drafts_at) == ([], [], before)


def test_an_edition_is_unique_for_its_newsletter_and_slot(house: House) -> None:
    _, source = daily(house)
    of, piece = make.newsletter("evening"), make.article(source)
    window = drafting.Window(now(), now())
    drafting.draft(of.id, window, [piece])

    with pytest.raises(Conflict, match="already"):
        drafting.draft(of.id, window, [piece])


def test_the_public_page_says_when_it_comes(house: House) -> None:
    digest, _ = daily(house)

    assert db.session.get_one(Newsletter, digest.newsletter_id).schedule == "30 6 * * * UTC"


@pytest.mark.parametrize(
    ("slug", "rule", "error"),
    [
        ("Not A Slug", Rule("0 6 * * *"), InvalidInput),
        ("morning", Rule("nonsense"), InvalidSchedule),
        ("morning", Rule("0 6 * * *", timezone="Nowhere"), InvalidSchedule),
    ],
)
def test_a_wrong_rule_is_refused(house: House, slug: str, rule: Rule, error: type[Exception]) -> None:
    make.newsletter()

    with pytest.raises(error):
        add_digest(slug, "courier", rule, [make.source().id])


def test_a_digest_needs_a_newsletter_and_a_source(house: House) -> None:
    with pytest.raises(NotFound):
        add_digest("morning", "nowhere", Rule("0 6 * * *"), [make.source().id])
    make.newsletter()
    with pytest.raises(InvalidInput, match="source"):
        add_digest("morning", "courier", Rule("0 6 * * *"), [])
