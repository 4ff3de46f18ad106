"""Some get it first while workers die: the rest waits and is never lost."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import Canary
from newsletter.delivery.policy import CanaryRule, CanaryState, Status
from newsletter.delivery.queries import canary
from newsletter.editions.models import Edition
from tests.faults.case import Bounds, Case
from tests.faults.invariants import check_all
from tests.faults.receiver import rule
from tests.faults.stage import Stage, readers

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

LINES = 2
FIRST, READERS = 60, 600
SLOWLY = rule("dot", [["sleep", 0.02], ["usual"]])


def state(edition: Edition) -> CanaryState | None:
    db.session.rollback()
    found = canary(edition.mailing_id or 0)
    return found and CanaryState(found.state)


def test_whoever_dies_while_some_get_it_first_or_are_watched_the_rest_follows_once(stage: Stage) -> None:
    stage.first = CanaryRule(FIRST / READERS, 20, timedelta(minutes=30), 0.5)
    receiver = stage.receiver(SLOWLY)
    edition = stage.publish(readers(READERS))

    worker = stage.worker()
    stage.wait_until_accepted(20)
    worker.kill()
    again = stage.worker()
    stage.wait_until(lambda: state(edition) == CanaryState.WATCHED, "the first are watched")
    again.kill()
    third = stage.worker()
    stage.wait_until_still(2.0)
    first = len(receiver.accepted)
    with transaction():
        db.session.execute(update(Canary).values(ends_at=now()))
    stage.finish(edition)
    third.stop()

    case = Case("F-24", "canary_killed", stage, edition, Bounds(duplicates=LINES))
    check_all(case)
    assert FIRST <= first <= FIRST + LINES
    assert state(edition) == CanaryState.PASSED
    assert case.states[Status.ACCEPTED] + case.states[Status.UNKNOWN] == READERS


def test_when_the_first_are_refused_nobody_else_is_asked(stage: Stage) -> None:
    stage.first = CanaryRule(FIRST / READERS, 20, timedelta(minutes=30), 0.05)
    receiver = stage.receiver(rule("rcpt", [["reply", "451 4.7.1 not now\r\n"]]))
    edition = stage.publish(readers(READERS))

    worker = stage.worker()
    stage.wait_until(lambda: stage.is_paused(edition), "it is paused")
    stage.wait_until_still(2.0)
    worker.stop()

    assert state(edition) == CanaryState.STOPPED
    assert not receiver.accepted
    assert 3 < stage.states(edition)[Status.DEFERRED] <= FIRST
    assert stage.standing(edition).is_balanced
