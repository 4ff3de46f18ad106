"""Guessing: what a guesser learns, and how often one may guess."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Thread
from types import FrameType
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from flask import Flask
from sqlalchemy import select

from newsletter.core.db import db
from newsletter.core.errors import InvalidInput, NewsletterError, TooManyTries
from newsletter.mail.house import House
from newsletter.operators.models import LoginTry
from newsletter.operators.policy import MOST_OF_ACCOUNT, MOST_OF_NETWORK, WINDOW, Role
from newsletter.operators.service import (
    Browser,
    Post,
    add_operator,
    log_in,
    passwords,
    remove_operator,
)
from tests import make

HERE, ELSEWHERE = Browser("192.0.2.1", "Firefox"), Browser("198.51.100.7", "Safari")


def link_for(address: str, house: House) -> str:
    return add_operator((address, ""), Post(Role.OWNER), None, house)[1].rpartition("/")[2]


def guess(address: str, house: House, browser: Browser = HERE) -> NewsletterError:
    with pytest.raises(NewsletterError) as caught:
        log_in(address, "not the password", browser, house)
    return caught.value


def test_every_failure_says_the_same(app: Flask, house: House) -> None:
    who = make.operator(house)
    gone = make.operator(house)
    remove_operator(gone.id, None)
    link_for("uninvited@desk.example", house)
    addresses = (
        who.address,
        gone.address,
        "uninvited@desk.example",
        "nobody@desk.example",
        "no address",
        "a\0b@c.de",
    )

    assert {str(guess(address, house)) for address in addresses} == {"The address or the password is not right."}


@contextmanager
def calls(wanted: Callable[..., Any]) -> Iterator[Counter[str]]:
    """How often Python calls this function within the block."""
    seen: Counter[str] = Counter()
    code = wanted.__code__

    def watch(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code is code:
            seen[code.co_name] += 1

    sys.setprofile(watch)
    try:
        yield seen
    finally:
        sys.setprofile(None)


def test_an_address_that_nobody_has_costs_as_much(app: Flask, house: House) -> None:
    who = make.operator(house)
    work = []
    for address in (who.address, "nobody@desk.example", "no address at all"):
        with calls(PasswordHasher.verify) as seen, make.statements() as asked:
            guess(address, house)
        work.append((seen, len(asked)))

    assert work[0][0] == {"verify": 1}
    assert work[0] == work[1] == work[2]


def test_nobodys_password_is_checked_with_the_parameters_of_today(app: Flask) -> None:
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(passwords._NOBODYS, "A" * 12)  # noqa: SLF001 - it is hashed to the end.
    assert not passwords.is_dated(passwords._NOBODYS)  # noqa: SLF001 - it must stay as dear as a real one.


def test_an_account_waits_after_too_many_guesses(app: Flask, house: House, clock: time_machine.Traveller) -> None:
    who = make.operator(house)
    for each in range(MOST_OF_ACCOUNT):
        assert isinstance(guess(who.address, house, Browser(f"198.51.100.{each}", "")), InvalidInput)

    # From a network that has guessed nothing, with the right password, it waits as well.
    with pytest.raises(TooManyTries):
        log_in(who.address, make.PASSWORD, ELSEWHERE, house)
    clock.shift(WINDOW + timedelta(seconds=1))
    assert log_in(who.address, make.PASSWORD, ELSEWHERE, house).key


def test_an_account_that_nobody_has_waits_just_so(app: Flask, house: House) -> None:
    for each in range(MOST_OF_ACCOUNT):
        guess("nobody@desk.example", house, Browser(f"198.51.100.{each}", ""))

    assert isinstance(guess("nobody@desk.example", house, ELSEWHERE), TooManyTries)


def test_a_network_waits_whatever_addresses_it_guesses(app: Flask, house: House) -> None:
    who = make.operator(house)
    lines = [Browser(f"2001:db8:1:1::{each:x}", "") for each in range(1, MOST_OF_NETWORK + 2)]
    for each, browser in enumerate(lines[:-1]):
        guess(f"nobody{each}@desk.example", house, browser)

    with pytest.raises(TooManyTries):
        log_in(who.address, make.PASSWORD, lines[-1], house)
    assert log_in(who.address, make.PASSWORD, Browser("2001:db8:1:2::1", ""), house).key


def test_guesses_at_the_same_moment_are_counted_one_by_one(app: Flask, house: House) -> None:
    who = make.operator(house).address
    db.session.commit()
    start, ends = Barrier(MOST_OF_ACCOUNT + 5), []

    def knock(number: int) -> None:
        with app.app_context():
            start.wait()
            ends.append(type(guess(who, house, Browser(f"198.51.100.{number}", ""))))
            db.session.remove()

    threads = [Thread(target=knock, args=(number,)) for number in range(MOST_OF_ACCOUNT + 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(ends) == {InvalidInput: MOST_OF_ACCOUNT, TooManyTries: 5}


def test_a_right_password_is_not_counted(app: Flask, house: House) -> None:
    who = make.operator(house)
    for _ in range(MOST_OF_ACCOUNT + 5):
        log_in(who.address, make.PASSWORD, HERE, house)

    assert db.session.scalars(select(LoginTry).where(LoginTry.has_failed)).all() == []


def test_what_was_refused_is_not_counted_so_nobody_can_keep_a_door_shut(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    who = make.operator(house)
    for each in range(MOST_OF_ACCOUNT):
        guess(who.address, house, Browser(f"198.51.100.{each}", ""))
    clock.shift(WINDOW - timedelta(minutes=1))
    assert isinstance(guess(who.address, house, ELSEWHERE), TooManyTries)
    clock.shift(timedelta(minutes=1, seconds=1))

    assert log_in(who.address, make.PASSWORD, HERE, house).key
