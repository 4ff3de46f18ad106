"""Which passkeys are taken in, who may take them away, and what a rule of the house makes of them."""

import json
from collections.abc import Callable
from dataclasses import replace

import cbor2
import pytest
from flask import Flask

from newsletter.core.clock import now
from newsletter.core.errors import Conflict, InvalidInput, NotFound
from newsletter.mail.house import House
from newsletter.operators.policy import MOST_PASSKEYS, Role, relying_party
from newsletter.operators.queries import Visit, find_visit, has_passkeys, passkeys_of
from newsletter.operators.service import (
    Answered,
    add_passkey,
    ask_to_add,
    ask_to_enter,
    enter_by_link,
    log_in,
    remove_factor,
    remove_operator,
    remove_passkey,
    renew_link,
)
from tests import make
from tests.operators.authenticator import PRESENT, Device, packed, unpacked
from tests.operators.passkeys import HERE, at_home, given, knock, refused_device, visit_of


def add(visit: Visit, device: Device, house: House, name: str = "Phone") -> None:
    asked = ask_to_add(visit, make.PASSWORD, HERE, house)
    add_passkey(visit, Answered(asked.token, device.make(asked.options)), name, HERE, house)


def ruled(house: House) -> House:
    return replace(house, settings=replace(house.settings, second_factor="everybody"))


