"""What of a slice may leave now, by the rates of its backend and of the recipients' domains."""

import time
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.delivery.policy import RetryPolicy
from newsletter.delivery.sender.throttle import REFUSALS, Throttle
from newsletter.delivery.service import Leased
from newsletter.mail.backends.memory import MemoryBackend
from newsletter.mail.limits import FileLimits, Rate
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
from newsletter.mail.pool import Member, domain_limits

_ids = count(1)


def to(domain: str, how_many: int) -> list[Leased]:
    return [Leased(next(_ids), 1, 1, f"reader@{domain}", "key", 1, 0, 0, now()) for _ in range(how_many)]


def throttle(folder: Path, domains: str = "", rate: Rate | None = None) -> Throttle:
    member = Member(MemoryBackend(), rate=rate)
    retry = RetryPolicy(first=timedelta(seconds=1), longest=timedelta(seconds=1))
    return Throttle(member, domain_limits(domains), FileLimits(folder), retry)


def deferred(leased: Leased, words: str = "451 4.7.0 not now") -> Outcome:
    return Outcome(leased.id, Result.DEFERRED, Blame.NOBODY, Phase.RCPT, words)


def test_without_limits_all_leaves(tmp_path: Path) -> None:
    leased = to("one.example", 50)

    assert throttle(tmp_path).sort(leased) == (leased, [], 0.0)


def test_a_backend_sends_no_faster_than_its_rate_and_gives_the_rest_back(tmp_path: Path) -> None:
    leased = to("one.example", 50)

    going, later, rest = throttle(tmp_path, rate=Rate(20)).sort(leased)

    assert list(going) == leased[:20]
    assert later == [(each, None) for each in leased[20:]]
    assert 0 < rest < 0.1


def test_a_domain_at_its_rate_waits_and_others_go_on(tmp_path: Path, clock: Traveller) -> None:
    slow, fast = to("slow.example", 15), to("fast.example", 15)

    going, later, rest = throttle(tmp_path, "slow.example rate=5/s").sort([*slow, *fast])

    assert [each for each in going if each.domain == "fast.example"] == fast
    assert len([each for each in going if each.domain == "slow.example"]) == 5
    assert [round((at - now()).total_seconds(), 1) for _, at in later if at] == [
        round(place / 5, 1) for place in range(1, 11)
    ]
    assert rest == 0


def test_moments_are_promised_once_over_several_slices(tmp_path: Path, clock: Traveller) -> None:
    working = throttle(tmp_path, "slow.example rate=5/s")
    working.sort(to("slow.example", 10))

    _, later, _ = working.sort(to("slow.example", 5))

    assert min(at for _, at in later if at) > now() + timedelta(seconds=1)


def test_a_domain_that_refuses_again_and_again_rests_and_is_asked_by_one(tmp_path: Path) -> None:
    working = throttle(tmp_path)
    for each in to("sick.example", REFUSALS):
        working.learn(each, deferred(each))
    resting, later, _ = working.sort([*to("sick.example", 5), *to("well.example", 1)])

    time.sleep(0.25)
    asked, _, _ = working.sort(to("sick.example", 5))

    assert [each.domain for each in resting] == ["well.example"]
    assert len(later) == 5
    assert all(at for _, at in later)
    assert len(asked) == 1


def test_one_that_is_taken_ends_the_rest(tmp_path: Path) -> None:
    working = throttle(tmp_path)
    those = to("sick.example", REFUSALS)
    for each in those:
        working.learn(each, deferred(each))
    working.learn(those[0], Outcome(those[0].id, Result.ACCEPTED, Blame.NOBODY, Phase.DOT, "250"))

    going, _, _ = working.sort(to("sick.example", 5))

    assert len(going) == 5


@pytest.mark.parametrize("words", ["452 4.2.2 mailbox full", "552 too many", "450 grey", "452 4.5.3 too many"])
def test_full_mailboxes_and_grey_lists_say_nothing_of_the_domain(tmp_path: Path, words: str) -> None:
    working = throttle(tmp_path)
    for each in to("sick.example", 20):
        working.learn(each, deferred(each, words))

    assert len(working.sort(to("sick.example", 5))[0]) == 5


def test_a_domain_without_room_keeps_the_pace_it_had_and_no_longer_stands_in_the_way(
    tmp_path: Path, clock: Traveller
) -> None:
    working = throttle(tmp_path, "* connections=1")

    later = working.put_off(to("slow.example", 4), {"slow.example": 4}, seconds=2.0)
    going, again, _ = working.sort([*to("slow.example", 9), *to("fast.example", 9)])

    assert [round((at - now()).total_seconds(), 1) for _, at in later if at] == [0.5, 1.0, 1.5, 2.0]
    assert [each.domain for each in going] == ["slow.example"] * 2 + ["fast.example"] * 9
    assert len(again) == 7


def test_nobody_is_put_off_for_longer_than_a_minute_by_a_pace(tmp_path: Path) -> None:
    later = throttle(tmp_path).put_off(to("slow.example", 500), {}, seconds=1.0)

    assert max(at for _, at in later if at) <= now() + timedelta(seconds=60)


def test_a_domain_that_begins_to_rest_is_held_back_within_the_slice(tmp_path: Path) -> None:
    working = throttle(tmp_path)
    those = to("sick.example", REFUSALS + 1)
    before = working.holds_back(those[-1])
    for each in those[:-1]:
        working.learn(each, deferred(each))

    assert not before
    assert working.holds_back(those[-1])


def test_silence_about_recipients_counts_as_a_refusal_of_their_domain(tmp_path: Path) -> None:
    working = throttle(tmp_path)
    for each in to("mute.example", REFUSALS):
        working.learn(each, Outcome(each.id, Result.UNSENT, Blame.NOBODY, Phase.RCPT, "no answer"))

    assert working.holds_back(*to("mute.example", 1))
