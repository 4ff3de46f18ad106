"""A mailing while it goes out: the figures are those of the ledger, and they always sum up."""

from datetime import timedelta

import pytest
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import Delivery
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import ledger, mailing, slowest_domain
from newsletter.delivery.queries.watching import LATELY, pulse, slow_domains, took
from newsletter.delivery.service import cancel, finish_mailings
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.subscriptions.queries import audience_size
from tests import make


@pytest.fixture
def mailing_id(house: House, clock: Traveller) -> int:
    """To six readers of three domains, a minute old."""
    of = make.newsletter()
    for address in ("a@slow.example", "b@slow.example", "c@slow.example", "d@mid.example", "e@fine.example"):
        make.subscription(of, house, address)
    make.subscription(of, house, "f@fine.example")
    make.subscription(of, house, "waits@fine.example", status="pending")
    assert audience_size(of.id) == 6
    sent = editions.send(make.edition(of, make.articles(make.source(), 2)).id, house)
    clock.shift(timedelta(minutes=1))
    assert sent.mailing_id
    return sent.mailing_id


def put(address: str, status: Status, words: str = "", ago: float = 0) -> None:
    """Into that state, so many seconds ago."""
    with transaction():
        row = db.session.query(Delivery).filter_by(address=address).one()
        row.status, row.words = status, words
        if status is Status.DEFERRED:
            row.due_at = now() + timedelta(minutes=5)
        else:
            row.ended_at = now() - timedelta(seconds=ago)


def test_before_anything_happens_nothing_moves(mailing_id: int) -> None:
    found = pulse(mailing_id)

    assert (found.ledger, found.rate, found.seconds_left) == (ledger(mailing_id), 0, None)
    assert found.ledger.is_balanced


def test_the_rate_is_what_has_lately_come_to_its_end(mailing_id: int) -> None:
    put("a@slow.example", Status.ACCEPTED, ago=3)
    put("b@slow.example", Status.FAILED, ago=4)
    put("c@slow.example", Status.SKIPPED, ago=4)
    put("d@mid.example", Status.ACCEPTED, ago=LATELY.total_seconds() + 1)

    found = pulse(mailing_id)

    assert found.ledger == ledger(mailing_id)
    assert found.rate == 2 / LATELY.total_seconds()
    assert found.seconds_left == 2 / found.rate
    put("e@fine.example", Status.DEFERRED)
    assert pulse(mailing_id).seconds_left == 1 / found.rate
    put("f@fine.example", Status.DEFERRED)
    assert pulse(mailing_id).seconds_left is None


def test_what_began_just_now_has_a_rate_at_once(house: House, clock: Traveller) -> None:
    of = make.newsletter()
    make.subscription(of, house, "a@slow.example")
    sent = editions.send(make.edition(of, make.articles(make.source(), 1)).id, house)
    clock.shift(timedelta(seconds=2))
    put("a@slow.example", Status.ACCEPTED, ago=1)

    assert pulse(sent.mailing_id or 0).rate == 0.5


def test_what_has_ended_has_no_rate_but_a_duration(mailing_id: int, house: House, clock: Traveller) -> None:
    assert took(mailing(mailing_id)) is None
    make.send_all(house)
    finish_mailings()

    found = pulse(mailing_id)

    assert (found.ledger.count(Status.ACCEPTED), found.rate, found.seconds_left) == (6, 0, None)
    assert took(mailing(mailing_id)) == timedelta(minutes=1)


def test_a_cancelled_one_sums_up_too(mailing_id: int) -> None:
    put("a@slow.example", Status.ACCEPTED)
    cancel(mailing_id)

    found = pulse(mailing_id)

    assert found.rate == 0
    assert found.ledger.is_balanced
    assert found.ledger.count(Status.CANCELLED) == 5


def test_the_domains_that_hold_it_up_come_worst_first(mailing_id: int) -> None:
    assert slow_domains(mailing_id) == []
    put("a@slow.example", Status.DEFERRED, "451 later")
    put("b@slow.example", Status.DEFERRED, "451 later")
    put("c@slow.example", Status.DEFERRED, "451 later")
    put("d@mid.example", Status.DEFERRED, "421 <b>busy</b>")

    found = slow_domains(mailing_id)

    assert [(each.domain, each.deferred, each.words) for each in found] == [
        ("slow.example", 3, "451 later"),
        ("mid.example", 1, "421 <b>busy</b>"),
    ]
    assert found[:1] == [slowest_domain(mailing_id)] == slow_domains(mailing_id, at_most=1)
