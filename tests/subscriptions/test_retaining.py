"""Retention: each thing is kept as long as it is needed, and letting go twice changes nothing more."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from time_machine import Traveller

from newsletter.core.db import db, transaction
from newsletter.delivery.models import Delivery
from newsletter.delivery.queries import ledger
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import ConsentEvent, ConsentOrigin, Subscriber, Subscription
from newsletter.subscriptions.policy.keeping import kept_agent, kept_ip
from newsletter.subscriptions.service import Origin, retain, unsubscribe
from newsletter.suppressions.queries import find_suppression
from tests import make

DAY = timedelta(days=1)


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
    assert retain(house.settings).pending == 0
    clock.shift(timedelta(seconds=2))
    assert [retain(house.settings).pending for _ in range(2)] == [1, 0]

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
    assert retain(house.settings).origins == 0
    clock.shift(timedelta(seconds=1))
    assert [retain(house.settings).origins for _ in range(2)] == [1, 0]
    assert (count(ConsentEvent), count(ConsentOrigin)) == (1, 0)


def test_who_left_three_years_ago_is_erased_and_stays_unmailed(house: House, clock: Traveller) -> None:
    of = make.newsletter()
    left, stays = make.subscription(of, house, "ann@example.org"), make.subscription(of, house)
    key = left.subscriber.address_key
    claims = {"n": of.id, "s": left.subscriber_id}
    unsubscribe(house.signer.sign("unsubscribe", claims, at=left.requested_at), Origin("one-click"), house)

    clock.shift(3 * 365 * DAY)
    assert retain(house.settings).ended == 0
    clock.shift(timedelta(seconds=1))
    assert [retain(house.settings).ended for _ in range(2)] == [1, 0]

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

    clock.shift(548 * DAY + timedelta(seconds=1))
    assert [retain(house.settings).mailings for _ in range(2)] == [1, 0]

    assert count(Delivery) == 0
    assert ledger(sent.mailing_id or 0) == before


@pytest.mark.parametrize(
    ("how", "ip", "agent"),
    [("whole", "192.0.2.7", "Mozilla/5.0 (X11)"), ("network", "192.0.2.0/24", "Mozilla/5.0"), ("none", "", "")],
)
def test_an_address_is_kept_as_far_as_the_operator_wants(how: str, ip: str, agent: str) -> None:
    assert (kept_ip("192.0.2.7", how), kept_agent("Mozilla/5.0 (X11)", how)) == (ip, agent)
