"""Why deliveries stand where they do, grouped by what can be done about it, whatever number a reply has."""

from datetime import timedelta
from pathlib import Path

import pytest
from time_machine import Traveller

from newsletter.delivery import service
from newsletter.delivery.policy import ADVICE, Cause, Status, cause, gist
from newsletter.delivery.queries import next_due, reasons, slowest_domain
from newsletter.delivery.service.recording import Answer
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
from newsletter.suppressions.models import Reason as Why
from newsletter.suppressions.service import suppress
from tests import make
from tests.delivery.test_ledger import HOLD, WORKER, leased, sending

PAIRS = Path(__file__).with_name("same_reasons.txt").read_text().split("\n\n")[1:]


@pytest.mark.parametrize("pair", PAIRS)
def test_one_reason_reads_the_same_whoever_it_was_said_to(pair: str) -> None:
    one, other = pair.strip().splitlines()

    assert gist(one) == gist(other) != one


@pytest.mark.parametrize(
    "words",
    [
        "550 5.1.1 no such user",
        "550 5.7.515 Access denied, sending domain does not meet the required authentication level",
        "552 5.3.4 Message too big for system, see https://help.example/limits",
        "421 4.7.0 [TSS04] Messages temporarily deferred",
        "550 5.7.1 part of their network is on our block list (S3150)",
        "5.6.7 the server does not take international addresses (SMTPUTF8)",
    ],
)
def test_what_says_the_reason_stays(words: str) -> None:
    assert gist(words) == words


@pytest.mark.parametrize(
    ("status", "result", "blame", "expected"),
    [
        (Status.FAILED, Result.FAILED, Blame.ADDRESS, Cause.ADDRESS),
        (Status.FAILED, Result.FAILED, Blame.MAILBOX, Cause.MAILBOX),
        (Status.FAILED, Result.FAILED, Blame.SENDER, Cause.SENDER),
        (Status.DEFERRED, Result.FAILED, Blame.SENDER, Cause.SENDER),
        (Status.DEFERRED, Result.DEFERRED, Blame.NOBODY, Cause.NOT_NOW),
        (Status.FAILED, Result.DEFERRED, Blame.NOBODY, Cause.EXPIRED),
        (Status.FAILED, Result.UNSENT, Blame.NOBODY, Cause.EXPIRED),
        (Status.FAILED, Result.FAILED, Blame.NOBODY, Cause.UNABLE),
        (Status.UNKNOWN, Result.UNKNOWN, Blame.NOBODY, Cause.UNKNOWN),
        (Status.QUEUED, Result.FAILED, Blame.MAILBOX, Cause.AGAIN),
        (Status.CANCELLED, None, None, Cause.CANCELLED),
        (Status.SKIPPED, None, None, Cause.SUPPRESSED),
    ],
)
def test_each_delivery_has_a_cause_that_one_can_do_something_about(
    status: Status, result: Result | None, blame: Blame | None, expected: Cause
) -> None:
    assert cause(status, result, blame) is expected
    assert ADVICE[expected]


def record(mailing: list[service.Leased], result: Result, blame: Blame, *words: str) -> None:
    answers = [
        Answer(each, Outcome(each.id, result, blame, Phase.RCPT, said))
        for each, said in zip(mailing, words, strict=True)
    ]
    service.record(answers, WORKER, "memory:", HOLD)


def test_reasons_are_counted_by_state_cause_and_words(house: House) -> None:
    _, mailing_id = sending(house, 6)
    hands = leased()
    suppress(hands[5].address_key, Why.COMPLAINT)
    service.release(hands[5:], WORKER)
    leased()
    record(hands[:2], Result.DEFERRED, Blame.NOBODY, "450 <ann@example.org> later", "450 <ben@example.org> later")
    record(hands[2:4], Result.FAILED, Blame.MAILBOX, "552 5.2.2 full", "550 5.2.1 closed")
    record(hands[4:5], Result.ACCEPTED, Blame.NOBODY, "250 ok")

    found = {(each.status, each.cause): each for each in reasons(mailing_id)}

    assert {key: each.count for key, each in found.items()} == {
        (Status.DEFERRED, Cause.NOT_NOW): 2,
        (Status.FAILED, Cause.MAILBOX): 2,
        (Status.SKIPPED, Cause.SUPPRESSED): 1,
    }
    [wording] = found[Status.DEFERRED, Cause.NOT_NOW].wordings
    assert (wording.gist, wording.count) == ("450 <address> later", 2)
    assert wording.example == "450 <ann@example.org> later"
    assert len(found[Status.FAILED, Cause.MAILBOX].wordings) == 2


def test_the_last_attempt_decides_and_counts_once(house: House, clock: Traveller) -> None:
    _, mailing_id = sending(house, 1)
    record(leased(), Result.DEFERRED, Blame.NOBODY, "450 later")
    clock.shift(timedelta(minutes=10))

    record(leased(), Result.FAILED, Blame.ADDRESS, "550 5.1.1 gone")

    assert [(each.cause, each.count) for each in reasons(mailing_id)] == [(Cause.ADDRESS, 1)]


def test_a_mailing_that_nobody_has_tried_yet_has_no_reasons(house: House) -> None:
    _, mailing_id = sending(house, 2)

    assert reasons(mailing_id) == []
    assert slowest_domain(mailing_id) is None


def test_the_slowest_domain_is_the_one_with_the_most_that_were_tried_and_are_open(
    house: House, clock: Traveller
) -> None:
    of = make.newsletter()
    for number, domain in enumerate(["slow.example"] * 3 + ["slower.example"] * 2 + ["fast.example"] * 4):
        make.subscription(of, house, f"reader{number}@{domain}")
    mailing_id = editions.send(make.edition(of, [make.article(make.source())]).id, house).mailing_id
    hands = {each.address: each for each in leased()}
    for name, result in (("slow.", Result.DEFERRED), ("slower.", Result.DEFERRED), ("fast.", Result.ACCEPTED)):
        mine = [each for address, each in hands.items() if f"@{name}" in address]
        record(mine, result, Blame.NOBODY, *[f"said by {name}"] * len(mine))

    assert mailing_id
    slowest = slowest_domain(mailing_id)
    assert slowest
    assert (slowest.domain, slowest.deferred, slowest.words) == ("slow.example", 3, "said by slow.")


def test_the_next_try_is_the_earliest_of_those_that_wait(house: House, clock: Traveller) -> None:
    _, mailing_id = sending(house, 1)
    due = next_due(mailing_id)
    record(leased(), Result.DEFERRED, Blame.NOBODY, "450 later")
    then = next_due(mailing_id)

    assert due
    assert then
    assert timedelta(minutes=3) < then - due < timedelta(minutes=7)
