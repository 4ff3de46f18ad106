"""What follows from an outcome, as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery.policy import (
    EXPIRY,
    FIRST_WAIT,
    LONGEST_WAIT,
    Standing,
    Status,
    must_pause,
    pauses_at_once,
    verdict,
    wait,
)
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def outcome(result: Result, blame: Blame = Blame.NOBODY, phase: Phase = Phase.RCPT) -> Outcome:
    return Outcome(key=7, result=result, blame=blame, phase=phase, words="the server's words")


def standing(attempts: int = 0, unknowns: int = 0, age: timedelta = timedelta(0)) -> Standing:
    return Standing(attempts, unknowns, NOW - age)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Result.ACCEPTED, Status.ACCEPTED),
        (Result.DEFERRED, Status.DEFERRED),
        (Result.FAILED, Status.FAILED),
        (Result.UNSENT, Status.QUEUED),
        (Result.UNKNOWN, Status.QUEUED),
    ],
)
def test_each_result_leads_to_one_state(result: Result, expected: Status) -> None:
    assert verdict(outcome(result), standing(), NOW, "resend_once").status is expected


def test_a_broken_connection_charges_nobody() -> None:
    assert verdict(outcome(Result.UNSENT), standing(attempts=3), NOW, "resend_once").attempts == 3


def test_an_unknown_is_sent_once_more_and_then_held() -> None:
    first = verdict(outcome(Result.UNKNOWN), standing(), NOW, "resend_once")
    second = verdict(outcome(Result.UNKNOWN), standing(unknowns=first.unknowns), NOW, "resend_once")

    assert (first.status, first.due_at) == (Status.QUEUED, NOW)
    assert (second.status, second.due_at) == (Status.UNKNOWN, None)


def test_an_unknown_is_held_at_once_when_the_operator_wants_no_duplicate() -> None:
    assert verdict(outcome(Result.UNKNOWN), standing(), NOW, "hold").status is Status.UNKNOWN


def test_only_a_missing_mailbox_suppresses() -> None:
    suppressing = {
        blame for blame in Blame if verdict(outcome(Result.FAILED, blame), standing(), NOW, "hold").suppresses
    }

    assert suppressing == {Blame.ADDRESS}


def test_what_is_not_taken_within_two_days_fails() -> None:
    just_before = verdict(outcome(Result.DEFERRED), standing(age=EXPIRY - timedelta(seconds=1)), NOW, "hold")
    then = verdict(outcome(Result.DEFERRED), standing(age=EXPIRY), NOW, "hold")

    assert (just_before.status, then.status) == (Status.DEFERRED, Status.FAILED)


def test_an_acceptance_counts_however_late_it_comes() -> None:
    assert verdict(outcome(Result.ACCEPTED), standing(age=EXPIRY * 2), NOW, "hold").status is Status.ACCEPTED


def test_the_wait_doubles_up_to_three_hours_and_is_spread() -> None:
    middle = [wait(attempt, key=0) / FIRST_WAIT for attempt in range(1, 4)]
    spread = {wait(1, key) for key in range(1000)}

    assert middle[0] < middle[1] < middle[2]
    assert wait(50, key=1) <= LONGEST_WAIT * 1.25
    assert min(spread) >= FIRST_WAIT * 0.75
    assert max(spread) <= FIRST_WAIT * 1.25
    assert len(spread) > 500


def test_a_mailing_is_paused_when_more_than_one_in_twenty_blame_us() -> None:
    assert not must_pause(refused=4, handed_over=4)
    assert not must_pause(refused=5, handed_over=100)
    assert must_pause(refused=6, handed_over=100)


def test_a_refused_sender_address_pauses_at_once() -> None:
    assert pauses_at_once(outcome(Result.FAILED, Blame.SENDER, Phase.MAIL))
    assert not pauses_at_once(outcome(Result.FAILED, Blame.SENDER, Phase.DOT))
