"""Four workers and two beats on a broker: whoever fails, nobody is lost, and copies are no more than promised."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from newsletter.core.db import db
from newsletter.delivery.policy import Status
from tests.scale.forwarder import Forwarder
from tests.scale.ground import BROKERS, CONNECTIONS, LEASE_SECONDS, Cluster, cluster, database_place, through

pytestmark = [pytest.mark.loopback, pytest.mark.scale]

READERS = 2000


@pytest.fixture(params=BROKERS)
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cluster]:
    with cluster(request.param, tmp_path) as made:
        yield made


def test_one_is_killed_one_frozen_and_one_loses_the_database(ground: Cluster) -> None:
    with Forwarder(database_place()) as line:
        killed, frozen, _ = ground.start_workers(3)
        cut_off = ground.start("worker", DATABASE_URL=through(line, ground.url))
        ground.start("beat")
        ground.start("beat")
        mailing_id = ground.send_edition(READERS)

        ground.wait_until_accepted(mailing_id, READERS // 8)
        killed.end()
        ground.wait_until_accepted(mailing_id, READERS // 4)
        frozen.send(signal.SIGSTOP)
        line.cut()
        time.sleep(LEASE_SECONDS + 1)
        line.mend()
        ground.wait_until_accepted(mailing_id, READERS)
        frozen.send(signal.SIGCONT)
        time.sleep(LEASE_SECONDS)

        assert cut_off.started.poll() is None
    account, copies = ground.standing(mailing_id), ground.copies()
    assert account.is_balanced
    assert account.count(Status.ACCEPTED) == account.audience == len(copies) == READERS
    assert len(ground.message_ids()) == READERS
    assert copies.total() - READERS <= 3 * CONNECTIONS


def test_who_stands_still_within_a_transaction_lets_go_of_the_rows(ground: Cluster) -> None:
    with ground.app.app_context():
        db.session.execute(text("SELECT 1"))
        limit = db.session.scalar(text("SHOW idle_in_transaction_session_timeout"))

    assert limit == "30s"


def test_two_beats_send_nobody_a_second_copy(ground: Cluster) -> None:
    ground.start("beat")
    ground.start("beat")
    ground.start_workers(2)
    mailing_id = ground.send_edition(300)

    ground.wait_until_accepted(mailing_id, 300)

    assert set(ground.copies().values()) == {1}


def test_a_worker_that_is_asked_to_stop_leaves_nothing_behind(ground: Cluster) -> None:
    ground.start("beat")
    worker = ground.start("worker")
    mailing_id = ground.send_edition(600)
    ground.wait_until_accepted(mailing_id, 50)

    worker.started.terminate()
    code = worker.started.wait(timeout=60)

    account = ground.standing(mailing_id)
    assert code == 0
    assert account.count(Status.LEASED) == 0
    assert account.count(Status.ACCEPTED) == ground.copies().total()
    assert list(ground.house.settings.spool.glob("*.journal")) == []
