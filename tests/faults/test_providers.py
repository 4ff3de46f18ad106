"""F-10, F-11 and F-44: one way out is slow, dead or silent, and the others must not suffer for it."""

import time

import pytest

from newsletter.delivery.policy import Status
from tests.faults.book import FAULT, SWALLOWED
from tests.faults.case import Bounds, Case
from tests.faults.invariants import check_all
from tests.faults.orders import USUAL
from tests.faults.receiver import Receiver, rule
from tests.faults.stage import Stage, readers

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

LINES = 2
SLOWLY = rule("dot", [["sleep", 0.02], ["usual"]])
DEAD = rule("connect", [["rst"]])
TOGETHER = Bounds(tries=3, unknowns=4, lines=2 * LINES)


def two_ways_out(stage: Stage, *, first: Receiver, second: Receiver, on_unknown: str) -> None:
    stage.settings |= {
        "NEWSLETTER_BACKENDS": f"{first.url()}, {second.url()}",
        "NEWSLETTER_ON_UNKNOWN": on_unknown,
    }


def test_a_provider_that_answers_a_letter_at_a_time_holds_up_nobody_else(stage: Stage) -> None:
    receiver = stage.receiver(rule("rcpt", [["slow", USUAL["rcpt"], 0.1]], domain="slow.example"))
    stage.settings |= {
        "NEWSLETTER_BACKENDS": receiver.url("tls=none&connections=4&command_timeout=2"),
        "NEWSLETTER_DOMAIN_LIMITS": "slow.example connections=1, fast.example rate=100/s",
    }
    slow, fast = readers(6, domain="slow.example"), readers(400, domain="fast.example")
    edition = stage.publish([*slow, *fast])

    worker = stage.worker()
    stage.wait_until_accepted(len(fast), patience=20)
    taken_from_the_slow = sum(each.recipient in slow for each in receiver.accepted)
    receiver.tell()
    stage.finish(edition)
    worker.stop()

    case = Case("F-10", "slow_server", stage, edition, Bounds(rates={"fast.example": 100}))
    check_all(case)
    assert taken_from_the_slow == 0
    assert case.states == {Status.ACCEPTED: 406}


def test_a_dead_provider_is_asked_now_and_then_and_the_others_are_served(stage: Stage) -> None:
    refuses = rule("rcpt", [["reply", "451 4.4.1 connection refused\r\n"]], domain="gmail.example")
    # At this pace a slice is small: what was leased before the domain was found out is tried.
    receiver = stage.receiver(refuses, rule("dot", [["sleep", 0.05], ["usual"]]))
    stage.settings |= {"NEWSLETTER_RETRY_FIRST_SECONDS": "10", "NEWSLETTER_RETRY_LONGEST_SECONDS": "60"}
    mixed = [
        who
        for pair in zip(readers(300, domain="gmail.example"), readers(300, domain="fast.example"), strict=True)
        for who in pair
    ]
    edition = stage.publish(mixed)

    worker = stage.worker()
    stage.wait_until_accepted(300, patience=20)
    tries_by_then = len(receiver.refused)
    time.sleep(6)
    probes = len(receiver.refused) - tries_by_then
    receiver.tell()
    stage.finish(edition, patience=90)
    worker.stop()

    case = Case("F-11", f"one_provider_dead {tries_by_then}+{probes} tries", stage, edition)
    check_all(case)
    assert tries_by_then < 100
    assert probes <= 3
    assert case.states == {Status.ACCEPTED: 600}


def test_a_backend_that_refuses_connections_leaves_the_work_to_the_other(stage: Stage) -> None:
    dead, alive = stage.receiver(), stage.receiver()
    two_ways_out(stage, first=dead, second=alive, on_unknown="resend_once")
    dead.stop()
    edition = stage.publish(readers(300))

    worker = stage.worker()
    stage.wait_until_ended(edition)
    worker.stop()

    case = Case("F-11", "one_backend_dead", stage, edition, Bounds(tries=1))
    check_all(case)
    assert case.states == {Status.ACCEPTED: 300}
    assert worker.said().count("backend rests") < 10


def lose_some_and_die(stage: Stage, receiver: Receiver) -> set[str]:
    """The first way out swallows four messages and is gone; whose they were."""
    stage.wait_until(lambda: len(receiver.entries(FAULT)) >= 4, "four lines that broke after the dot")
    receiver.tell(DEAD)
    return {each.recipient for each in receiver.entries(SWALLOWED)}


def test_what_one_backend_may_have_is_not_sent_through_another(stage: Stage) -> None:
    first = stage.receiver(rule("dot", [["close"]], every=3, times=4))
    second = stage.receiver(SLOWLY)
    two_ways_out(stage, first=first, second=second, on_unknown="resend_once")
    edition = stage.publish(readers(800))

    worker = stage.worker()
    unknown = lose_some_and_die(stage, first)
    stage.finish_but(edition, len(unknown))
    time.sleep(2)
    sent_elsewhere = unknown.intersection(each.recipient for each in second.dotted)
    first.tell()
    stage.finish(edition, patience=90)
    worker.stop()

    case = Case("F-44", "backend_failover", stage, edition, TOGETHER)
    check_all(case)
    assert sent_elsewhere == set()
    assert case.states == {Status.ACCEPTED: 800}
    assert case.unknowns == len(unknown) == 4


def test_what_one_backend_may_have_is_sent_through_another_where_the_operator_wants_that(stage: Stage) -> None:
    first = stage.receiver(rule("dot", [["close"]], every=3, times=4))
    second = stage.receiver(SLOWLY)
    two_ways_out(stage, first=first, second=second, on_unknown="resend_anywhere")
    edition = stage.publish(readers(800))

    worker = stage.worker()
    unknown = lose_some_and_die(stage, first)
    stage.finish(edition)
    worker.stop()

    case = Case("F-44", "backend_failover resend_anywhere", stage, edition, TOGETHER)
    check_all(case)
    assert case.states == {Status.ACCEPTED: 800}
    assert unknown <= {each.recipient for receiver in (first, second) for each in receiver.accepted}
