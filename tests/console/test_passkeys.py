"""Passkeys on the pages: offered where there are some, answered in the same session, led on like any login."""

import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from newsletter.mail.house import House
from newsletter.operators.models import Operator
from newsletter.operators.policy import MOST_OF_NETWORK, Role
from newsletter.operators.queries import has_passkeys, passkeys_of
from newsletter.web import current
from tests import make
from tests.operators.authenticator import Device
from tests.operators.passkeys import given

DOOR, HOME = "/console/login/passkey", "/console/account/passkeys"


def knock(client: FlaskClient, device: Device, wished: str = "") -> TestResponse:
    """As the script of the login page does it."""
    token = make.csrf_of(client, "/console/login")
    options = client.get(DOOR).text
    return send(client, token, device.sign(options), wished)


def send(client: FlaskClient, token: str, answer: str, wished: str = "") -> TestResponse:
    fields = {"csrf_token": token, "answer": answer, "next": wished}
    return client.post(DOOR, data=fields, headers={"Referer": "https://letters.example.org/console/login"})


def token_in(answer: TestResponse) -> str:
    found = re.search(r'name="csrf_token" [^>]*value="([^"]+)"', answer.text)
    assert found
    return found[1]


def begun(client: FlaskClient, name: str = "Phone", password: str = make.PASSWORD) -> TestResponse:
    return make.press(client, HOME, HOME, name=name, old=password)


def finish(client: FlaskClient, page: TestResponse, device: Device, name: str = "Phone") -> TestResponse:
    found = re.search(r'data-options="([^"]+)"', page.text)
    assert found
    g.pop("csrf_token", None)
    fields = {"csrf_token": token_in(page), "name": name, "answer": device.make(unescape(found[1]))}
    return client.post(f"{HOME}/add", data=fields, headers={"Referer": f"https://letters.example.org{HOME}"})


def test_the_login_page_offers_passkeys_once_somebody_has_one(client: FlaskClient, house: House) -> None:
    who = make.operator(house)
    assert "passkey" not in client.get("/console/login").text

    given(who, house)

    assert "Use a passkey" in client.get("/console/login").text


def test_a_passkey_is_added_shown_and_lets_in(app: Flask, operator: FlaskClient, house: House) -> None:
    device = Device()
    added = finish(operator, begun(operator), device)
    assert (added.status_code, added.location) == (303, HOME)
    assert "Phone" in operator.get(HOME).text

    entered = knock(client := app.test_client(), device, "/console/audit")

    assert (entered.status_code, entered.location) == (303, "/console/audit")
    assert client.get("/console/audit").status_code == 200


def test_nobody_is_led_out_of_the_console_by_a_passkey(client: FlaskClient, house: House) -> None:
    device = given(make.operator(house), house)

    assert knock(client, device, "https://evil.example/console").location == "/console"


def test_another_browser_cannot_use_what_was_asked_of_this_one(app: Flask, house: House) -> None:
    device = given(make.operator(house), house)
    mine, anothers = app.test_client(), app.test_client()
    tokens = [make.csrf_of(each, "/console/login") for each in (mine, anothers)]
    answer = device.sign(mine.get(DOOR).text)
    anothers.get(DOOR)

    assert send(anothers, tokens[1], answer).status_code == 422
    assert send(mine, tokens[0], answer).status_code == 303


def test_an_answer_is_taken_once_even_with_the_cookies_of_before(app: Flask, house: House) -> None:
    device = given(make.operator(house), house)
    client = app.test_client()
    token = make.csrf_of(client, "/console/login")
    answer = device.sign(client.get(DOOR).text)
    kept = client.get_cookie("__Host-forms", domain="letters.example.org")
    assert kept
    assert send(client, token, answer).status_code == 303
    thief = app.test_client()
    thief.set_cookie("__Host-forms", kept.value, domain="letters.example.org", secure=True)
    g.pop("csrf_token", None)

    assert send(thief, token, answer).status_code == 422
    assert thief.get("/console").status_code == 303


def test_an_answer_without_the_token_of_a_form_is_none(client: FlaskClient, house: House) -> None:
    device = given(make.operator(house), house)
    options = client.get(DOOR).text

    assert client.post(DOOR, data={"answer": device.sign(options)}).status_code == 400


