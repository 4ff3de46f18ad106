"""Coming in: by links that work once, and by passwords that nobody guesses first."""

from datetime import timedelta

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import InvalidInput, LinkDamaged, LinkExpired, NewsletterError
from newsletter.mail.house import House
from newsletter.operators.models import LoginTry, Operator, OperatorSession
from newsletter.operators.policy import Role, password_problem
from newsletter.operators.queries import find_visit
from newsletter.operators.service import (
    Browser,
    Post,
    add_operator,
    change_password,
    enter_by_link,
    log_in,
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
