"""F-04, F-05 and F-25: workers die at chosen and at random moments, and one that was thought dead comes back."""

import random
import time
from collections.abc import Sequence

import pytest

from newsletter.core.faults import Point
from newsletter.delivery.policy import Status
from tests.faults.case import Bounds, Case
from tests.faults.invariants import check_all
from tests.faults.receiver import rule
from tests.faults.stage import Stage, readers
from tests.faults.worker import Process

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

LINES = 2
KILLS = 10

MOST_UNKNOWN: dict[Point, int] = {
    "after-lease": 0,
    "before-dot": 1,
    "mid-body": 1,
    "after-dot": 1,
    "after-answer": 1,
    "before-record": 1,
    "after-record": 1,
}
"""Of a worker with one line: what was dotted and not written down when it died."""

ON_BOTH = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.on_postgres)]
)


def alive(processes: Sequence[Process]) -> Sequence[Process]:
    return [each for each in processes if each.is_alive]


@pytest.mark.parametrize("point", list(MOST_UNKNOWN))
def test_dying_at_any_point_loses_nobody_and_doubles_only_what_was_under_way(stage: Stage, point: Point) -> None:
    receiver = stage.receiver()
    stage.settings["NEWSLETTER_BACKENDS"] = receiver.url("tls=none&connections=1")
    edition = stage.publish(readers(100))

    mortal = stage.worker(FAULT=f"{point}:2")
    stage.wait_until(lambda: not mortal.is_alive, f"it dies at {point}")
    worker = stage.worker()
    stage.finish(edition)
    worker.stop()

    case = Case("F-04", f"kill9 {point}", stage, edition, Bounds(duplicates=MOST_UNKNOWN[point]))
    check_all(case)
    assert case.states == {Status.ACCEPTED: 100}


def test_ten_deaths_between_dot_and_commit_among_four_workers(stage: Stage) -> None:
    stage.receiver(rule("dot", [["sleep", 0.02], ["usual"]]))
    edition = stage.publish(readers(1000))
    faults = ["after-dot:20", "after-answer:20", "before-record:2", "after-record:2"]
    deaths = [faults[number % len(faults)] for number in range(KILLS)]

    mortal = [stage.worker(FAULT=deaths.pop()) for _ in range(4)]
    while deaths:
        stage.wait_until(lambda: len(alive(mortal)) < 4, "another death")
        mortal.append(stage.worker(FAULT=deaths.pop()))
    stage.wait_until(lambda: not alive(mortal), "the last deaths")
    workers = [stage.worker() for _ in range(4)]
    stage.finish(edition)
    for each in workers:
        each.stop()

    bounds = Bounds(duplicates=KILLS * LINES, lines=4 * LINES)
    case = Case("F-04", "kill9_between_dot_and_commit", stage, edition, bounds)
    check_all(case)
    assert case.states == {Status.ACCEPTED: 1000}


def test_killing_all_workers_ten_times_at_random_moments(stage: Stage) -> None:
    receiver = stage.receiver(rule("dot", [["sleep", 0.02], ["usual"]]))
    edition = stage.publish(readers(2000))
    dice = random.Random(5)  # noqa: S311 - it only chooses moments.

    for _ in range(KILLS):
        workers = [stage.worker(), stage.sender()]
        stage.wait_until_accepted(len(receiver.accepted) + dice.randrange(5, 150))
        for each in workers:
            each.kill()
    last = [stage.worker(), stage.sender()]
    stage.finish(edition)
    for each in last:
        each.stop()

    bounds = Bounds(duplicates=KILLS * 2 * LINES, lines=2 * LINES)
    case = Case("F-05", "kill9_random", stage, edition, bounds)
    check_all(case)
    assert case.states == {Status.ACCEPTED: 2000}


@ON_BOTH
def test_two_workers_at_one_edition_send_each_message_once(stage: Stage, database: str) -> None:
    stage.receiver()
    edition = stage.publish(readers(1000))

    workers = [stage.worker(), stage.worker()]
    stage.wait_until_ended(edition)
    for each in workers:
        each.stop()

    case = Case("F-25", f"two_workers_same_issue {database}", stage, edition, Bounds(tries=1, lines=2 * LINES))
    check_all(case)
    assert case.states == {Status.ACCEPTED: 1000}


@ON_BOTH
def test_a_worker_that_slept_beyond_its_lease_neither_sends_nor_records_any_more(
    stage: Stage, database: str
) -> None:
    lease = 6
    receiver = stage.receiver(rule("dot", [["sleep", 0.05], ["usual"]]))
    stage.settings |= {
        "NEWSLETTER_BACKENDS": receiver.url(f"tls=none&connections={LINES}&dot_timeout=2"),
        "NEWSLETTER_LEASE_SECONDS": str(lease),
    }
    edition = stage.publish(readers(300))

    sleeper = stage.worker()
    stage.wait_until_accepted(60)
    sleeper.freeze()
    time.sleep(lease + 1)
    other = stage.worker()
    stage.finish(edition)
    woken_at = _wake(sleeper)
    stage.wait_until(lambda: time.monotonic() > woken_at + 3, "what it would have done")
    sleeper.stop()
    other.stop()

    bounds = Bounds(duplicates=LINES, unknowns=300, lines=2 * LINES)
    case = Case("F-25", f"lease_expiry {database}", stage, edition, bounds)
    check_all(case)
    assert case.states == {Status.ACCEPTED: 300}
    assert [each for each in receiver.dotted if each.mail_at > woken_at] == []


def _wake(sleeper: Process) -> float:
    sleeper.thaw()
    return time.monotonic()
