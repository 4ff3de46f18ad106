"""Coming in: links that work once, passwords, and what a guesser learns."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from flask import Flask
from sqlalchemy import select

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import InvalidInput, LinkDamaged, LinkExpired, NewsletterError, TooManyTries
from newsletter.mail.house import House
from newsletter.operators.models import LoginTry, Operator, OperatorSession
from newsletter.operators.policy import MOST_OF_ACCOUNT, MOST_OF_NETWORK, WINDOW, Role, password_problem
from newsletter.operators.queries import find_visit
from newsletter.operators.service import (
    Browser,
    Post,
    add_operator,
    change_password,
    enter_by_link,
    log_in,
    passwords,
    purge_sessions,
    remove_operator,
    renew_link,
)
from tests import make

HERE, ELSEWHERE = Browser("192.0.2.1", "Firefox"), Browser("198.51.100.7", "Safari")
FRESH = "nine quiet herons by the weir"


def link_for(address: str, house: House) -> str:
    return add_operator((address, ""), Post(Role.OWNER), None, house)[1].rpartition("/")[2]


def guess(address: str, house: House, browser: Browser = HERE) -> NewsletterError:
    with pytest.raises(NewsletterError) as caught:
        log_in(address, "not the password", browser, house)
    return caught.value


def test_a_link_lets_in_once(app: Flask, house: House) -> None:
    token = link_for("ines@desk.example", house)

    entered = enter_by_link(token, FRESH, HERE, house)

    assert find_visit(entered.key, now())
    with pytest.raises(LinkDamaged):
        enter_by_link(token, FRESH, HERE, house)


def test_a_link_works_for_a_day(app: Flask, house: House, clock: time_machine.Traveller) -> None:
    token = link_for("ines@desk.example", house)
    clock.shift(timedelta(hours=24, seconds=1))

    with pytest.raises(LinkExpired):
        enter_by_link(token, FRESH, HERE, house)


def test_a_newer_link_is_the_only_one_that_works(app: Flask, house: House) -> None:
    old = link_for("ines@desk.example", house)
    who = db.session.scalars(select(Operator)).one()
    fresh = renew_link(who.id, None, house).rpartition("/")[2]

    with pytest.raises(LinkDamaged):
        enter_by_link(old, FRESH, HERE, house)
    assert enter_by_link(fresh, FRESH, HERE, house).operator.id == who.id


def test_a_link_of_somebody_who_was_removed_is_none(app: Flask, house: House) -> None:
    make.operator(house)
    token = link_for("ines@desk.example", house)
    remove_operator(
        db.session.scalars(select(Operator.id).where(Operator.login == "ines@desk.example")).one(), None
    )

    with pytest.raises(LinkDamaged):
        enter_by_link(token, FRESH, HERE, house)


def test_a_password_that_will_not_do_does_not_use_up_the_link(app: Flask, house: House) -> None:
    token = link_for("ines@desk.example", house)

    with pytest.raises(InvalidInput, match="at least 12"):
        enter_by_link(token, "too short", HERE, house)

    assert enter_by_link(token, FRESH, HERE, house).key


def test_no_secret_is_kept_as_it_is(app: Flask, house: House) -> None:
    token = link_for("ines@desk.example", house)
    entered = enter_by_link(token, FRESH, HERE, house)
    renew_link(entered.operator.id, None, house)
    rows = [
        repr(row) for table in (Operator, OperatorSession) for row in db.session.execute(select(table.__table__))
    ]

    assert all(FRESH not in row and entered.key not in row for row in rows)
    assert any("$argon2id$v=19$m=19456,t=2,p=1$" in row for row in rows)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevenchars", "at least 12"),
        ("x" * 257, "at most 256"),
        ("Password1234", "guess"),
        ("correct horse battery staple", "guess"),
        ("abababababab", "guess"),
        ("ines@desk.example", "your address"),
        ("INES@desk.example1", "your address"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(password: str, why: str) -> None:
    assert why in (password_problem(password, "ines@desk.example") or "")


@pytest.mark.parametrize(
    "password", ["twelve of 12", "日本語のパスワードです十二", FRESH, "aaaa bbbb cccc dddd e"]
)
def test_length_counts_and_not_which_kinds_of_characters(password: str) -> None:
    assert password_problem(password, "ines@desk.example") is None


def test_a_password_counts_as_the_same_however_a_keyboard_composes_it(app: Flask, house: House) -> None:
    enter_by_link(link_for("ines@desk.example", house), "neun M\u00f6wen am Hafen", HERE, house)

    assert log_in("ines@desk.example", "neun Mo\u0308wen am Hafen", HERE, house).key


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


def test_a_hash_of_other_days_is_made_anew_at_the_next_login(app: Flask, house: House) -> None:
    who = make.operator(house)
    with transaction():
        who.password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(make.PASSWORD)

    log_in(who.address, make.PASSWORD, HERE, house)

    db.session.refresh(who)
    assert "m=19456,t=2,p=1" in who.password_hash
    assert log_in(who.address, make.PASSWORD, HERE, house).key


def test_a_changed_password_ends_all_sessions_but_the_one_that_begins(app: Flask, house: House) -> None:
    who = make.operator(house)
    keys = [log_in(who.address, make.PASSWORD, browser, house).key for browser in (HERE, ELSEWHERE)]
    visit = find_visit(keys[0], now())
    assert visit

    entered = change_password(visit, make.PASSWORD, FRESH, HERE, house)

    assert [find_visit(key, now()) for key in keys] == [None, None]
    assert find_visit(entered.key, now())
    assert isinstance(guess(who.address, house), InvalidInput)


def test_tries_and_sessions_are_cleared_away_once_nobody_looks_at_them(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    who = make.operator(house)
    guess(who.address, house)
    clock.shift(timedelta(hours=13))

    purge_sessions()

    assert db.session.scalars(select(LoginTry)).all() == []
    assert db.session.scalars(select(OperatorSession)).all() == []
