"""The second factor: each code counts once, and nothing of it can be read from a copy of the database."""

from datetime import timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import Conflict, InvalidInput, TooManyTries
from newsletter.mail.house import House
from newsletter.operators.models import Operator, RecoveryCode
from newsletter.operators.policy import MOST_OF_ACCOUNT, PENDING, Role
from newsletter.operators.queries import Visit, codes_left, find_visit
from newsletter.operators.service import (
    Browser,
    Entered,
    add_factor,
    log_in,
    pass_factor,
    propose,
    proposed,
    remove_factor,
    renew_codes,
)
from tests import make

HERE = Browser("192.0.2.1", "Firefox")


def armed(house: House) -> tuple[Operator, pyotp.TOTP, list[str]]:
    """An operator with a second factor, the app that has it, and the recovery codes."""
    who = make.operator(house)
    setup = propose(who, "Letters", house)
    app = pyotp.TOTP(setup.secret)
    _, codes = add_factor(who, setup, app.at(now() - timedelta(seconds=30)), HERE, house)
    return who, app, codes


def at_the_second_door(who: Operator, house: House) -> Visit:
    entered = log_in(who.address, make.PASSWORD, HERE, house)
    assert entered.needs_factor
    visit = find_visit(entered.key, now())
    assert visit
    assert not visit.session.is_complete
    return visit


def passes(who: Operator, code: str, house: House) -> Entered:
    return pass_factor(at_the_second_door(who, house), code, HERE, house)


def test_a_code_completes_the_session_under_another_key(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    who, phone, _ = armed(house)
    first = log_in(who.address, make.PASSWORD, HERE, house)
    visit = find_visit(first.key, now())
    assert visit

    entered = pass_factor(visit, phone.at(now()), HERE, house)

    assert find_visit(first.key, now()) is None
    complete = find_visit(entered.key, now())
    assert complete
    assert complete.session.is_complete


def test_a_code_is_taken_once(app: Flask, house: House, clock: time_machine.Traveller) -> None:
    who, phone, _ = armed(house)
    code = phone.at(now())
    passes(who, code, house)

    with pytest.raises(InvalidInput, match="used already"):
        passes(who, code, house)


def test_the_code_that_set_it_up_was_taken_too(app: Flask, house: House, clock: time_machine.Traveller) -> None:
    who, phone, _ = armed(house)

    with pytest.raises(InvalidInput):
        passes(who, phone.at(now() - timedelta(seconds=30)), house)


def test_an_older_code_is_none_once_a_newer_one_was_taken(
    app: Flask, house: House, clock: time_machine.Traveller
) -> None:
    who, phone, _ = armed(house)
    clock.shift(timedelta(minutes=5))
    older = phone.at(now() - timedelta(seconds=30))
    passes(who, phone.at(now()), house)

    with pytest.raises(InvalidInput):
        passes(who, older, house)


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_a_clock_may_be_one_step_off(
    app: Flask, house: House, clock: time_machine.Traveller, seconds: int
) -> None:
    who, phone, _ = armed(house)
    clock.shift(timedelta(minutes=5))

    assert passes(who, phone.at(now() + timedelta(seconds=seconds)), house).key


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_clock_may_not_be_two_steps_off(
    app: Flask, house: House, clock: time_machine.Traveller, seconds: int
) -> None:
    who, phone, _ = armed(house)
    clock.shift(timedelta(minutes=5))

    with pytest.raises(InvalidInput):
        passes(who, phone.at(now() + timedelta(seconds=seconds)), house)


def test_a_recovery_code_stands_in_once_however_it_is_typed(app: Flask, house: House) -> None:
    who, _, codes = armed(house)
    typed = f"  {codes[0].upper().replace('-', ' ')} "

    passes(who, typed, house)

    assert codes_left(who.id) == 9
    with pytest.raises(InvalidInput):
        passes(who, typed, house)


def test_the_recovery_codes_of_one_are_nothing_for_another(app: Flask, house: House) -> None:
    _, _, codes = armed(house)
    other, _, _ = armed(house)

    with pytest.raises(InvalidInput):
        passes(other, codes[0], house)


def test_new_recovery_codes_take_the_place_of_the_old(app: Flask, house: House) -> None:
    who, _, old = armed(house)
    fresh = renew_codes(who.id, house)

    assert len({*old, *fresh}) == 20
    with pytest.raises(InvalidInput):
        passes(who, old[0], house)
    assert passes(who, fresh[0], house).key


def test_codes_are_guessed_no_more_often_than_passwords(app: Flask, house: House) -> None:
    who, phone, _ = armed(house)
    visit = at_the_second_door(who, house)
    for _ in range(MOST_OF_ACCOUNT):
        with pytest.raises(InvalidInput):
            pass_factor(visit, "000000", HERE, house)

    with pytest.raises(TooManyTries):
        pass_factor(visit, phone.at(now()), Browser("198.51.100.7", ""), house)


def test_knowing_the_password_does_not_win_more_guesses(app: Flask, house: House) -> None:
    who, _, _ = armed(house)
    for _ in range(MOST_OF_ACCOUNT):
        with pytest.raises(InvalidInput):
            passes(who, "000000", house)

    with pytest.raises(TooManyTries):
        log_in(who.address, make.PASSWORD, HERE, house)


def test_the_second_door_shuts_after_ten_minutes(app: Flask, house: House, clock: time_machine.Traveller) -> None:
    who, _, _ = armed(house)
    entered = log_in(who.address, make.PASSWORD, HERE, house)
    clock.shift(PENDING + timedelta(seconds=1))

    assert find_visit(entered.key, now()) is None


def test_nothing_is_kept_before_a_code_proves_it(app: Flask, house: House) -> None:
    who = make.operator(house)
    setup = propose(who, "Letters", house)

    with pytest.raises(InvalidInput):
        add_factor(who, setup, "000000", HERE, house)

    assert not log_in(who.address, make.PASSWORD, HERE, house).needs_factor


def test_what_was_proposed_to_one_is_nothing_for_another(app: Flask, house: House) -> None:
    setup = propose(make.operator(house), "Letters", house)

    with pytest.raises(InvalidInput, match="somebody else"):
        proposed(make.operator(house), setup.token, "Letters", house)


def test_a_copy_of_the_database_holds_no_secret_of_a_second_factor(app: Flask, house: House) -> None:
    _, phone, codes = armed(house)
    kept = [repr(row) for table in (Operator, RecoveryCode) for row in db.session.execute(select(table.__table__))]

    assert all(phone.secret not in row for row in kept)
    assert all(code.replace("-", "") not in row for row in kept for code in codes)


def test_adding_and_removing_one_ends_all_sessions(app: Flask, house: House) -> None:
    who = make.operator(house, Role.PUBLISHER)
    before = log_in(who.address, make.PASSWORD, HERE, house)
    setup = propose(who, "Letters", house)
    after, _ = add_factor(who, setup, pyotp.TOTP(setup.secret).now(), HERE, house)
    assert find_visit(before.key, now()) is None

    remove_factor(who.id, None)

    assert find_visit(after.key, now()) is None
    assert codes_left(who.id) == 0
    assert not log_in(who.address, make.PASSWORD, HERE, house).needs_factor


def test_without_a_second_factor_there_are_no_recovery_codes(app: Flask, house: House) -> None:
    with pytest.raises(Conflict):
        renew_codes(make.operator(house).id, house)
