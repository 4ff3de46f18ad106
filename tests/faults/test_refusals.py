"""F-06 to F-09, F-12 and F-18: the server says "not now", "never", or "not so large"."""

import time

import pytest
from sqlalchemy import select

from newsletter.core.db import db
from newsletter.delivery.policy import Status
from newsletter.editions import service as editions
from newsletter.suppressions.models import Suppression
from tests.faults.book import FAULT
from tests.faults.case import Bounds, Case
from tests.faults.invariants import check_all
from tests.faults.receiver import rule
from tests.faults.signatures import signing_key
from tests.faults.stage import Stage, readers

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

FIRST_WAIT = 2
"""Seconds that our settings make of the five minutes."""

STORM_WAIT, LULL = 6, 3.0
"""The first wait in a storm, so long that nothing is due for a lull of so many seconds after the first round."""


def be_impatient(stage: Stage, first_wait: int = FIRST_WAIT) -> None:
    stage.settings |= {
        "NEWSLETTER_RETRY_FIRST_SECONDS": str(first_wait),
        "NEWSLETTER_RETRY_LONGEST_SECONDS": str(4 * first_wait),
    }


@pytest.mark.alone
def test_a_storm_of_451_delays_and_neither_loses_doubles_nor_keeps_the_machine_busy(stage: Stage) -> None:
    receiver = stage.receiver(rule("rcpt", [["reply", "451 4.3.0 storm\r\n"]], chance=0.3))
    be_impatient(stage, STORM_WAIT)
    edition = stage.publish(readers(200))

    worker = stage.sender()
    stage.wait_until(lambda: len(receiver.entries("accepted")) + len(receiver.entries(FAULT)) >= 200, "one round")
    stage.wait_until(lambda: not stage.states(edition)[Status.LEASED], "the round is recorded")
    refused, busy, began = len(receiver.entries(FAULT)), worker.cpu_seconds(), time.monotonic()
    time.sleep(LULL)
    share = (worker.cpu_seconds() - busy) / (time.monotonic() - began)
    stage.told.append(("fault", f" F-06 temp_storm_451: {share:.1%} of a core while all that is left waits"))
    stage.wait_until(lambda: len(receiver.entries(FAULT)) > refused, "a second round in the storm")
    receiver.tell()
    stage.wait_until_ended(edition)
    worker.stop()

    case = Case("F-06", "temp_storm_451", stage, edition, Bounds(first_wait=STORM_WAIT))
    check_all(case)
    assert case.states == {Status.ACCEPTED: 200}
    assert refused > 40
    assert share < 0.05


def test_only_a_wrong_address_is_suppressed_and_every_refusal_for_good_ends(stage: Stage) -> None:
    stage.receiver()
    wrong = readers(10, "permfail-550-5-1-1")
    orders = {"550-5-2-1": 8, "550-5-2-2": 8, "554": 8, "550-5-7-1": 2, "552-5-3-4": 2}
    refused = [who for order, many in orders.items() for who in readers(many, f"permfail-{order}")]
    edition = stage.publish([*wrong, *refused, *readers(300)])

    worker = stage.worker()
    stage.wait_until_ended(edition)
    worker.stop()

    case = Case("F-07", "perm_mix", stage, edition, Bounds(tries=1))
    check_all(case)
    suppressed = set(db.session.scalars(select(Suppression.address_key)))
    assert case.states == {Status.ACCEPTED: 300, Status.FAILED: 38}
    assert case.in_state(Status.FAILED) == {*wrong, *refused}
    assert len(suppressed) == len(wrong)


def test_when_one_in_ten_servers_blames_us_the_edition_is_paused_with_the_reason(stage: Stage) -> None:
    receiver = stage.receiver(rule("rcpt", [["reply", "550 5.7.1 we do not like you\r\n"]], every=10))
    edition = stage.publish(readers(1500))

    worker = stage.worker()
    stage.wait_until(lambda: stage.is_paused(edition), "the pause")
    worker.stop()
    taken = len(receiver.accepted)
    editions.cancel(edition.id)

    case = Case("F-07", "perm_mix 5.7.1", stage, edition, Bounds(tries=1))
    check_all(case)
    assert case.states[Status.ACCEPTED] == taken < 1000
    assert case.states[Status.CANCELLED] > 400
    assert "550 5.7.1" in worker.said()
    assert db.session.scalar(select(Suppression.address_key)) is None


def test_a_421_charges_nobody_and_the_neighbours_go_on(stage: Stage) -> None:
    closing = [["reply", "421 4.3.2 closing\r\n"], ["close"]]
    receiver = stage.receiver(rule("mail", closing, every=10), rule("greeting", closing, every=5))
    edition = stage.publish(readers(60))

    worker = stage.worker()
    stage.finish(edition)
    worker.stop()

    case = Case("F-08", "421_collateral", stage, edition)
    check_all(case)
    assert case.states == {Status.ACCEPTED: 60}
    assert {each.attempts for each in case.deliveries} == {1}
    assert len(receiver.entries(FAULT)) > 6


def test_a_recipient_too_many_is_a_recipient_for_later(stage: Stage) -> None:
    stage.receiver()
    later = [*readers(20, "once-tempfail-452-4-5-3"), *readers(20, "once-tempfail-552")]
    edition = stage.publish([*later, *readers(60)])

    worker = stage.worker()
    stage.finish(edition)
    worker.stop()

    case = Case("F-09", "rcpt_452_552", stage, edition, Bounds(tries=2))
    check_all(case)
    assert case.states == {Status.ACCEPTED: 100}
    assert {each.attempts for each in case.deliveries if each.address in later} == {2}


def test_a_greylisted_message_is_taken_at_its_second_attempt_signed_and_unchanged(stage: Stage) -> None:
    receiver = stage.receiver()
    stage.dkim_record = signing_key(stage.folder / "dkim.pem")
    be_impatient(stage)
    stage.settings["NEWSLETTER_DKIM"] = f"courier.example:key1:{stage.folder / 'dkim.pem'}"
    edition = stage.publish(readers(100, "once-tempfail-450-4-2-0"))

    worker = stage.worker()
    stage.wait_until_ended(edition)
    worker.stop()

    case = Case("F-12", "greylist", stage, edition, Bounds(tries=2, first_wait=FIRST_WAIT))
    check_all(case)
    assert case.states == {Status.ACCEPTED: 100}
    assert len(receiver.refused) == 100


def test_what_is_too_large_for_the_server_is_not_handed_over_and_costs_no_subscriber(stage: Stage) -> None:
    small = stage.receiver(extensions=["PIPELINING", "SIZE 1000"], is_traced=True)
    edition = stage.publish(readers(50))

    worker = stage.worker()
    stage.wait_until(lambda: stage.is_paused(edition), "the pause")
    worker.stop()
    assert not [each for each in small.entries("said") if each.command.startswith("MAIL")]
    small.stop()
    stage.receiver(port=small.port)
    editions.resume(edition.id)
    again = stage.worker()
    stage.finish(edition)
    again.stop()

    case = Case("F-18", "size_exceeded", stage, edition)
    check_all(case)
    assert case.states == {Status.ACCEPTED: 50}
    assert "5.3.4" in worker.said()
    assert db.session.scalar(select(Suppression.address_key)) is None
