"""F-45: twenty thousand readers, two workers, a fault at each hundredth message, and five deaths."""

from collections import Counter
from statistics import median

import pytest

from newsletter.delivery.policy import Status
from tests.faults.case import Bounds, Case
from tests.faults.invariants import check_all
from tests.faults.orders import USUAL
from tests.faults.receiver import rule
from tests.faults.stage import Stage, readers

pytestmark = [pytest.mark.faults, pytest.mark.loopback]

READERS, KILLS, LINES = 20_000, 5, 4
SECONDS = 90.0
SLOWEST = 200
"""Messages a second, in the median second."""

FAULTS = [
    rule("mail", [["reply", "421 4.3.2 closing\r\n"], ["close"]], chance=0.001),
    rule("rcpt", [["reply", "451 4.3.0 not now\r\n"]], chance=0.002),
    rule("rcpt", [["slow", USUAL["rcpt"], 0.01]], chance=0.001),
    rule("data", [["close"]], chance=0.001),
    rule("body", [["close"]], chance=0.001),
    rule("dot", [["close"]], chance=0.001),
    rule("dot", [["rst"]], chance=0.001),
    rule("dot", [["usual"], ["close"]], chance=0.001),
    rule("dot", [["reply", "451 4.3.0 not now\r\n"]], chance=0.001),
]


def test_an_edition_to_twenty_thousand_through_faults_and_deaths(stage: Stage) -> None:
    receiver = stage.receiver(*FAULTS, keep_every=50)
    stage.settings["NEWSLETTER_BACKENDS"] = receiver.url(f"tls=none&connections={LINES}&command_timeout=20")
    edition = stage.publish(readers(READERS))

    workers = [stage.worker(), stage.worker()]
    for death in range(1, KILLS + 1):
        stage.wait_until_accepted(death * READERS // (KILLS + 1) // 2, SECONDS)
        workers.pop(0).kill()
        workers.append(stage.worker())
    stage.finish(edition, SECONDS)
    for each in workers:
        each.stop()

    bounds = Bounds(duplicates=KILLS * LINES, unknowns=KILLS * LINES + READERS // 100, lines=2 * LINES)
    seconds = Counter(int(each.at) for each in receiver.accepted)
    case = Case("F-45", f"soak_20k {median(seconds.values()):.0f}/s", stage, edition, bounds)
    check_all(case)
    assert case.states[Status.ACCEPTED] + case.states[Status.UNKNOWN] == READERS
    assert case.states[Status.UNKNOWN] < 10
    assert median(seconds.values()) > SLOWEST
