"""Weekly and monthly readers: editions of the same rule over their window, and no article twice or never."""

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError
from time_machine import Traveller

from newsletter.articles.models import Source
from newsletter.core.db import db, transaction
from newsletter.digests.models import Digest, DigestSource
from newsletter.digests.policy import Outcome, Selection
from newsletter.digests.queries import runs
from newsletter.digests.service import Rule, add_digest, rule_by
from newsletter.editions.queries import editions
from newsletter.mail.backends.memory import MemoryBackend
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import Stint, Subscription
from newsletter.subscriptions.service.consent import Named, Origin
from newsletter.subscriptions.service.preferring import leave
from tests import make
from tests.digests.reading import all_had, days, had, tick

NUMBERS = count(1)
ANN, BOB = "ann@example.org", "bob@example.org"


def morning(house: House, least: int = 1) -> tuple[Digest, Source, Subscription, Subscription]:
    """A digest at 06:30 each day, made on a Monday; Ann has every edition, Bob has it weekly."""
    of, source = make.newsletter(), make.source()
    ann, bob = make.subscription(of, house, ANN), make.subscription(of, house, BOB)
    make.wish(bob, "weekly")
    with transaction():
        db.session.execute(delete(Stint))
    return make.digest(of, [source], least=least), source, ann, bob