def test_what_is_wrong_with_a_passkey_is_said_on_the_login_page(client: FlaskClient, house: House) -> None:
    given(make.operator(house), house)
    refused = knock(client, Device(), "/console/audit")

    assert refused.status_code == 422
    assert "This passkey cannot be used here." in refused.text
    assert 'value="/console/audit"' in refused.text


def test_who_tries_too_many_passkeys_is_told_to_wait(client: FlaskClient, house: House) -> None:
    given(make.operator(house), house)
    answers = [knock(client, Device()).status_code for _ in range(MOST_OF_NETWORK + 1)]

    assert answers == [422] * MOST_OF_NETWORK + [429]


def test_no_passkey_is_asked_for_without_the_password(operator: FlaskClient, house: House) -> None:
    refused = begun(operator, password="not the password")

    assert refused.status_code == 422
    assert "data-options" not in refused.text


def test_what_was_asked_to_add_is_answered_once(operator: FlaskClient, house: House) -> None:
    page, device = begun(operator), Device()
    assert finish(operator, page, replace(device, origin="https://evil.example")).status_code == 422

    assert finish(operator, page, device).status_code == 422
    assert not has_passkeys()


def test_a_passkey_is_removed_with_the_password(operator: FlaskClient, house: House) -> None:
    finish(operator, begun(operator), Device())
    held = passkeys_of(1)[0].id
    wrong = make.press(operator, f"{HOME}/{held}/remove", f"{HOME}/{held}/remove", old="not the password")
    assert (wrong.status_code, has_passkeys()) == (422, True)

    gone = make.press(operator, f"{HOME}/{held}/remove", f"{HOME}/{held}/remove", old=make.PASSWORD)

    assert (gone.location, has_passkeys()) == (HOME, False)


def test_anothers_passkey_is_not_there(operator: FlaskClient, house: House) -> None:
    who = make.operator(house)
    given(who, house)
    path = f"{HOME}/{passkeys_of(who.id)[0].id}/remove"

    assert operator.get(path).status_code == 404
    assert make.press(operator, path, old=make.PASSWORD).status_code == 404
    assert has_passkeys(who.id)


@pytest.mark.parametrize("name", ["<script>x</script>", '"><img src=x onerror=alert(1)>', "\u202ephone"])
def test_a_name_is_text_on_every_page(app: Flask, operator: FlaskClient, house: House, name: str) -> None:
    finish(operator, begun(operator, name), Device(), name)

    for path in (HOME, "/console/account", f"{HOME}/{passkeys_of(1)[0].id}/remove"):
        page = operator.get(path).text
        assert name not in page


def with_rule(app: Flask, house: House) -> House:
    ruled = replace(house, settings=replace(house.settings, second_factor="publishers"))
    current.hold(app, ruled)
    return ruled


def test_where_the_rule_asks_for_a_second_factor_a_passkey_is_one(app: Flask, house: House) -> None:
    who, ruled = make.operator(house, Role.PUBLISHER), with_rule(app, house)
    client = make.log_in(app.test_client(), who, ruled)
    assert client.get("/console").location == "/console/account/second-factor"
    device = given(who, ruled)

    assert knock(stranger := app.test_client(), device).location == "/console"
    assert stranger.get("/console").status_code == 200
    assert "password is enough" not in stranger.get("/console").text + stranger.get("/console/account").text


def test_where_the_rule_asks_for_it_the_password_leads_to_the_passkey(app: Flask, house: House) -> None:
    who, ruled = make.operator(house, Role.PUBLISHER), with_rule(app, house)
    given(who, ruled)
    client = make.log_in(app.test_client(), who, ruled)
    page = client.get("/console/login/code").text

    assert client.get("/console/account").location.startswith("/console/login")
    assert "Use a passkey" in page
    assert 'name="code"' not in page


def test_an_owner_resets_both(operator: FlaskClient, house: House) -> None:
    who: Operator = make.operator(house)
    given(who, house)
    path = f"/console/operators/{who.id}"
    assert "Reset second factor and passkeys" in operator.get(path).text

    make.press(operator, f"{path}/second-factor", path)

    assert not has_passkeys(who.id)
