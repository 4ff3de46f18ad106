"""F-23, F-24 and F-26: somebody says stop, an operator pauses and cancels, a copy of the database wakes up."""

import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from newsletter.delivery.policy import Status
from newsletter.editions import service as editions
from tests.faults.case import Bounds, Case, Stop
from tests.faults.invariants import check_all
from tests.faults.oneclick import unsubscribe
from tests.faults.receiver import rule
from tests.faults.stage import Stage, free_port, readers

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

LINES = 2
SLOWLY = rule("dot", [["sleep", 0.01], ["usual"]])


def test_whoever_clicks_while_an_edition_goes_out_is_answered_at_once_and_gets_nothing_any_more(
    stage: Stage,
) -> None:
    receiver = stage.receiver(SLOWLY)
    port, audience = free_port(), readers(2000)
    edition = stage.publish(audience)

    web, worker = stage.web(port), stage.worker()
    stage.wait_until_accepted(100)
    answers = {who: unsubscribe(port, edition, who, stage.house) for who in audience[-200:]}
    sent_by_then = len(receiver.accepted)
    stage.wait_until_ended(edition)
    worker.stop()
    web.stop()

    stops = [Stop(answer.at, recipients={who}) for who, answer in answers.items()]
    case = Case("F-23", "unsubscribe_mid_issue", stage, edition, Bounds(tries=1, stops=stops))
    check_all(case)
    assert {answer.status for answer in answers.values()} == {200}
    assert max(answer.seconds for answer in answers.values()) < 1.0
    assert sent_by_then < 1800
    assert case.states[Status.CANCELLED] > 150
    assert case.in_state(Status.CANCELLED) <= set(answers)


def test_pausing_resuming_dying_and_cancelling_leave_an_account_that_adds_up(stage: Stage) -> None:
    receiver = stage.receiver(SLOWLY)
    edition = stage.publish(readers(1000))

    worker = stage.worker()
    stage.wait_until_accepted(300)
    editions.pause(edition.id)
    paused_at = time.monotonic()
    stage.wait_until_still(3.0)
    resumed_at = time.monotonic()
    editions.resume(edition.id)
    stage.wait_until_accepted(len(receiver.accepted) + 100)
    worker.kill()
    again = stage.worker()
    stage.wait_until_accepted(800)
    editions.cancel(edition.id)
    cancelled_at = time.monotonic()
    stage.finish(edition)
    again.stop()

    stops = [Stop(paused_at, resumed_at), Stop(cancelled_at)]
    case = Case("F-24", "pause_resume_cancel", stage, edition, Bounds(duplicates=LINES, stops=stops))
    check_all(case)
    told = json.loads(run(stage, "edition", "show", str(edition.id), "--json").stdout)
    assert case.states[Status.CANCELLED] > 0
    assert told["ledger"]["audience"] == 1000 == sum(case.states.values())
    assert told["ledger"]["accepted"] == case.states[Status.ACCEPTED] >= len(case.copies) - case.unknowns
    assert told["status"] == "cancelled"


def test_a_copy_of_the_database_sends_nothing_until_somebody_adopts_it(stage: Stage) -> None:
    stage.receiver(SLOWLY)
    other_place = stage.receiver()
    edition = stage.publish(readers(600))

    worker = stage.worker()
    stage.wait_until_accepted(100)
    copy = copied(stage)
    clone = stage.worker(**copy, NEWSLETTER_BACKENDS=other_place.url())
    clone.must_send = False
    stage.wait_until_ended(edition)
    stage.wait_until(lambda: "newsletter adopt" in clone.said(), "the log says what is to be done")
    stage.wait_until_still(3.0)
    sent_by_the_copy = len(other_place.dotted)
    worker.stop()
    clone.stop()

    case = Case("F-26", "clone_restore", stage, edition, Bounds(tries=1))
    check_all(case)
    assert sent_by_the_copy == 0
    assert case.states == {Status.ACCEPTED: 600}
    assert run(stage, "adopt", "--yes", **copy).returncode == 0
    adopted = stage.worker(**copy, NEWSLETTER_BACKENDS=other_place.url())
    stage.wait_until(lambda: len(other_place.accepted) > 0, "the adopted copy sends")
    adopted.kill()


def copied(stage: Stage) -> dict[str, str]:
    """A copy of the database as of now, in a place of its own; the settings of a service on it."""
    place = stage.folder / "elsewhere"
    place.mkdir()
    original = Path(str(make_url(stage.database_url).database))
    with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(place / "copy.db")) as target:
        source.backup(target)
    return {"NEWSLETTER_DATABASE_URL": f"sqlite:///{place / 'copy.db'}", "NEWSLETTER_SPOOL": str(place / "spool")}


def run(stage: Stage, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One of our commands."""
    return subprocess.run(
        [sys.executable, "-m", "newsletter", *arguments],
        env=stage.environment(environment),
        capture_output=True,
        text=True,
        check=False,
    )
