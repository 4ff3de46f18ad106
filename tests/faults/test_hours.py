"""Workers die while deliveries wait for their readers' hour, and as it comes."""

import time
from datetime import datetime, timedelta
from datetime import time as wall

import pytest
from sqlalchemy import update

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.policy import Status
from newsletter.editions import service as editions
from newsletter.editions.models import Edition
from newsletter.subscriptions.models import Subscriber
from tests import make
from tests.faults.case import Bounds, Case, Stop, wall_clock
from tests.faults.invariants import check_all
from tests.faults.oneclick import unsubscribe
from tests.faults.receiver import Receiver, rule
from tests.faults.stage import Stage, free_port, readers
from tests.faults.zones import Zones

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

LINES = 2
SEVEN = 7
ON_BOTH = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.on_postgres)]
)


@ON_BOTH
def test_who_waits_for_an_hour_gets_it_then_and_once_whoever_dies_meanwhile(stage: Stage, database: str) -> None:
    receiver, zones = stage.receiver(rule("dot", [["sleep", 0.01], ["usual"]])), Zones(stage.folder / "zones")
    stage.settings["PYTHONTZPATH"] = zones.path
    at_once, soon, later, port = readers(100), readers(60), readers(40), free_port()
    web = stage.web(port)
    began, mortal = time.monotonic(), stage.worker()
    stage.wait_until(lambda: "worker started" in mortal.said(), "it is at work")

    # As far ahead as this machine needs to start two workers more.
    comes_at = now().replace(microsecond=0) + timedelta(seconds=3 + round(2 * (time.monotonic() - began)))
    hours = dict.fromkeys(soon, comes_at) | dict.fromkeys(later, comes_at + timedelta(seconds=2))
    edition = waiting(stage, [*at_once, *soon, *later], {who: zone_of(zones, at) for who, at in hours.items()})
    stage.wait_until_accepted(30)
    mortal.kill()
    mortal = stage.worker()
    stage.wait_until(lambda: set(at_once) <= taken_by(receiver), "all others have it")
    mortal.kill()
    killed_at = now()
    answers = {who: unsubscribe(port, edition, who, stage.house) for who in (*soon[:5], *later[:5])}
    mortal = stage.worker()
    stage.wait_until(lambda: not taken_by(receiver).isdisjoint(soon), "the hour has come")
    mortal.kill()
    last = stage.worker()
    stage.wait_until(lambda: now() > max(hours.values()), "the last hour has come")
    stage.finish(edition)
    last.stop()
    web.stop()

    stops = [Stop(answer.at, recipients={who}) for who, answer in answers.items()]
    # Three were killed; of each, what its lines had under way is unknown.
    bounds = Bounds(duplicates=3 * LINES, lines=2 * LINES, stops=stops)
    case = Case("HOURS", f"kill9_before_and_at_their_hour {database}", stage, edition, bounds)
    check_all(case)
    early = [each for each in receiver.dotted if wall_clock(each.mail_at) < hours.get(each.recipient, comes_at)]
    assert killed_at < comes_at
    assert {each.recipient for each in early} == set(at_once)
    assert {answer.status for answer in answers.values()} == {200}
    assert case.states == {Status.ACCEPTED: 190, Status.CANCELLED: 10}
    assert case.in_state(Status.CANCELLED) == set(answers)


def waiting(stage: Stage, audience: list[str], zone_of_reader: dict[str, str]) -> Edition:
    """An edition that a worker shall queue for them; some of them are where it is seven o'clock in a while."""
    of = make.newsletter("hours")
    stage.subscribe(of, audience)
    with transaction():
        for zone in set(zone_of_reader.values()):
            people = [who for who, where in zone_of_reader.items() if where == zone]
            theirs = Subscriber.address.in_(people)
            db.session.execute(update(Subscriber).where(theirs).values(timezone=zone, local_hour=SEVEN))
    drafted = make.edition(of, [make.article(make.source())])
    editions.let_leave(drafted.id, stage.house)
    stage.wait_until(lambda: is_queued(drafted), "a worker has queued it")
    return drafted


def is_queued(edition: Edition) -> bool:
    db.session.rollback()
    db.session.refresh(edition)
    return edition.mailing_id is not None


def zone_of(zones: Zones, at: datetime) -> str:
    """Where it is seven o'clock then."""
    return zones.add(f"Seven{at:%M%S}", at, wall(SEVEN))


def taken_by(receiver: Receiver) -> set[str]:
    return {each.recipient for each in receiver.accepted}