def test_who_wants_it_weekly_gets_one_edition_of_the_week(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    digest, source, _, _ = morning(house)

    told = days(digest, source, house, clock, 14)

    # The slots are from Tuesday to the second Monday after; those of the Mondays bring the week.
    assert [mail[::-1] for mail in had(outbox)[BOB]] == [told[:7], told[7:]]
    assert had(outbox)[ANN] == [[each] for each in told]
    assert len({each.slot for each in editions()}) == 16


def test_nobody_weekly_means_no_weekly_edition(house: House, clock: Traveller) -> None:
    digest, source, _, bob = morning(house)
    make.wish(bob, "each")
    with transaction():
        db.session.execute(delete(Stint))

    days(digest, source, house, clock, 8)

    assert {each.cadence for each in editions()} == {"each"}
    assert [ran.outcome for ran in runs(digest.id, 50) if ran.cadence == "weekly"] == [Outcome.NOBODY]


def test_daily_readers_share_the_edition_of_a_digest_that_comes_once_a_day(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    digest, source, ann, _ = morning(house)
    make.wish(ann, "daily")

    told = days(digest, source, house, clock, 3)

    assert had(outbox)[ANN] == [[each] for each in told]
    assert len(editions()) == 3


def test_of_two_slots_a_day_a_daily_reader_gets_one_edition(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    of, source = make.newsletter(), make.source()
    make.wish(make.subscription(of, house, BOB), "daily")
    digest = add_digest("twice", of.slug, Rule("daily at 7 and 17"), [source.id])

    told = days(digest, source, house, clock, 6)

    # From Monday at 17:00 on; each morning brings what came since the one before.
    assert [mail[::-1] for mail in had(outbox)[BOB]] == [told[0:2], told[2:4], told[4:6]]


@pytest.mark.parametrize(("first", "then"), [("each", "weekly"), ("weekly", "each")])
def test_who_changes_in_the_middle_of_a_week_misses_nothing_and_has_nothing_twice(
    house: House, outbox: list[Envelope], clock: Traveller, first: str, then: str
) -> None:
    digest, source, _, bob = morning(house)
    make.wish(bob, first)

    told = days(digest, source, house, clock, 4)
    make.wish(bob, then)
    told += days(digest, source, house, clock, 3)

    assert_once(outbox, BOB, told)


def test_who_goes_over_to_monthly_gets_the_week_that_has_begun_and_then_the_rest_of_the_month(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    digest, source, _, bob = morning(house)
    rule_by("morning", Selection(most=100))
    told = days(digest, source, house, clock, 10)

    make.wish(bob, "monthly")
    told += days(digest, source, house, clock, 29)

    # To Monday 30 November, to 7 December, and on 1 January all that is left.
    assert [len(mail) for mail in had(outbox)[BOB]] == [7, 7, 25]
    assert_once(outbox, BOB, told)


def test_who_goes_over_to_weekly_gets_no_other_edition_before_that(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    digest, source, ann, _ = morning(house)
    told = days(digest, source, house, clock, 9)

    make.wish(ann, "weekly")
    told += days(digest, source, house, clock, 5)

    assert had(outbox)[ANN][:9] == [[each] for each in told[:9]]
    assert [mail[::-1] for mail in had(outbox)[ANN][9:]] == [told[9:14]]
    # Bob shares that edition and has all of it.
    assert [mail[::-1] for mail in had(outbox)[BOB]] == [told[:7], told[7:14]]


def test_who_left_between_two_slots_gets_no_weekly_edition(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    digest, source, _, bob = morning(house)
    days(digest, source, house, clock, 6)

    leave(Named(bob.subscriber_id, bob.newsletter_id), Origin("test"))
    days(digest, source, house, clock, 1)

    assert BOB not in had(outbox)


def test_a_weekly_slot_that_was_missed_comes_with_the_next_slot(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    digest, source, _, _ = morning(house)
    told = days(digest, source, house, clock, 6)
    clock.move_to(digest.next_due_at + timedelta(hours=4))
    tick(house)
    assert BOB not in had(outbox)

    told += days(digest, source, house, clock, 1)
    told += days(digest, source, house, clock, 5)

    assert had(outbox)[BOB] == [told[:7][::-1]]


def test_too_few_for_a_week_wait_for_the_next_one(house: House, outbox: list[Envelope], clock: Traveller) -> None:
    digest, source, _, _ = morning(house, least=9)

    told = days(digest, source, house, clock, 14)

    assert_once(outbox, BOB, told)
    assert_once(outbox, ANN, told[:9])


def test_both_editions_of_one_moment_are_there_or_neither(house: House, clock: Traveller) -> None:
    digest, source, _, _ = morning(house)
    days(digest, source, house, clock, 6)
    make.article(source)
    clock.move_to(digest.next_due_at)
    before = len(runs(digest.id, 50))

    with make.failing("INSERT INTO deliveries"), pytest.raises(OperationalError, match="the disk is full"):
        tick(house)
    db.session.expire_all()

    assert len(runs(digest.id, 50)) == before


CHANGES = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["each", "daily", "weekly"])), min_size=1, max_size=4
)


@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=CHANGES, when=st.sampled_from(["daily at 7 and 17", "30 6 * * *"]))
@example(changes=[(3, "weekly"), (2, "each"), (1, "weekly"), (0, "daily")], when="daily at 7 and 17")
def test_however_often_somebody_changes_each_article_comes_once(
    house: House, clock: Traveller, changes: list[tuple[int, str]], when: str
) -> None:
    of, source = make.newsletter(f"n{next(NUMBERS)}"), make.source()
    bob, address = make.subscription(of, house, f"bob{of.id}@example.org"), f"bob{of.id}@example.org"
    rule = Rule(when, selection=Selection(most=100, alike=0))
    digest, told = add_digest(f"d{of.id}", of.slug, rule, [source.id]), []

    for slots, cadence in changes:
        told += days(digest, source, house, clock, slots)
        make.wish(bob, cadence)
    shown = len(told)
    told += days(digest, source, house, clock, 16 if "17" in when else 8)
    with transaction():
        db.session.execute(delete(DigestSource))

    assert isinstance(house.backend, MemoryBackend)
    assert_once(house.backend.outbox, address, told[:shown])


def assert_once(outbox: list[Envelope], address: str, told: list[str]) -> None:
    came = all_had(outbox, address)
    assert sorted(set(came)) == sorted(came)
    assert set(told) <= set(came)
