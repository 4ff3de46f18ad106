"""F-19 to F-22: what sending rests on is full, away or busy."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread

import pytest
from sqlalchemy.engine import make_url

from newsletter.delivery.policy import Status
from tests.faults.case import Bounds, Case
from tests.faults.disks import Disk
from tests.faults.invariants import check_all
from tests.faults.oneclick import has_left, unsubscribe
from tests.faults.proxy import Proxy
from tests.faults.receiver import Receiver, rule
from tests.faults.stage import Stage, free_port, readers

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

SLOWLY = rule("dot", [["sleep", 0.01], ["usual"]])
BATCH = 250
"""Messages that may still go out: a slice at the pace of `SLOWLY` over two lines."""


def new_dots(stage: Stage, receiver: Receiver, before: int) -> int:
    """How many came after these, once no more come."""
    stage.wait_until_still()
    return len(receiver.dotted) - before


@contextmanager
def door_to(stage: Stage) -> Iterator[Proxy]:
    """Between the processes and the database; the test itself goes around it."""
    url = make_url(stage.database_url)
    proxy = Proxy(url.host or "127.0.0.1", url.port or 5432)
    through = url.set(host="127.0.0.1", port=proxy.port)
    stage.settings["NEWSLETTER_DATABASE_URL"] = through.render_as_string(hide_password=False)
    try:
        yield proxy
    finally:
        stage.close()
        proxy.close()


def test_on_a_full_disk_sending_stops_nobody_hears_a_false_yes_and_then_it_goes_on(
    full: tuple[Stage, Disk],
) -> None:
    stage, disk = full
    receiver = stage.receiver(SLOWLY)
    port, audience = free_port(), readers(1000)
    edition = stage.publish(audience)

    worker, web = stage.worker(), stage.web(port)
    stage.wait_until_accepted(200)
    before = len(receiver.dotted)
    disk.fill(worker, web)
    still_sent = new_dots(stage, receiver, before)
    refused = unsubscribe(port, edition, audience[-1], stage.house)
    had_left = has_left(edition, audience[-1])
    disk.free(worker, web)
    stage.finish(edition)
    agreed = unsubscribe(port, edition, audience[-1], stage.house)
    worker.stop()

    case = Case("F-19", f"disk_full {type(disk).__name__}, web {refused.status}", stage, edition, Bounds(tries=1))
    check_all(case)
    assert still_sent <= BATCH
    assert (refused.status, had_left) in {(503, False), (200, True)}
    assert agreed.status == 200
    assert has_left(edition, audience[-1])
    assert sum(case.states.values()) == 1000


@pytest.mark.on_postgres
def test_while_the_database_is_away_sending_stops_and_what_is_known_is_kept(stage: Stage) -> None:
    receiver = stage.receiver(SLOWLY)
    edition = stage.publish(readers(1500))
    still_sent = []

    with door_to(stage) as door:
        worker = stage.worker()
        for seconds in (1, 1, 10):
            stage.wait_until_accepted(len(receiver.accepted) + 150)
            before = len(receiver.dotted)
            door.cut()
            still_sent.append(new_dots(stage, receiver, before))
            time.sleep(seconds)
            door.mend()
        stage.finish(edition)
        worker.stop()

    case = Case("F-20", "db_down_10s postgresql", stage, edition, Bounds(tries=1))
    check_all(case)
    assert max(still_sent) <= BATCH
    assert case.states == {Status.ACCEPTED: 1500}


@pytest.mark.on_postgres
def test_an_unsubscribe_while_the_database_is_away_is_answered_503_and_works_later(stage: Stage) -> None:
    stage.receiver()
    port, audience = free_port(), readers(20)
    edition = stage.publish(audience)

    with door_to(stage) as door:
        stage.web(port)
        door.cut()
        refused = unsubscribe(port, edition, audience[0], stage.house)
        door.mend()
        agreed = unsubscribe(port, edition, audience[0], stage.house)
        worker = stage.worker()
        stage.finish(edition)
        worker.stop()

    case = Case("F-22", "oneclick_db_down postgresql", stage, edition)
    check_all(case)
    assert (refused.status, refused.retry_after) == (503, "30")
    assert agreed.status == 200
    assert case.in_state(Status.CANCELLED) == {audience[0]}


@contextmanager
def writer(stage: Stage, seconds: float, pause: float) -> Iterator[None]:
    """Another program that holds the write lock of the database for so long, again after each pause."""
    over = Event()
    path = str(make_url(stage.database_url).database)

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
            while not over.wait(pause):
                connection.execute("BEGIN IMMEDIATE")
                over.wait(seconds)
                connection.execute("ROLLBACK")

    thread = Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize(("name", "seconds", "pause"), [("db_locked 5 s", 5.0, 0.5), ("slow_commits", 0.05, 0.01)])
def test_a_database_that_others_keep_busy_makes_sending_slower_and_nothing_else(
    stage: Stage, name: str, seconds: float, pause: float
) -> None:
    stage.receiver()
    edition = stage.publish(readers(600))

    worker = stage.worker()
    stage.wait_until_accepted(30)
    with writer(stage, seconds, pause):
        stage.wait_until_ended(edition)
    worker.stop()

    case = Case("F-21", name, stage, edition, Bounds(tries=1))
    check_all(case)
    assert case.states == {Status.ACCEPTED: 600}
    assert "sending stopped" not in worker.said()
