"""What a process of the broker's workers does with each call."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import Delivery
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import ledger
from newsletter.editions import service as editions
from newsletter.editions.models import Edition
from newsletter.engine.station import CALL_SIZE, MOST_CALLS, Calls, Station
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from tests import make
from tests.engine.calls import NoBroker, NotedCalls

Opening = Callable[[Calls], Station]


@pytest.fixture
def station(app: Flask) -> Iterator[Opening]:
    """Opens stations that are closed at the end."""
    opened: list[Station] = []

    def open_(calls: Calls) -> Station:
        opened.append(Station(app, calls))
        return opened[-1]

    yield open_
    for each in opened:
        each.close()


def queued(house: House, readers: int) -> int:
    """A mailing of an edition for so many readers."""
    of = make.newsletter(f"paper-{readers}")
    make.subscriptions(of, house, readers)
    mailing_id = editions.send(make.edition(of, [make.article(make.source())]).id, house).mailing_id
    assert mailing_id
    return mailing_id


def edition_of(mailing_id: int) -> Edition:
    return db.session.query(Edition).filter_by(mailing_id=mailing_id).one()


def multiply(mailing_id: int, by: int) -> None:
    """So many more deliveries of this mailing, for nobody."""
    with transaction():
        db.session.add_all(
            Delivery(mailing_id=mailing_id, address="x@example.org", address_key="x", due_at=now())
            for _ in range(by)
        )


def test_dispatch_calls_for_nothing_when_nothing_is_due(station: Opening) -> None:
    calls = NotedCalls()

    station(calls).perform("dispatch")

    assert calls.made == []


def test_dispatch_calls_for_what_a_person_waits_for_and_for_each_mailing(station: Opening, house: House) -> None:
    mailing_id = queued(house, 3)
    make.newsletter()
    make.confirmation_for("ann@example.org", house)
    calls = NotedCalls()

    station(calls).perform("dispatch")

    assert calls.made == [("person",), ("deliver", mailing_id)]


def test_a_large_mailing_is_worth_more_calls_and_no_mailing_is_behind_it(station: Opening, house: House) -> None:
    large, small = queued(house, 1), queued(house, 2)
    multiply(large, CALL_SIZE * 3)
    calls = NotedCalls()

    station(calls).perform("dispatch")

    assert calls.made == [
        ("deliver", large), ("deliver", small), ("deliver", large), ("deliver", large), ("deliver", large)
    ]  # fmt: skip


@pytest.mark.parametrize(("waiting", "made"), [(MOST_CALLS - 1, 1), (MOST_CALLS, 0), (MOST_CALLS * 9, 0)])
def test_no_more_calls_are_made_than_may_wait(station: Opening, house: House, waiting: int, made: int) -> None:
    multiply(queued(house, 1), CALL_SIZE * 3)
    calls = NotedCalls(deliver=waiting)

    station(calls).perform("dispatch")

    assert len(calls.made) == made


def test_a_paused_mailing_and_one_that_is_due_later_are_not_called_for(station: Opening, house: House) -> None:
    paused, later = queued(house, 1), queued(house, 2)
    editions.pause(edition_of(paused).id)
    with transaction():
        db.session.query(Delivery).filter_by(mailing_id=later).update({"due_at": now() + timedelta(minutes=5)})
    calls = NotedCalls()

    station(calls).perform("dispatch")

    assert calls.made == []


def test_deliver_sends_this_mailing_and_no_other(station: Opening, house: House, outbox: list[Envelope]) -> None:
    wanted, other = queued(house, 3), queued(house, 2)

    station(NotedCalls()).perform("deliver", wanted)

    assert len(outbox) == ledger(wanted).count(Status.ACCEPTED) == 3
    assert ledger(other).count(Status.QUEUED) == 2


def test_between_two_slices_a_person_is_served(station: Opening, house: House, outbox: list[Envelope]) -> None:
    mailing_id = queued(house, 15)
    make.newsletter()
    make.confirmation_for("ann@example.org", house)

    station(NotedCalls()).perform("deliver", mailing_id)

    assert "ann@example.org" in [envelope.recipient for envelope in outbox][:11]


def test_person_sends_what_a_person_waits_for_and_no_edition(
    station: Opening, house: House, outbox: list[Envelope]
) -> None:
    queued(house, 2)
    make.newsletter()
    make.confirmation_for("ann@example.org", house)

    station(NotedCalls()).perform("person")

    assert [envelope.recipient for envelope in outbox] == ["ann@example.org"]


@pytest.mark.parametrize("call", [("deliver", 99), ("poll", 99), ("tick", "no such job"), ("person",)])
def test_a_call_for_what_is_not_there_does_nothing(
    station: Opening, outbox: list[Envelope], call: tuple[str, int | str]
) -> None:
    station(NotedCalls()).perform(*call)

    assert outbox == []


def test_a_tick_runs_the_job_of_this_name(station: Opening, house: House) -> None:
    mailing_id = queued(house, 1)
    working = station(NotedCalls())
    working.perform("deliver", mailing_id)

    working.perform("tick", "follow mailings")

    db.session.expire_all()
    assert edition_of(mailing_id).status == "sent"


def test_sources_are_called_for_one_by_one_unless_they_were_asked_just_now(station: Opening) -> None:
    never, long_ago, just_now = make.source(), make.source(), make.source()
    with transaction():
        long_ago.polled_at, just_now.polled_at = now() - timedelta(hours=1), now()
    calls = NotedCalls()

    station(calls).perform("tick", "poll sources")

    assert calls.made == [("poll", never.id), ("poll", long_ago.id)]


def test_sources_are_not_called_for_while_some_still_wait(station: Opening) -> None:
    make.source()
    calls = NotedCalls(poll=1)

    station(calls).perform("tick", "poll sources")

    assert calls.made == []


def test_without_a_broker_a_call_is_lost_and_the_process_lives(
    station: Opening, house: House, outbox: list[Envelope]
) -> None:
    mailing_id = queued(house, 2)
    lonely = station(NoBroker())

    lonely.perform("dispatch")
    lonely.perform("deliver", mailing_id)

    assert len(outbox) == 2


def test_a_process_that_is_to_stop_ends_after_the_slice_in_hand(
    app: Flask, house: House, outbox: list[Envelope]
) -> None:
    mailing_id = queued(house, 15)
    calls = NotedCalls()
    station = Station(app, calls, lambda: True)

    station.perform("deliver", mailing_id)

    station.close()
    assert len(outbox) == 10
    assert calls.made == [("deliver", mailing_id)]


def test_a_closed_station_leaves_no_journal(app: Flask, house: House) -> None:
    mailing_id = queued(house, 2)
    station = Station(app, NotedCalls())
    station.perform("deliver", mailing_id)

    station.close()

    assert list(house.settings.spool.glob("*.journal")) == []
