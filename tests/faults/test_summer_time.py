"""F-28: clocks are put forward and back at the slot, and leave out a whole date."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import insert, literal, select

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.policy import Status
from newsletter.digests.models import Digest
from newsletter.digests.policy import Outcome
from newsletter.digests.queries import runs
from newsletter.digests.service import Rule, add_digest, run_due
from newsletter.editions.models import Edition
from newsletter.editions.queries import editions
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Follow, Subscription
from newsletter.subscriptions.policy import Cadence, FollowKind
from tests import make
from tests.faults.case import Bounds, Case, wall_clock
from tests.faults.invariants import check_all
from tests.faults.receiver import rule
from tests.faults.stage import Stage, readers
from tests.faults.zones import Zones

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

LINES, SIZE = 2, 60
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
TEN_MINUTES, LOOKED_AT = timedelta(minutes=10), timedelta(days=4)


@dataclass(frozen=True)
class Change:
    """A digest that comes `when`, and clocks that show a time so long `after` its slot, and then jump.

    From the slot to the next one it is `rest`.
    """

    when: str
    shows: wall
    jump: timedelta
    rest: timedelta
    after: timedelta = timedelta()


CHANGES = {
    "gap": Change("daily at 02:30", wall(2), HOUR, DAY - HOUR / 2),
    "date_left_out": Change("daily at 00:00", wall(0), DAY, DAY),
    # Half past two comes again, four seconds after it has come.
    "fold": Change("daily at 02:30", wall(2, 30, 2), -4 * SECOND, DAY + 4 * SECOND, after=2 * SECOND),
}
SLEPT_THROUGH = 6 * SECOND
"""From the slot on: by then what comes a second time has come."""


@pytest.mark.parametrize("name", list(CHANGES))
def test_a_slot_at_the_change_of_the_clocks_brings_one_edition_whoever_dies_at_it(stage: Stage, name: str) -> None:
    receiver, zones = stage.receiver(rule("dot", [["sleep", 0.02], ["usual"]])), Zones(stage.folder / "zones")
    stage.settings["PYTHONTZPATH"] = zones.path
    of, source, change = make.newsletter(), make.source(), CHANGES[name]
    make.article(source)
    stage.subscribe(of, readers(SIZE))
    follow(of, "harbour")
    mortal = [stage.worker(), stage.worker()]
    stage.wait_until(lambda: all("worker started" in each.said() for each in mortal), "they are at work")

    slot = now().replace(microsecond=0) + 3 * SECOND
    zone = zones.add(f"Test{name}", slot + change.after, change.shows, change.jump)
    with zones.known_here():
        digest = add_digest("nightly", of.slug, Rule(change.when, zone), [source.id])
    aimed_at = digest.next_due_at
    # What some get a part of is drafted first and queued by the next tick, or by whoever is there then.
    stage.wait_until(lambda: bool(drafted(of)), "the slot has come")
    for each in mortal:
        each.kill()
        # It had nothing to send before the slot.
        each.must_send = False
    again = stage.worker()
    stage.wait_until_accepted(1)
    [edition] = drafted(of)
    stage.finish(edition)
    stage.wait_until(lambda: now() > slot + SLEPT_THROUGH, "the time that comes twice is over")
    again.stop()

    bounds = Bounds(duplicates=len(mortal) * LINES, lines=2 * LINES)
    case = Case("F-28", f"clocks_change {name}", stage, edition, bounds)
    check_all(case)
    db.session.rollback()
    assert case.states == {Status.ACCEPTED: SIZE}
    assert aimed_at == slot <= wall_clock(receiver.accepted[0].mail_at)
    assert [(ran.due_at, ran.outcome) for ran in runs(digest.id)] == [(slot, Outcome.EDITION)]
    assert len(editions(of.id)) == 1
    assert db.session.get_one(Digest, digest.id, populate_existing=True).next_due_at == slot + change.rest


@pytest.mark.parametrize(
    ("zone", "year"),
    [
        ("Europe/Zurich", 2026),
        ("America/New_York", 2026),
        ("Australia/Lord_Howe", 2026),
        # It left out the 30th of December 2011.
        ("Pacific/Apia", 2010),
    ],
)
def test_around_each_change_of_two_years_two_clocks_run_each_local_day_once(
    stage: Stage, zone: str, year: int
) -> None:
    of, source, longest = make.newsletter(), make.source(), 0.0
    changes = list(changes_of(ZoneInfo(zone), year))
    for number, change in enumerate(changes):
        start = datetime.combine(change - 2 * DAY, wall(), ZoneInfo(zone)).astimezone(UTC)
        with time_machine.travel(start, tick=False) as clock:
            digest = add_digest(f"nightly{number}", of.slug, Rule("30 2 * * *", zone), [source.id])
            while now() < start + 4 * DAY:
                began = time.process_time()
                run_due(stage.house)
                run_due(stage.house)
                longest = max(longest, time.process_time() - began)
                clock.shift(TEN_MINUTES)

        # A Monday's slot is also that of the week, which nobody wants.
        ran = [each for each in runs(digest.id) if each.cadence == Cadence.EACH]
        days = Counter(each.due_at.astimezone(ZoneInfo(zone)).date() for each in ran)
        assert days == Counter(dict.fromkeys(days_from(ZoneInfo(zone), start), 1))
        assert {each.outcome for each in ran} == {Outcome.NOTHING_NEW}
        digest.aim(datetime(9999, 1, 1, tzinfo=UTC))
        db.session.commit()
    stage.told.append(
        ("fault", f"F-28 simulated {zone}: {len(changes)} changes, a tick took {longest:.3f} CPU s at most")
    )
    assert len(changes) >= 4
    assert longest < 1.0


def follow(of: Newsletter, topic: str) -> None:
    """Every third reader wants that topic alone."""
    with transaction():
        third = select(Subscription.id, literal(FollowKind.TOPIC.value), literal(topic)).where(
            Subscription.newsletter_id == of.id, Subscription.id % 3 == 0
        )
        db.session.execute(insert(Follow).from_select([Follow.subscription_id, Follow.kind, Follow.value], third))


def drafted(of: Newsletter) -> Sequence[Edition]:
    db.session.rollback()
    return editions(of.id)


def changes_of(zone: ZoneInfo, year: int) -> Iterator[date]:
    """The local dates of two years on which the clocks are changed."""
    noon = datetime(year, 1, 1, 12, tzinfo=UTC)
    while noon.year < year + 2:
        if noon.astimezone(zone).utcoffset() != (noon + DAY).astimezone(zone).utcoffset():
            yield (noon + DAY).astimezone(zone).date()
        noon += DAY


def days_from(zone: ZoneInfo, start: datetime) -> list[date]:
    """The local dates that there are in this time, as far as half past two has come, or would have."""
    local = [(start + TEN_MINUTES * number).astimezone(zone) for number in range(LOOKED_AT // TEN_MINUTES)]
    return list(dict.fromkeys(each.date() for each in local if (each.hour, each.minute) >= (2, 30)))
