"""Passkeys: added by who proves twice who they are, taken from nobody else, and never twice for one challenge."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import InvalidInput, TooManyTries
from newsletter.mail.house import House
from newsletter.operators.models import AuditEvent, SpentChallenge
from newsletter.operators.policy import CHALLENGE_LIFE, MOST_OF_NETWORK
from newsletter.operators.queries import find_visit, passkeys_of
from newsletter.operators.service import (
    Answered,
    Browser,
    ask_to_add,
    ask_to_enter,
    enter_by_passkey,
    log_in,
    purge_sessions,
    remove_passkey,
)
from tests import make
from tests.operators.authenticator import PRESENT, Device, packed
from tests.operators.passkeys import ELSEWHERE, HERE, at_home, given, knock, refused, refused_device, visit_of


def test_a_passkey_lets_in_without_password_and_code(app: Flask, house: House) -> None:
    who = make.operator(house)
    entered = knock(given(who, house), house)

    assert (entered.operator.id, entered.needs_factor) == (who.id, False)
    assert visit_of(entered).session.is_complete
    held = passkeys_of(who.id)[0]
    assert (held.name, held.sign_count, held.used_at is not None) == ("Phone", 1, True)


def test_a_device_that_does_not_count_is_taken_again_and_again(app: Flask, house: House) -> None:
    device = given(make.operator(house), house, Device(step=0))

    assert [knock(device, house).needs_factor for _ in range(3)] == [False] * 3


def test_the_trail_tells_of_passkeys(app: Flask, house: House) -> None:
    who = make.operator(house)
    entered = knock(given(who, house), house)
    remove_passkey(visit_of(entered), passkeys_of(who.id)[0].id, make.PASSWORD, HERE, house)
    said = db.session.scalars(select(AuditEvent.what).order_by(AuditEvent.id)).all()

    assert [what for what in said if "passkey" in what] == [
        "added the passkey Phone",
        "logged in by a passkey",
        "logged in by a passkey",
        "removed the passkey Phone",
    ]


def test_all_sessions_end_when_a_passkey_is_added_or_removed(app: Flask, house: House) -> None:
    who = make.operator(house)
    elsewhere = log_in(who.address, make.PASSWORD, ELSEWHERE, house)
    device = given(who, house)
    assert find_visit(elsewhere.key, now()) is None

    by_password, by_key = log_in(who.address, make.PASSWORD, ELSEWHERE, house), knock(device, house)
    left = remove_passkey(visit_of(by_key), passkeys_of(who.id)[0].id, make.PASSWORD, HERE, house)

    assert [find_visit(each.key, now()) for each in (by_password, by_key)] == [None, None]
    assert visit_of(left).session.is_complete
    assert refused_device(device, house)


def test_a_challenge_is_answered_once(app: Flask, house: House) -> None:
    device = given(make.operator(house), house)
    asked = ask_to_enter(house)
    answered = Answered(asked.token, device.sign(asked.options))
    enter_by_passkey(answered, HERE, house)

    # Also when the device signs it anew, with its counter moved on.
    assert "answered already" in refused(answered, house)
    assert "answered already" in refused(Answered(asked.token, device.sign(asked.options)), house)


def test_a_wrong_answer_uses_the_challenge_up(app: Flask, house: House) -> None:
    device = given(make.operator(house), house)
    asked = ask_to_enter(house)
    refused(Answered(asked.token, "{}"), house)

    assert "answered already" in refused(Answered(asked.token, device.sign(asked.options)), house)


def test_a_challenge_lives_five_minutes(app: Flask, house: House, clock: time_machine.Traveller) -> None:
    device = given(make.operator(house), house)
    asked = ask_to_enter(house)
    clock.shift(CHALLENGE_LIFE + timedelta(seconds=1))

    assert "took too long" in refused(Answered(asked.token, device.sign(asked.options)), house)


def test_an_answer_counts_for_the_challenge_of_its_own_session(app: Flask, house: House) -> None:
    device = given(make.operator(house), house)
    mine, anothers = ask_to_enter(house), ask_to_enter(house)

    assert refused(Answered(mine.token, device.sign(anothers.options)), house)
    assert "begin again" in refused(Answered("", device.sign(mine.options)), house)
    assert "begin again" in refused(Answered(mine.token[:-2], device.sign(mine.options)), house)


def test_a_challenge_to_add_is_none_to_enter(app: Flask, house: House) -> None:
    who = make.operator(house)
    device = given(who, house)
    asked = ask_to_add(at_home(who, house), make.PASSWORD, HERE, house)

    assert "begin again" in refused(Answered(asked.token, device.sign(asked.options)), house)


@pytest.mark.parametrize(
    "lie",
    [
        lambda device: replace(device, origin="https://letters.example.org.evil.example"),
        lambda device: replace(device, origin="http://letters.example.org"),
        lambda device: replace(device, origin="https://letters.example.org:8443"),
        lambda device: replace(device, rp_id="evil.example"),
        lambda device: replace(device, rp_id="example.org"),
        lambda device: replace(device, flags=PRESENT),
        lambda device: replace(device, flags=0x04),
        lambda device: replace(device, key=Device().key),
        lambda device: replace(device, handle=b""),
        lambda device: replace(device, credential_id=b"nobody's"),
    ],
    ids=[
        *("a host that begins like ours", "no TLS", "another port", "another site", "the domain above"),
        *("not verified", "not present", "another key", "says not whose it is", "unknown"),
    ],
)
def test_what_is_not_the_passkey_at_this_place_is_refused(
    app: Flask, house: House, lie: Callable[[Device], Device]
) -> None:
    device = lie(given(make.operator(house), house))

    assert refused_device(device, house)


def test_a_passkey_is_nobody_elses(app: Flask, house: House) -> None:
    mine, theirs = given(make.operator(house), house), given(make.operator(house), house)

    # My key under their name, and theirs under mine.
    assert refused_device(replace(mine, handle=theirs.handle), house)
    assert refused_device(replace(mine, credential_id=theirs.credential_id), house)
    assert refused_device(replace(theirs, handle=mine.handle), house)


def test_an_answer_for_making_is_none_for_entering(app: Flask, house: House) -> None:
    device = given(make.operator(house), house)
    asked = ask_to_enter(house)

    assert refused(Answered(asked.token, device.sign(asked.options, type="webauthn.create")), house)


def test_a_copied_passkey_is_seen_by_its_count_and_noted(app: Flask, house: House) -> None:
    device = given(make.operator(house), house)
    copy = replace(device)
    knock(device, house)
    knock(device, house)

    assert refused_device(copy, house)
    said = db.session.scalars(select(AuditEvent.what).order_by(AuditEvent.id.desc())).first()
    assert said == "was refused: the passkey Phone may be a copy"
    assert refused_device(replace(device, count=0, step=0), house)


def test_of_two_that_count_the_same_at_the_same_moment_one_comes_in(app: Flask, house: House) -> None:
    device = given(make.operator(house), house)
    asked = [ask_to_enter(house) for _ in range(2)]
    answers = [Answered(each.token, replace(device).sign(each.options)) for each in asked]
    db.session.commit()
    start, ends = Barrier(2), []

    def enter(answered: Answered) -> None:
        with app.app_context():
            start.wait()
            try:
                ends.append(bool(enter_by_passkey(answered, HERE, house).key))
            except InvalidInput:
                ends.append(False)
            db.session.remove()

    threads = [Thread(target=enter, args=(each,)) for each in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == [False, True]


@pytest.mark.parametrize(
    "answer",
    [
        "", "null", "[]", "{}", '"x"', "[" * 19_000, '{"id":' * 3000, '{"id": 7}', '{"id": "\\u0000"}',
        "x" * 1_000_000, json.dumps({"id": "é"}), json.dumps({"id": "a" * 1400}),
    ],
)  # fmt: skip
def test_whatever_else_is_sent_is_refused_in_words(app: Flask, house: House, answer: str) -> None:
    given(make.operator(house), house)

    assert refused(Answered(ask_to_enter(house).token, answer), house)


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("junk", [b"", b"\xff" * 200, b"[" * 9000, b"\x9f" * 9000, b"\xbb" + b"\xff" * 8])
def test_no_part_of_an_answer_breaks_anything(app: Flask, house: House, part: str, junk: bytes) -> None:
    device = given(make.operator(house), house)
    asked = ask_to_enter(house)
    answer = json.loads(device.sign(asked.options))
    answer["response"][part] = packed(junk)

    assert refused(Answered(asked.token, json.dumps(answer)), house)


def test_guesses_are_counted_by_network_and_by_passkey(app: Flask, house: House) -> None:
    who = make.operator(house)
    device = given(who, house)
    for _ in range(MOST_OF_NETWORK):
        refused_device(Device(), house)

    with pytest.raises(TooManyTries):
        knock(device, house)
    assert knock(device, house, ELSEWHERE).key


def test_wrong_passwords_of_others_keep_no_passkey_out(app: Flask, house: House) -> None:
    who = make.operator(house)
    device = given(who, house)
    for each in range(12):
        with pytest.raises((InvalidInput, TooManyTries)):
            log_in(who.address, "not the password", Browser(f"198.51.100.{each}", ""), house)

    assert knock(device, house).key


def test_spent_challenges_are_cleared_away(app: Flask, house: House, clock: time_machine.Traveller) -> None:
    knock(given(make.operator(house), house), house)
    assert db.session.scalars(select(SpentChallenge)).all()
    clock.shift(timedelta(hours=1))

    purge_sessions()

    assert db.session.scalars(select(SpentChallenge)).all() == []
