"""The watchdog: what is late, empty, short, smaller or stands still is told once, and that it is over."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from time_machine import Traveller

from newsletter.articles.models import Article, Source
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.digests.models import Digest
from newsletter.digests.policy import Approval
from newsletter.digests.policy.watching import Smaller, Watch
from newsletter.digests.service import release, run_due, watch, watch_by
from newsletter.editions import service as editions
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import edition as edition_of
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.policy import SubscriptionStatus
from tests import make

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DESK = "desk@example.org"


@pytest.fixture
def watched(house: House, outbox: list[Envelope], clock: Traveller) -> House:
    """An installation whose operator has an address: a digest `morning` with ten readers, at its first slot."""
    of = make.newsletter(timezone="Europe/Oslo")
    make.subscriptions(of, house, 10)
    make.digest(of, [make.source()])
    clock.move_to(digest().next_due_at)
    return replace(house, settings=replace(house.settings, operator=DESK))


def digest() -> Digest:
    found = db.session.scalars(select(Digest).execution_options(populate_existing=True)).one()
    db.session.commit()
    return found


def news() -> Article:
    return make.article(db.session.scalars(select(Source)).first() or make.source(), at=now() - MINUTE)


def told(house: House, outbox: list[Envelope]) -> list[str]:
    """Subjects of what the operator has got, after one more look."""
    watch(house)
    make.send_all(house)
    return [str(make.parsed(mail)["Subject"]) for mail in outbox if mail.recipient == DESK]


def slot(house: House, clock: Traveller) -> None:
    """A new article, and the next slot runs."""
    clock.move_to(digest().next_due_at)
    news()
    run_due(house)
    make.send_all(house)
    editions.follow_mailings()


def lose(how_many: int) -> None:
    with transaction():
        ids = db.session.scalars(
            select(Subscription.id).where(Subscription.status == SubscriptionStatus.CONFIRMED).limit(how_many)
        ).all()
        db.session.execute(
            update(Subscription)
            .where(Subscription.id.in_(ids))
            .values(status=SubscriptionStatus.UNSUBSCRIBED)
            .execution_options(synchronize_session=False)
        )


def test_a_slot_that_was_not_run_is_late_and_told_once_until_it_has(
    watched: House, outbox: list[Envelope], clock: Traveller
) -> None:
    news()
    clock.shift(9 * MINUTE)
    assert told(watched, outbox) == []
    clock.shift(MINUTE)
    begun, over = "An edition is late: morning", "No longer late: morning"
    for _ in range(3):
        assert told(watched, outbox) == [begun]
        clock.shift(20 * MINUTE)
    text = " ".join(make.text_of(outbox[0]).split())
    assert "The slot of 2026-11-24 05:30 UTC has not been run." in text
    assert "First seen on Tuesday 24 November 2026 at 06:40 CET" in text
    assert "newsletter digest explain morning" in text

    run_due(watched)
    assert told(watched, outbox) == [begun, over]
    assert told(watched, outbox) == [begun, over]


def test_a_slot_that_was_slept_through_is_late_until_the_next_one_has_left(
    watched: House, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(timedelta(hours=4))
    run_due(watched)
    assert told(watched, outbox) == ["An edition is late: morning"]
    assert "nothing was running at 2026-11-24 05:30 UTC" in " ".join(make.text_of(outbox[0]).split())

    slot(watched, clock)
    assert told(watched, outbox)[1:] == ["No longer late: morning"]


@pytest.mark.parametrize("settle", [lambda house: editions.approve(1, house), lambda _house: editions.recall(1)])
def test_a_held_edition_of_a_slot_that_was_slept_through_is_late_until_it_is_approved_or_recalled(
    watched: House, outbox: list[Envelope], clock: Traveller, settle: Callable[[House], object]
) -> None:
    news()
    clock.shift(timedelta(hours=4))
    run_due(watched)
    begun = "An edition is late: morning"
    assert begun in told(watched, outbox)
    letter = next(mail for mail in outbox if make.parsed(mail)["Subject"] == begun)
    assert "edition 1 is held: approve it, or recall it" in " ".join(make.text_of(letter).split())

    settle(watched)
    editions.send_due(watched)
    assert told(watched, outbox)[-1] == "No longer late: morning"


def test_an_edition_that_still_waits_for_approval_at_its_slot_is_late(
    watched: House, outbox: list[Envelope], clock: Traveller
) -> None:
    release("morning", 30, Approval.NEEDED)
    slot(watched, clock)
    clock.shift(9 * MINUTE)
    assert "An edition is late: morning" not in told(watched, outbox)
    clock.shift(MINUTE)

    assert "An edition is late: morning" in told(watched, outbox)
    assert "has not left: it waits for approval" in " ".join(make.text_of(outbox[-1]).split())
    editions.approve(1, watched)
    editions.send_due(watched)
    assert told(watched, outbox)[-1] == "No longer late: morning"


def test_a_slot_without_an_edition_is_told_with_the_reason(
    watched: House, outbox: list[Envelope], clock: Traveller
) -> None:
    run_due(watched)
    assert told(watched, outbox) == ["An edition is empty or short: morning"]
    assert "brought no edition: nothing new since the last edition." in " ".join(make.text_of(outbox[0]).split())

    clock.move_to(digest().next_due_at)
    run_due(watched)
    assert len(told(watched, outbox)) == 1
    slot(watched, clock)
    assert told(watched, outbox)[1:] == ["There is an edition again: morning"]


def test_a_draft_with_fewer_articles_than_the_least_of_its_rule_is_short(
    watched: House, outbox: list[Envelope], clock: Traveller
) -> None:
    release("morning", 30, Approval.NEEDED)
    with transaction():
        db.session.execute(update(Digest).values(selection={"least": 2}))
    clock.move_to(digest().next_due_at - 30 * MINUTE)
    first, _ = news(), news()
    run_due(watched)
    assert "An edition is empty or short: morning" not in told(watched, outbox)
    editions.arrange(1, [first.id])

    assert told(watched, outbox)[-1] == "An edition is empty or short: morning"
    assert "carries 1 articles, and the least of its rule is 2" in " ".join(make.text_of(outbox[-1]).split())


@pytest.mark.parametrize(("lost", "is_told"), [(2, False), (3, True)])
def test_an_edition_smaller_than_the_last_by_the_share_is_told(
    watched: House, outbox: list[Envelope], clock: Traveller, lost: int, *, is_told: bool
) -> None:
    slot(watched, clock)
    lose(lost)
    slot(watched, clock)

    begun = "An edition has fewer readers: morning"
    assert told(watched, outbox) == [begun] * is_told
    if is_told:
        text = " ".join(make.text_of(outbox[-1]).split())
        assert "Edition 2 has 7 readers, the one before it had 10. It is on its way." in text
        slot(watched, clock)
        assert told(watched, outbox) == [begun, "As many readers as before: morning"]


def test_a_draft_is_counted_before_it_leaves(watched: House, outbox: list[Envelope], clock: Traveller) -> None:
    slot(watched, clock)
    release("morning", 30, Approval.NOT_NEEDED)
    clock.move_to(digest().next_due_at - 30 * MINUTE)
    news()
    run_due(watched)
    lose(5)

    assert told(watched, outbox)[-1] == "An edition has fewer readers: morning"
    assert "It has not left yet." in " ".join(make.text_of(outbox[-1]).split())


@pytest.mark.parametrize("lead", [0, 30])
def test_a_smaller_edition_is_held_if_the_digest_says_so_and_leaves_once_it_is_approved(
    watched: House, outbox: list[Envelope], clock: Traveller, lead: int
) -> None:
    slot(watched, clock)
    watch_by("morning", Watch(share=50, smaller=Smaller.HOLD))
    release("morning", lead, Approval.NOT_NEEDED)
    clock.move_to(digest().next_due_at - lead * MINUTE)
    news()
    lose(6)
    outbox.clear()
    run_due(watched)
    clock.shift(lead * MINUTE)
    editions.send_due(watched)
    make.send_all(watched)

    assert (edition_of(2).status, edition_of(2).mailing_id) == (EditionStatus.HELD, None)
    assert edition_of(2).problem == "it has 4 readers, fewer than the 5 that it should have at least"
    assert {mail.recipient for mail in outbox} == {DESK}
    assert told(watched, outbox)[-1] == "An edition has fewer readers: morning"
    editions.approve(2, watched)
    editions.send_due(watched)
    make.send_all(watched)
    assert len([mail for mail in outbox if mail.recipient != DESK]) == 4


def test_an_edition_that_has_the_least_number_of_readers_leaves(
    watched: House, outbox: list[Envelope], clock: Traveller
) -> None:
    slot(watched, clock)
    watch_by("morning", Watch(share=50, smaller=Smaller.HOLD))
    lose(5)
    slot(watched, clock)

    assert edition_of(2).status == EditionStatus.SENT
