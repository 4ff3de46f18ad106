"""F-15 to F-17: the server talks nonsense, out of step, or knows less than we hoped."""

import pytest

from newsletter.delivery.policy import Status
from tests.faults.book import FAULT
from tests.faults.case import Bounds, Case
from tests.faults.invariants import check_all
from tests.faults.orders import GARBAGE
from tests.faults.receiver import rule
from tests.faults.stage import Stage, readers

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

LARGEST = 150_000_000
"""Bytes of memory in which any reply must have room."""

NONSENSE = {
    "endless": "250-and so on\r\n" * 20_000,
    "100 KB": "250 " + "x" * 100_000 + "\r\n",
    "no code": "what was that?\r\n",
    "not UTF-8": GARBAGE,
    "too many": "250 2.1.5 fine\r\n250 2.0.0 taken\r\n250 2.0.0 taken\r\n",
    "250 before the dot": "354 go ahead\r\n250 2.0.0 taken\r\n",
}
BEFORE_THE_DOT = [(kind, phase) for phase in ("greeting", "rcpt") for kind in list(NONSENSE)[:-1]]


@pytest.mark.parametrize(("kind", "phase"), [*BEFORE_THE_DOT, ("250 before the dot", "data")])
def test_nonsense_before_the_dot_ends_the_line_and_charges_nobody(stage: Stage, kind: str, phase: str) -> None:
    receiver = stage.receiver(rule(phase, [["reply", NONSENSE[kind]]], times=2))
    edition = stage.publish(readers(40))

    worker = stage.worker()
    stage.finish(edition)
    worker.stop()

    case = Case("F-15", f"reply_garbage {phase}, {kind}", stage, edition)
    check_all(case)
    assert len(receiver.entries(FAULT)) == 2
    assert case.states == {Status.ACCEPTED: 40}
    assert {each.attempts for each in case.deliveries} == {1}
    assert worker.largest < LARGEST


@pytest.mark.parametrize("kind", ["endless", "100 KB", "no code", "not UTF-8"])
def test_nonsense_after_the_dot_makes_its_message_unknown(stage: Stage, kind: str) -> None:
    stage.receiver(rule("dot", [["reply", NONSENSE[kind].replace("250", "999")]], times=2))
    edition = stage.publish(readers(40))

    worker = stage.worker()
    stage.finish(edition)
    worker.stop()

    case = Case("F-15", f"reply_garbage dot, {kind}", stage, edition, Bounds(unknowns=2))
    check_all(case)
    assert case.states == {Status.ACCEPTED: 40}
    assert case.unknowns == 2
    assert worker.largest < LARGEST


@pytest.mark.parametrize("flow", ["each", "together", "bytes"])
def test_replies_find_their_recipients_however_they_are_cut(stage: Stage, flow: str) -> None:
    stage.receiver(
        rule("mail", [["sleep", 0.02], ["usual"]], every=7),
        rule("dot", [["sleep", 0.02], ["usual"]], every=5),
        flow=flow,
    )
    refused = [*readers(20, "permfail-550-5-1-1"), *readers(20, "permfail-554-5-2-0-at-dot")]
    later = [*readers(20, "once-tempfail-451"), *readers(20, "once-tempfail-451-at-data")]
    fine = readers(80)
    mixed = [who for group in zip(*[iter(refused + later + fine)] * 16, strict=True) for who in group[::-1]]
    edition = stage.publish(sorted(mixed, key=lambda who: int(who.partition("+")[2].partition("@")[0]) % 13))

    worker = stage.worker()
    stage.finish(edition)
    worker.stop()

    case = Case("F-16", f"pipelining_desync {flow}", stage, edition, Bounds(tries=2))
    check_all(case)
    assert case.in_state(Status.FAILED) == set(refused)
    assert case.in_state(Status.ACCEPTED) == {*later, *fine}
    assert {each.attempts for each in case.deliveries if each.address in later} == {2}
    assert {each.attempts for each in case.deliveries if each.address in fine} == {1}


def test_where_nobody_is_left_to_get_it_and_the_server_wants_it_all_the_same_a_lone_dot_follows(
    stage: Stage,
) -> None:
    receiver = stage.receiver(rule("data", [["reply", "354 go ahead\r\n"]]))
    refused = readers(20, "permfail-550-5-1-1")
    edition = stage.publish([*refused, *readers(40)])

    worker = stage.worker()
    stage.finish(edition)
    worker.stop()

    case = Case("F-16", "pipelining_desync 354 for nobody", stage, edition)
    check_all(case)
    assert case.in_state(Status.FAILED) == set(refused)
    assert len(receiver.entries("lone dot")) == len(refused)
    assert len(receiver.dotted) == 40


def test_without_smtputf8_and_8bitmime_only_international_local_parts_stay_behind(stage: Stage) -> None:
    receiver = stage.receiver(extensions=["PIPELINING"], is_traced=True)
    international = [f"märz{number}@example.org" for number in range(10)]
    with_letters = [f"reader{number}@bücher.example" for number in range(10)]
    edition = stage.publish([*international, *with_letters, *readers(20)])

    worker = stage.worker()
    stage.wait_until_ended(edition)
    worker.stop()

    case = Case("F-17", "no_smtputf8_no_8bit", stage, edition, Bounds(tries=1))
    check_all(case)
    said = [each.command for each in receiver.entries("said")]
    assert case.in_state(Status.FAILED) == set(international)
    assert sum(who.endswith("@xn--bcher-kva.example") for who in case.copies) == 10
    assert not [command for command in said if "SMTPUTF8" in command or "8BITMIME" in command]