def test_options_ask_for_a_key_that_knows_its_owner_and_verifies_them(app: Flask, house: House) -> None:
    who = make.operator(house)
    to_add = json.loads(ask_to_add(at_home(who, house), make.PASSWORD, HERE, house).options)
    to_enter = json.loads(ask_to_enter(house).options)

    assert to_add["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert to_add["rp"] == {"name": "Newsletters", "id": "letters.example.org"}
    assert (to_enter["userVerification"], to_enter["rpId"]) == ("required", "letters.example.org")
    assert to_enter["allowCredentials"] == []
    assert who.address.encode() not in unpacked(to_add["user"]["id"])


def test_whoever_sits_at_the_browser_must_know_the_password(app: Flask, house: House) -> None:
    who = make.operator(house)
    given(who, house)
    visit = at_home(who, house)

    with pytest.raises(InvalidInput, match="not your password"):
        ask_to_add(visit, "not the password", HERE, house)
    with pytest.raises(InvalidInput, match="not your password"):
        remove_passkey(visit, passkeys_of(who.id)[0].id, "not the password", HERE, house)
    assert has_passkeys(who.id)


@pytest.mark.parametrize(
    "lie",
    [
        lambda device: replace(device, origin="https://evil.example"),
        lambda device: replace(device, rp_id="evil.example"),
        lambda device: replace(device, flags=PRESENT),
        lambda device: replace(device, credential_id=b""),
        lambda device: replace(device, credential_id=bytes(1024)),
    ],
    ids=["another place", "another site", "not verified", "without an id", "with an id too long"],
)
def test_what_is_no_passkey_of_this_place_is_not_taken_in(
    app: Flask, house: House, lie: Callable[[Device], Device]
) -> None:
    who = make.operator(house)

    with pytest.raises(InvalidInput):
        add(at_home(who, house), lie(Device()), house)
    assert not has_passkeys()


@pytest.mark.parametrize(
    "statement",
    [
        b"",
        b"\xff" * 50,
        b"\x9f" * 9000,
        cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": b"short"}),
        cbor2.dumps({"fmt": "packed", "attStmt": {"alg": -7, "sig": b"x"}, "authData": bytes(200)}),
        cbor2.dumps([1, 2, 3]),
    ],
)
def test_no_statement_of_a_device_breaks_anything(app: Flask, house: House, statement: bytes) -> None:
    visit = at_home(make.operator(house), house)
    asked = ask_to_add(visit, make.PASSWORD, HERE, house)
    answer = json.loads(Device().make(asked.options))
    answer["response"]["attestationObject"] = packed(statement)

    with pytest.raises(InvalidInput, match="cannot be used"):
        add_passkey(visit, Answered(asked.token, json.dumps(answer)), "Phone", HERE, house)


def test_a_challenge_to_add_is_for_one_session_and_once(app: Flask, house: House) -> None:
    who, other = make.operator(house), make.operator(house)
    mine, theirs = at_home(who, house), at_home(other, house)
    asked = ask_to_add(mine, make.PASSWORD, HERE, house)
    answered = Answered(asked.token, Device().make(asked.options))

    with pytest.raises(InvalidInput, match="begin again"):
        add_passkey(theirs, answered, "Phone", HERE, house)
    with pytest.raises(InvalidInput, match="begin again"):
        add_passkey(mine, answered, "Phone", HERE, house)
    assert not has_passkeys()


def test_a_passkey_belongs_to_one_operator_for_ever(app: Flask, house: House) -> None:
    device = given(make.operator(house), house)
    other = make.operator(house)

    with pytest.raises(Conflict, match="known here"):
        given(other, house, replace(device))
    assert not has_passkeys(other.id)


def test_a_device_is_told_which_passkeys_there_are_and_there_is_a_most(app: Flask, house: House) -> None:
    who = make.operator(house)
    for _ in range(MOST_PASSKEYS):
        device = given(who, house)

    with pytest.raises(Conflict, match="remove one first"):
        given(who, house)
    remove_passkey(at_home(who, house), passkeys_of(who.id)[0].id, make.PASSWORD, HERE, house)
    asked = json.loads(ask_to_add(at_home(who, house), make.PASSWORD, HERE, house).options)
    assert packed(device.credential_id) in {each["id"] for each in asked["excludeCredentials"]}


@pytest.mark.parametrize("name", ["", "  \n ", "x" * 61])
def test_a_passkey_has_a_name_that_people_can_read(app: Flask, house: House, name: str) -> None:
    who = make.operator(house)

    with pytest.raises(InvalidInput, match="name"):
        add(at_home(who, house), Device(), house, name)


def test_nobody_removes_what_is_somebody_elses(app: Flask, house: House) -> None:
    who, other = make.operator(house), make.operator(house)
    given(who, house)

    with pytest.raises(NotFound):
        remove_passkey(at_home(other, house), passkeys_of(who.id)[0].id, make.PASSWORD, HERE, house)
    assert has_passkeys(who.id)


def test_who_was_removed_comes_in_by_no_passkey_also_when_they_return(app: Flask, house: House) -> None:
    make.operator(house)
    who = make.operator(house, address="ines@desk.example")
    device = given(who, house)
    remove_operator(who.id, None)
    assert refused_device(device, house)

    assert make.operator(house, address="ines@desk.example").id == who.id
    assert refused_device(device, house)


def test_who_lost_phone_and_passkeys_is_rid_of_both(app: Flask, house: House) -> None:
    who = make.operator(house)
    device = given(who, house)
    entered = knock(device, house)
    remove_factor(who.id, None)

    assert find_visit(entered.key, now()) is None
    assert refused_device(device, house)


def test_without_a_rule_the_password_still_lets_in(app: Flask, house: House) -> None:
    who = make.operator(house)
    given(who, house)

    assert not log_in(who.address, make.PASSWORD, HERE, house).needs_factor


def test_where_a_second_factor_is_the_rule_the_password_alone_does_not_go_around_a_passkey(
    app: Flask, house: House
) -> None:
    who, house = make.operator(house), ruled(house)
    assert not log_in(who.address, make.PASSWORD, HERE, house).needs_factor
    device = given(who, house)
    link = renew_link(who.id, None, house).rpartition("/")[2]

    assert log_in(who.address, make.PASSWORD, HERE, house).needs_factor
    assert enter_by_link(link, "nine quiet herons by the weir", HERE, house).needs_factor
    assert visit_of(knock(device, house)).session.is_complete


def test_a_passkey_of_an_editor_is_no_second_factor_where_only_publishers_need_one(
    app: Flask, house: House
) -> None:
    editor = make.operator(house, Role.EDITOR)
    given(editor, house)
    strict = replace(house, settings=replace(house.settings, second_factor="publishers"))

    assert not log_in(editor.address, make.PASSWORD, HERE, strict).needs_factor


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://letters.example.org", ("letters.example.org", "https://letters.example.org")),
        ("https://Letters.Example.org:443", ("letters.example.org", "https://letters.example.org")),
        ("https://letters.example.org:8443", ("letters.example.org", "https://letters.example.org:8443")),
        ("http://localhost:8000", ("localhost", "http://localhost:8000")),
        ("http://127.0.0.1:8000", None),
        ("https://[2001:db8::1]", None),
    ],
)
def test_passkeys_are_bound_to_the_host_of_the_base_url(base_url: str, expected: tuple[str, str] | None) -> None:
    party = relying_party(base_url)

    assert (party and (party.id, party.origin)) == expected


def test_where_the_address_is_a_number_there_are_none(app: Flask, house: House) -> None:
    local = replace(house, settings=replace(house.settings, base_url="http://127.0.0.1:8000"))

    with pytest.raises(Conflict, match="a number"):
        ask_to_enter(local)


def test_no_word_about_an_operator_is_in_what_their_devices_keep(app: Flask, house: House) -> None:
    one, two = make.operator(house), make.operator(house)
    first, second = given(one, house), given(two, house)

    assert first.handle != second.handle
    assert len(first.handle) == len(second.handle) == 32
