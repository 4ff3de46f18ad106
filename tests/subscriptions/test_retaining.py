"""Retention: each thing is kept as long as it is needed, and letting go twice changes nothing more."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from time_machine import Traveller

from newsletter.core.db import db, transaction
from newsletter.delivery.models import Delivery
from newsletter.delivery.queries import ledger
from newsletter.delivery.service import finish_mailings
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import ConsentEvent, ConsentOrigin, SignUp, Stint, Subscriber, Subscription
from newsletter.subscriptions.policy.keeping import kept_agent, kept_ip
from newsletter.subscriptions.service import Origin, retain, sign_up, unsubscribe
from newsletter.subscriptions.service.retaining import steps
from newsletter.suppressions.models import Reason
from newsletter.suppressions.queries import find_suppression
from newsletter.suppressions.service import suppress
from tests import make
from tests.subscriptions.commands import ran

DAY = timedelta(days=1)
STEPS = ("erased", "origins", "unanswered", "pending", "sign_ups", "counts", "silent", "ended", "deliveries")


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_sign_up_that_nobody_confirmed_is_gone_after_two_weeks_with_the_person(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    of = make.newsletter()
    make.signed_up("ann@example.org", house)
    make.subscription(of, house, "bob@example.org")
    make.send_all(house)

    clock.shift(14 * DAY - timedelta(seconds=1))
    assert retain(house.settings)["pending"] == 0
    clock.shift(timedelta(seconds=2))
    assert [retain(house.settings)["pending"] for _ in range(2)] == [1, 0]

    assert db.session.scalars(select(Subscriber.address)).all() == ["bob@example.org"]
    assert count(ConsentEvent) == 0
    assert db.session.scalars(select(Delivery.address)).all() == [""]


def test_whoever_has_another_subscription_stays(house: House, clock: Traveller) -> None:
    make.subscription(make.newsletter(), house, "ann@example.org")
    make.newsletter("evening")
    make.signed_up("ann@example.org", house, "evening")

    clock.shift(15 * DAY)
    retain(house.settings)

    assert db.session.scalars(select(Subscription.status)).all() == ["confirmed"]


def test_from_where_a_consent_came_is_forgotten_after_ninety_days_and_the_event_stays(
    house: House, clock: Traveller
) -> None:
    make.newsletter()
    known = make.signed_up("ann@example.org", house)
    with transaction():
        db.session.execute(update(Subscription).where(Subscription.id == known.id).values(status="confirmed"))

    clock.shift(90 * DAY)
    assert retain(house.settings)["origins"] == 0
    clock.shift(timedelta(seconds=1))
    assert [retain(house.settings)["origins"] for _ in range(2)] == [1, 0]
    assert (count(ConsentEvent), count(ConsentOrigin)) == (1, 0)


def test_who_left_three_years_ago_is_erased_and_stays_unmailed(house: House, clock: Traveller) -> None:
    of = make.newsletter()
    left, stays = make.subscription(of, house, "ann@example.org"), make.subscription(of, house)
    key = left.subscriber.address_key
    claims = {"n": of.id, "s": left.subscriber_id}
    unsubscribe(house.signer.sign("unsubscribe", claims, at=left.requested_at), Origin("one-click"), house)

    clock.shift(3 * 365 * DAY)
    assert retain(house.settings)["ended"] == 0
    clock.shift(timedelta(seconds=1))
    assert [retain(house.settings)["ended"] for _ in range(2)] == [1, 0]

    assert db.session.scalars(select(Subscriber.id)).all() == [stays.subscriber_id]
    assert find_suppression(key)


def test_old_deliveries_become_sums_that_the_ledger_still_tells(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    of = make.newsletter()
    make.subscriptions(of, house, 3)
    sent = editions.send(make.edition(of, [make.article(make.source())]).id, house)
    make.send_all(house)
    before = ledger(sent.mailing_id or 0)

    clock.shift(548 * DAY)
    assert retain(house.settings)["deliveries"] == 0
    clock.shift(timedelta(seconds=1))
    assert [retain(house.settings)["deliveries"] for _ in range(2)] == [1, 0]

    assert count(Delivery) == 0
    assert ledger(sent.mailing_id or 0) == before


def test_networks_and_keys_are_forgotten_after_a_week_and_what_was_refused_after_a_day(
    house: House, clock: Traveller
) -> None:
    of = make.newsletter()
    make.signed_up("ann@example.org", house)
    make.subscription(of, house, "bob@example.org")
    make.signed_up("bob@example.org", house)

    for days, gone in ((1, 1), (6, 1)):
        clock.shift(days * DAY)
        assert retain(house.settings)["sign_ups"] == 0
        clock.shift(timedelta(seconds=1))
        assert [retain(house.settings)["sign_ups"] for _ in range(2)] == [gone, 0]
        clock.shift(-timedelta(seconds=1))

    assert count(SignUp) == 0


def test_a_sign_up_that_nobody_could_answer_is_not_kept_for_ever(house: House, clock: Traveller) -> None:
    make.newsletter()
    sign_up("ann@example.org", ["courier"], make.FORM, house)

    clock.shift(14 * DAY)
    assert retain(house.settings)["unanswered"] == 0
    clock.shift(timedelta(seconds=1))
    assert [retain(house.settings)["unanswered"] for _ in range(2)] == [1, 0]
    assert count(SignUp) == 0


def test_counts_are_kept_for_four_hundred_days(house: House, outbox: list[Envelope], clock: Traveller) -> None:
    make.newsletter()
    make.signed_up("ann@example.org", house)

    clock.shift(400 * DAY)
    assert retain(house.settings)["counts"] == 0
    clock.shift(DAY)
    assert [retain(house.settings)["counts"] for _ in range(2)] == [1, 0]


def test_whoever_goes_by_the_clock_leaves_no_words_of_a_server_behind(house: House, clock: Traveller) -> None:
    make.newsletter()
    key = make.signed_up("ann@example.org", house).subscriber.address_key
    suppress(key, Reason.HARD_BOUNCE, "550 5.1.1 <ann@example.org> is not here")

    clock.shift(15 * DAY)
    retain(house.settings)
    db.session.expire_all()

    found = find_suppression(key)
    assert found
    assert (found.reason, found.words) == (Reason.HARD_BOUNCE, "")


def test_what_is_due_is_what_goes(house: House, outbox: list[Envelope], clock: Traveller) -> None:
    of = make.newsletter()
    left = make.subscription(of, house, "ann@example.org")
    make.signed_up("bob@example.org", house)
    make.send_all(house)
    finish_mailings()
    claims = {"n": of.id, "s": left.subscriber_id}
    unsubscribe(house.signer.sign("unsubscribe", claims, at=left.requested_at), make.FORM, house)
    sign_up("cleo@example.org", ["courier"], make.FORM, house)

    assert {step.name: step.count_due() for step in steps(house.settings)} == dict.fromkeys((*STEPS, "stints"), 0)
    clock.shift(4 * 365 * DAY)
    due = {step.name: step.count_due() for step in steps(house.settings)}
    gone = retain(house.settings)

    assert due == gone
    assert due == {**dict.fromkeys(STEPS, 1), "stints": 0, "erased": 0, "silent": 0, "origins": 2}
    assert {step.name: step.count_due() for step in steps(house.settings)} == dict.fromkeys((*STEPS, "stints"), 0)


def test_the_command_tells_what_is_due_and_lets_go_of_it(house: House) -> None:
    of = make.newsletter()
    old = make.subscription(of, house, "ann@example.org", status="pending")
    with transaction():
        old.requested_at -= 15 * DAY

    told = [json.loads(ran(house.settings, "retention", *more, "--json")) for more in ((), ("--run",), ())]

    [looked, ran_now, after] = [{each["step"]: each for each in rows} for rows in told]
    assert set(looked) == {*STEPS, "stints", "pictures"}
    assert (looked["pending"]["due"], looked["pending"]["days"], looked["origins"]["days"]) == (1, 14, 90)
    assert (ran_now["pending"]["gone"], after["pending"]["due"]) == (1, 0)
    db.session.rollback()
    assert count(Subscriber) == 0


@pytest.mark.parametrize(
    ("how", "ip", "agent"),
    [("whole", "192.0.2.7", "Mozilla/5.0 (X11)"), ("network", "192.0.2.0/24", "Mozilla/5.0"), ("none", "", "")],
)
def test_an_address_is_kept_as_far_as_the_operator_wants(how: str, ip: str, agent: str) -> None:
    assert (kept_ip("192.0.2.7", how), kept_agent("Mozilla/5.0 (X11)", how)) == (ip, agent)


def test_what_somebody_wanted_before_is_forgotten_after_a_hundred_days(house: House, clock: Traveller) -> None:
    ann = make.subscription(make.newsletter(), house)
    make.wish(ann, "weekly")
    make.wish(ann, "monthly")
    assert count(Stint) == 2

    clock.shift(99 * DAY)
    assert retain(house.settings)["stints"] == 0
    clock.shift(2 * DAY)
    assert retain(house.settings)["stints"] == 2
