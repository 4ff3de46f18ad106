"""What follows from an outcome, as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.core.settings import Settings
from newsletter.delivery.policy import (
    RetryPolicy,
    Rules,
    Standing,
    Status,
    must_pause,
    pauses_at_once,
    rules_of,
    verdict,
    wait,
)
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ONCE, HOLD = Rules(on_unknown="resend_once"), Rules(on_unknown="hold")
USUAL = RetryPolicy()


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
    assert verdict(outcome(result), standing(), NOW, ONCE).status is expected


def test_a_broken_connection_charges_nobody() -> None:
    assert verdict(outcome(Result.UNSENT), standing(attempts=3), NOW, ONCE).attempts == 3


def test_an_unknown_is_sent_once_more_and_then_held() -> None:
    first = verdict(outcome(Result.UNKNOWN), standing(), NOW, ONCE)
    second = verdict(outcome(Result.UNKNOWN), standing(unknowns=first.unknowns), NOW, ONCE)

    assert (first.status, first.due_at) == (Status.QUEUED, NOW)
    assert (second.status, second.due_at) == (Status.UNKNOWN, None)


def test_an_unknown_that_may_go_anywhere_is_sent_once_more_too() -> None:
    anywhere = Rules(on_unknown="resend_anywhere")

    assert verdict(outcome(Result.UNKNOWN), standing(), NOW, anywhere).status is Status.QUEUED
    assert verdict(outcome(Result.UNKNOWN), standing(unknowns=1), NOW, anywhere).status is Status.UNKNOWN


def test_an_unknown_is_held_at_once_when_the_operator_wants_no_duplicate() -> None:
    assert verdict(outcome(Result.UNKNOWN), standing(), NOW, HOLD).status is Status.UNKNOWN


def test_only_a_missing_mailbox_suppresses() -> None:
    suppressing = {
        blame for blame in Blame if verdict(outcome(Result.FAILED, blame), standing(), NOW, HOLD).suppresses
    }

    assert suppressing == {Blame.ADDRESS}


def test_what_is_not_taken_within_two_days_fails() -> None:
    just_before = verdict(outcome(Result.DEFERRED), standing(age=USUAL.expiry - timedelta(seconds=1)), NOW, HOLD)
    then = verdict(outcome(Result.DEFERRED), standing(age=USUAL.expiry), NOW, HOLD)

    assert (just_before.status, then.status) == (Status.DEFERRED, Status.FAILED)


def test_an_acceptance_counts_however_late_it_comes() -> None:
    assert verdict(outcome(Result.ACCEPTED), standing(age=USUAL.expiry * 2), NOW, HOLD).status is Status.ACCEPTED


def test_the_wait_doubles_up_to_three_hours_and_is_spread() -> None:
    middle = [wait(attempt, 0, USUAL) / USUAL.first for attempt in range(1, 4)]
    spread = {wait(1, key, USUAL) for key in range(1000)}

    assert middle[0] < middle[1] < middle[2]
    assert wait(50, 1, USUAL) <= USUAL.longest * 1.25
    assert min(spread) >= USUAL.first * 0.75
    assert max(spread) <= USUAL.first * 1.25
    assert len(spread) > 500


def test_an_operator_chooses_the_waits_and_the_end() -> None:
    hasty = RetryPolicy(timedelta(seconds=1), timedelta(seconds=4), timedelta(hours=1))
    then = verdict(outcome(Result.DEFERRED), standing(age=timedelta(hours=1)), NOW, Rules(hasty))

    assert wait(1, 0, hasty) < timedelta(seconds=1.3)
    assert timedelta(seconds=3) <= wait(9, 0, hasty) <= timedelta(seconds=5)
    assert then.status is Status.FAILED


def test_the_settings_say_what_the_rules_are() -> None:
    needed = {"secret_keys": ("k" * 32,), "pepper": "p" * 32, "backends": "memory:", "database_url": "sqlite:///x"}
    chosen = Settings(**needed, retry_within=timedelta(hours=9), on_unknown="hold")  # type: ignore[arg-type]

    assert rules_of(Settings(**needed)) == Rules()  # type: ignore[arg-type]
    assert rules_of(chosen) == Rules(RetryPolicy(expiry=timedelta(hours=9)), "hold")


def test_a_mailing_is_paused_when_more_than_one_in_twenty_blame_us() -> None:
    assert not must_pause(refused=4, handed_over=4)
    assert not must_pause(refused=5, handed_over=100)
    assert must_pause(refused=6, handed_over=100)


def test_a_refused_sender_address_pauses_at_once() -> None:
    assert pauses_at_once(outcome(Result.FAILED, Blame.SENDER, Phase.MAIL))
    assert not pauses_at_once(outcome(Result.FAILED, Blame.SENDER, Phase.DOT))
