"""Hosts that share nothing but the network: killed, standing still, without the database, without a line."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.delivery.policy import Status
from tests.scale.ground import BROKERS, CONNECTIONS, LEASE_SECONDS, Cluster, cluster
from tests.scale.hosts import hosts

pytestmark = [pytest.mark.loopback, pytest.mark.namespaces]

READERS = 2000


@pytest.fixture(params=BROKERS)
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cluster]:
    with cluster(request.param, tmp_path) as made:
        yield made


def test_hosts_that_fail_lose_nobody_and_repeat_only_what_nobody_else_can_know(ground: Cluster) -> None:
    with hosts(ground, 5) as (killed, frozen, cut_off, unplugged, well):
        workers = [host.start_worker() for host in (killed, frozen, cut_off, unplugged, well)]
        ground.start("beat")
        ground.start("beat")
        mailing_id = ground.send_edition(READERS)

        ground.wait_until_accepted(mailing_id, READERS // 8)
        workers[0].end()
        killed.start_worker()
        ground.wait_until_accepted(mailing_id, READERS // 4)
        workers[1].send(signal.SIGSTOP)
        known_to_none = frozen.unrecorded()
        cut_off.database.cut()
        unplugged.pull_the_plug()
        time.sleep(LEASE_SECONDS + 1)
        cut_off.database.mend()
        unplugged.put_the_plug_back()
        ground.wait_until_accepted(mailing_id, READERS)
        workers[1].send(signal.SIGCONT)
        time.sleep(LEASE_SECONDS)

    account, copies = ground.standing(mailing_id), ground.copies()
    assert account.is_balanced
    assert account.count(Status.ACCEPTED) == account.audience == len(copies) == READERS
    assert len(ground.message_ids()) == READERS
    assert copies.total() - READERS <= 4 * CONNECTIONS + known_to_none
