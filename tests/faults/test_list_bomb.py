"""F-31: five thousand sign-ups in a minute, and what they could not make us do. Also: answers and their times."""

import http.client
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from newsletter.core.db import db, transaction
from newsletter.editions.models import Edition
from newsletter.subscriptions.models import SignUp
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make
from tests.faults.oneclick import Answer, unsubscribe
from tests.faults.stage import Stage, free_port, readers

pytestmark = [pytest.mark.faults, pytest.mark.alone, pytest.mark.loopback]

SIGN_UPS, VICTIMS, SECONDS, READERS = 5000, 1000, 60, 200
APART = 0.009
"""Seconds from one sign-up to the next: a little quicker than the minute asks for."""

SLACK = 30
"""Seconds by which a slow machine may be late with its answers."""

SAMPLES, MOST_APART = 300, 0.003


@dataclass(frozen=True)
class Answered:
    """What a visitor can see, and how long it took."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float


def post(port: int, slug: str, fields: dict[str, str], **headers: str) -> Answered:
    began = time.monotonic()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    kind = {"Host": "letters.example.org", "Content-Type": "application/x-www-form-urlencoded"}
    line.request("POST", f"/{slug}/subscribe", urlencode(fields), {**kind, **headers})
    answer = line.getresponse()
    body = answer.read()
    line.close()
    shown = tuple((name, value) for name, value in answer.getheaders() if name != "Date")
    return Answered(answer.status, shown, body, time.monotonic() - began)


def attack(port: int, slugs: list[str], number: int, at: float) -> Answered:
    """One of them: a victim for each newsletter in turn, or one of a thousand, from wherever the header says.

    `at`: the moment of the monotonic clock before which it does not begin.
    """
    time.sleep(max(0.0, at - time.monotonic()))
    forwarded = {"X-Forwarded-For": f"198.{number % 250}.{number // 250 % 250}.7"}
    victim = number % 5 == 0
    address = (
        f"victim+{number}@one.example.org" if victim else f"v{number % VICTIMS}@d{number % VICTIMS}.example.org"
    )
    return post(port, slugs[number % len(slugs)], {"email": address}, **forwarded)


def leave(port: int, edition: Edition, address: str, stage: Stage) -> Answer:
    """One click, and time for the next, so that they are spread over the attack."""
    time.sleep(SIGN_UPS * APART / READERS)
    return unsubscribe(port, edition, address, stage.house)


def test_five_thousand_sign_ups_in_a_minute_mail_within_the_budget_and_leaving_stays_quick(stage: Stage) -> None:
    receiver, port = stage.receiver(), free_port()
    audience = readers(READERS)
    edition = stage.publish(audience)
    slugs = [make.newsletter(f"bombed{number}").slug for number in range(10)]
    stage.settings |= {"NEWSLETTER_BUDGETS": "near 100000/h, wide 100000/h, domain 500/h, all 400/h"}
    worker = stage.worker()
    stage.web(port)
    stage.finish(edition)

    began = time.monotonic()
    with ThreadPoolExecutor(8) as crowd:
        attacks = [crowd.submit(attack, port, slugs, number, began + number * APART) for number in range(SIGN_UPS)]
        left = [leave(port, edition, reader, stage) for reader in audience]
        answers = [each.result() for each in attacks]
    took = time.monotonic() - began

    def is_answered() -> bool:
        db.session.rollback()
        return not db.session.scalar(select(func.count()).where(SignUp.verdict == "new"))

    stage.wait_until(is_answered, "every sign-up is answered", 240)
    queued = db.session.scalar(select(func.count()).where(SignUp.verdict == "asked")) or 0
    stage.wait_until(lambda: len(receiver.accepted) == len(audience) + queued, "the confirmations have left", 60)
    worker.stop()

    asked = Counter(each.recipient for each in receiver.accepted if each.recipient not in audience)
    slow = sorted(each.seconds for each in left)[int(len(left) * 0.95)]
    told = (
        f" F-31 list_bomb: {SIGN_UPS} in {took:.0f} s, {asked.total()} mails, p95 of leaving {slow * 1000:.0f} ms"
    )
    stage.told.append(("fault", told))
    assert took < SECONDS + SLACK
    assert {each.status for each in answers} == {303}
    assert asked.total() == 400
    assert max(asked.values()) == 1
    assert sum(count for address, count in asked.items() if address.startswith("victim")) <= 1
    assert {each.status for each in left} == {200}
    assert slow < 0.2


def addresses_of_each_state(stage: Stage) -> dict[str, str]:
    of = make.newsletter("quiet")
    made = {state: f"{state}@example.org" for state in ("pending", "confirmed", "unsubscribed", "suppressed")}
    for state, address in made.items():
        status = "confirmed" if state == "suppressed" else state
        known = make.subscription(of, stage.house, address, status=status)
        if state == "suppressed":
            suppress(known.subscriber.address_key, Reason.COMPLAINT)
    with transaction():
        # Ten minutes are not over for this one.
        make.signed_up("limited@example.org", stage.house, "quiet")
    return {**made, "limited": "limited@example.org", "unknown": ""}


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.on_postgres)])
def test_neither_the_answer_nor_its_time_tells_what_is_known_of_an_address(stage: Stage, kind: str) -> None:
    port, states = free_port(), addresses_of_each_state(stage)
    stage.settings |= {"NEWSLETTER_BACKENDS": "memory:"}
    stage.web(port)
    seconds: dict[str, list[float]] = {state: [] for state in (*states, "machine")}
    shown = set()

    for number in range(SAMPLES):
        for state, times in seconds.items():
            address = states.get(state) or f"new{number}@example.org"
            trap = {"website": "https://pills.example"} if state == "machine" else {}
            answer = post(port, "quiet", {"email": address, **trap})
            times.append(answer.seconds)
            shown.add((answer.status, answer.headers, answer.body))

    medians = {state: statistics.median(times) for state, times in seconds.items()}
    words = ", ".join(f"{state} {median * 1000:.2f}" for state, median in medians.items())
    stage.told.append(("fault", f" OPT-01 {kind}: medians in ms over {SAMPLES} samples: {words}"))
    assert len(shown) == 1
    assert max(medians.values()) - min(medians.values()) < MOST_APART
