"""What a person waits for is never behind an edition: a confirmation leaves while a large one is on its way."""

import time

import pytest

from newsletter.subscriptions.service import Origin, sign_up
from tests import make
from tests.faults.receiver import rule
from tests.faults.stage import Stage, readers

pytestmark = [pytest.mark.faults, pytest.mark.alone, pytest.mark.loopback]

LONGEST_WAIT = 2.0
ANN = "ann@person.example"


@pytest.mark.parametrize(("size", "thinking"), [(20_000, 0.0), (100, 0.5)], ids=["large", "slow"])
def test_a_confirmation_leaves_within_two_seconds_under_a_running_edition(
    stage: Stage, size: int, thinking: float
) -> None:
    receiver = stage.receiver(rule("dot", [["sleep", thinking], ["usual"]], domain="example.org"), keep_every=1000)
    stage.settings["NEWSLETTER_BACKENDS"] = receiver.url("tls=none&connections=4")
    edition = stage.publish(readers(size))
    make.newsletter("waiting")
    worker = stage.worker()
    stage.wait_until_accepted(20)

    asked_at = time.monotonic()
    sign_up(ANN, ["waiting"], Origin("form"), stage.house)
    stage.wait_until(lambda: any(each.recipient == ANN for each in receiver.accepted), "Ann has her confirmation")
    waited, taken = time.monotonic() - asked_at, len(receiver.accepted)
    stage.finish(edition)
    worker.stop()

    stage.told.append(("fault", f" LANES a confirmation left after {waited:.1f} s, with {taken} of {size} taken"))
    assert waited < LONGEST_WAIT
    assert taken < size
    assert len(receiver.accepted) == size + 1
