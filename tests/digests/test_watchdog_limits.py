"""The watchdog: a sending that stands still, what is switched off, and what goes to the log alone."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs
from time_machine import Traveller

from newsletter.alarms.queries import open_alarms
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import InvalidInput
from newsletter.delivery.models import Delivery
from newsletter.delivery.policy import Status
from newsletter.digests.policy.watching import Empty, Kind, Smaller, Watch, restored, stored
from newsletter.digests.service import run_due, watch, watch_by
from newsletter.editions import service as editions
from newsletter.editions.policy import STANDSTILL
from newsletter.editions.queries import edition as edition_of
from newsletter.jobs import timetable
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from tests import make
from tests.digests.test_watchdog import DAY, DESK, MINUTE, news, slot, told, watched

__all__ = ["watched"]


def test_a_sending_that_brings_nothing_to_an_end_stands_still(
    watched: House, outbox: list[Envelope], clock: Traveller
) -> None:
    news()
    run_due(watched)
    clock.shift(STANDSTILL - MINUTE)
    assert [sight.kind for sight in watch(watched)] == []
    clock.shift(MINUTE)
    assert [(sight.kind, sight.about) for sight in watch(watched)] == [(Kind.STILL, "1")]
    mailing_id = edition_of(1).mailing_id
    with transaction():
        last = db.session.scalars(select(Delivery.id).where(Delivery.mailing_id == mailing_id).limit(1)).one()
        db.session.execute(
            update(Delivery)
            .where(Delivery.id == last)
            .values(status=Status.ACCEPTED, ended_at=now())
            .execution_options(synchronize_session=False)
        )

    assert watch(watched) == []
    make.send_all(watched)
    subjects = [str(make.parsed(mail)["Subject"]) for mail in outbox if mail.recipient == DESK]
    assert subjects == ["A sending stands still: edition 1", "Sending goes on: edition 1"]


def test_what_waits_for_a_server_that_asked_us_to_come_later_does_not_stand_still(
    watched: House, clock: Traveller
) -> None:
    news()
    run_due(watched)
    with transaction():
        db.session.execute(update(Delivery).values(status=Status.DEFERRED, due_at=now() + timedelta(hours=1)))
    clock.shift(30 * MINUTE)

    assert watch(watched) == []


def test_what_delivery_paused_is_told_and_what_an_operator_paused_is_not(
    watched: House, outbox: list[Envelope], clock: Traveller
) -> None:
    news()
    run_due(watched)
    editions.pause(1)
    assert watch(watched) == []
    editions.resume(1)
    editions.pause(1, "550 5.7.1 we do not want this")

    assert told(watched, outbox) == ["A sending stands still: edition 1"]
    assert "we do not want this" in " ".join(make.text_of(outbox[0]).split())
    editions.cancel(1)
    assert told(watched, outbox)[1:] == ["Sending goes on: edition 1"]


def test_without_an_address_the_log_tells_when_it_begins_and_ends(
    house: House, watched: House, clock: Traveller
) -> None:
    with capture_logs() as seen:
        run_due(house)
        watch(house)
        watch(house)
        slot(house, clock)
        watch(house)

    events = [(each["log_level"], each["event"]) for each in seen if each.get("about")]
    assert events == [
        ("error", "edition is empty or short"),
        ("warning", "it is over"),
    ]


def test_what_is_switched_off_is_not_told_and_ends(watched: House, clock: Traveller) -> None:
    run_due(watched)
    assert [sight.kind for sight in watch(watched)] == [Kind.EMPTY]
    watch_by("morning", Watch(late=0, empty=Empty.OFF, smaller=Smaller.OFF))

    assert watch(watched) == []
    assert open_alarms() == []
    clock.shift(DAY)
    assert watch(watched) == []


def test_one_digest_that_is_wrong_hides_no_other(watched: House, outbox: list[Envelope], clock: Traveller) -> None:
    of = db.session.scalars(select(Newsletter)).one()
    make.digest(of, [make.source()], "evening")
    clock.shift(20 * MINUTE)

    assert len(told(watched, outbox)) == 1
    clock.shift(DAY)
    assert sorted(told(watched, outbox)) == ["An edition is late: evening", "An edition is late: morning"]


@pytest.mark.parametrize(
    ("facts", "field"), [({"late": 121}, "late"), ({"late": -1}, "late"), ({"share": 0}, "share")]
)
def test_what_cannot_be_watched_is_refused(facts: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Watch(**facts)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_what_is_stored_comes_back_and_what_is_missing_has_its_default() -> None:
    by = Watch(late=5, empty=Empty.OFF, share=33, smaller=Smaller.HOLD)

    assert restored(stored(by)) == by
    assert restored({}) == Watch()
    assert [by.least_of(last) for last in (0, 1, 3, 100)] == [0, 1, 3, 67]


def test_the_timetable_has_the_watchdog(house: House) -> None:
    [job] = [each for each in timetable(house) if each.name == "watch editions"]

    assert (job.work, job.every) == (watch, MINUTE)
