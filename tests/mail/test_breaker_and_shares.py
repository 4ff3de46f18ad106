"""Who rests after failures, and who sends how much of the whole."""

import time

from hypothesis import given
from hypothesis import strategies as st

from newsletter.mail.breaker import Breaker, Patience
from newsletter.mail.shares import Shares

PATIENCE = Patience(failures=3, first=0.1, longest=0.4)


def opened() -> Breaker:
    breaker = Breaker(PATIENCE)
    for _ in range(3):
        breaker.failed()
    return breaker


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    breaker = Breaker(PATIENCE)
    breaker.failed()
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    half_way = breaker.room(100)

    breaker.failed()

    assert half_way == 100
    assert breaker.room(100) == 0


def test_after_its_rest_it_lets_one_probe_through() -> None:
    breaker = opened()

    time.sleep(0.11)

    assert breaker.room(100) == 1
    assert breaker.room(0) == 0


def test_each_failed_probe_doubles_the_rest_up_to_the_longest() -> None:
    breaker, rests = opened(), []
    for _ in range(4):
        rests.append(round(breaker.seconds_left, 1))
        time.sleep(breaker.seconds_left)
        breaker.failed()

    assert rests == [0.1, 0.2, 0.4, 0.4]


def test_a_probe_that_succeeds_closes_it() -> None:
    breaker = opened()
    time.sleep(0.11)

    breaker.succeeded()

    assert breaker.is_closed
    assert breaker.room(100) == 100


@given(st.lists(st.integers(1, 50), min_size=50, max_size=200), st.integers(1, 9), st.integers(1, 9))
def test_two_that_take_what_they_may_send_by_their_weights(wishes: list[int], first: int, second: int) -> None:
    lead = 100
    shares = Shares({"one": first, "two": second}, lead)
    sent = {"one": 0, "two": 0}
    for wish in wishes * 4:
        for name in sent:
            room = shares.room(name, wish)
            shares.took(name, room)
            sent[name] += room

    ahead = abs(sent["one"] / first - sent["two"] / second)
    assert ahead <= 2 * lead / min(first, second)


def test_nobody_waits_for_one_that_rests() -> None:
    shares = Shares({"one": 1, "two": 1}, lead=10)
    shares.room("two", 5)
    shares.room("one", 5)
    shares.took("one", 10)
    waiting = shares.room("one", 5)

    shares.rests("two")

    assert waiting == 0
    assert shares.room("one", 5) == 5


def test_who_comes_back_does_not_catch_up() -> None:
    shares = Shares({"one": 1, "two": 1}, lead=10)
    for _ in range(100):
        shares.took("one", shares.room("one", 10))

    assert shares.room("two", 100) <= 10


def test_all_must_refuse_before_anybody_gives_up() -> None:
    shares = Shares({"one": 1, "two": 1}, lead=10)

    assert not shares.refused("one")
    assert shares.refused("two")
    shares.took("one", 1)
    assert not shares.refused("two")
