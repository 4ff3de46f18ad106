"""Coming in and going out, as a browser does it."""

import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.operators.models import Operator
from newsletter.operators.policy import MOST_OF_ACCOUNT, Role
from newsletter.operators.service import Browser, Post, add_factor, add_operator, propose
from newsletter.web import current
from tests import make

COOKIE = "__Host-console"


def send(client: FlaskClient, page: str, url: str = "", **fields: str) -> TestResponse:
    """Fill in the form of a page."""
    token = make.csrf_of(client, page)
    headers = {"Referer": f"https://letters.example.org{page}"}
    return client.post(url or page, data={"csrf_token": token, **fields}, headers=headers)


def knock(client: FlaskClient, who: Operator, password: str = make.PASSWORD, wished: str = "") -> TestResponse:
    return send(client, "/console/login", email=who.address, password=password, next=wished)


def key_of(client: FlaskClient) -> str:
    cookie = client.get_cookie(COOKIE, domain="letters.example.org")
    return cookie.value if cookie else ""


def armed(house: House) -> tuple[Operator, pyotp.TOTP]:
    who = make.operator(house)
    setup = propose(who, "Letters", house)
    phone = pyotp.TOTP(setup.secret)
    add_factor(who, setup, phone.at(now() - timedelta(seconds=30)), Browser("192.0.2.1", ""), house)
    return who, phone


def test_strangers_are_led_to_the_door_and_from_there_to_where_they_wanted(
    client: FlaskClient, house: House
) -> None:
    who = make.operator(house)
    led = client.get("/console/audit?who=1")
    assert (led.status_code, led.location) == (303, "/console/login?next=/console/audit?who%3D1")
    g.pop("csrf_token", None)
    wished = re.search(r'name="next" type="hidden" value="([^"]*)"', client.get(led.location).text)
    assert wished

    entered = knock(client, who, wished=wished[1])

    assert (entered.status_code, entered.location) == (303, "/console/audit?who=1")
    assert client.get(entered.location).status_code == 200


@pytest.mark.parametrize(
    "wished",
    [
        "https://evil.example/console", "//evil.example/console", "/\\evil.example", "/console\\..\\..\\evil",
        "/consolation", "/console/../../evil", "javascript:alert(1)", "/console/\n//evil.example",
        "\t//evil.example", "evil",
        "https:/console", "/console//../evil", "/console@evil.example",
    ],
)  # fmt: skip
def test_nobody_is_led_out_of_the_console(client: FlaskClient, house: House, wished: str) -> None:
    assert knock(client, make.operator(house), wished=wished).location == "/console"


def test_the_cookie_is_for_this_host_alone_and_for_no_script(client: FlaskClient, house: House) -> None:
    cookie = next(
        each
        for each in knock(client, make.operator(house)).headers.getlist("Set-Cookie")
        if each.startswith(COOKIE)
    )

    assert {part.strip() for part in cookie.split(";")[1:]} == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


def test_a_session_that_somebody_brought_along_is_never_theirs(client: FlaskClient, house: House) -> None:
    client.set_cookie(COOKIE, "planted-by-somebody-else", domain="letters.example.org", secure=True)
    knock(client, make.operator(house))

    assert key_of(client) not in {"", "planted-by-somebody-else"}
    assert client.get("/console").status_code == 200


def test_the_token_of_forms_is_another_after_the_login(client: FlaskClient, house: House) -> None:
    before = make.csrf_of(client, "/console/login")
    knock(client, make.operator(house))
    g.pop("csrf_token", None)
    answer = client.post(
        "/console/logout", data={"csrf_token": before}, headers={"Referer": "https://letters.example.org/console"}
    )

    assert answer.status_code == 400


def test_logging_out_ends_the_session_itself(client: FlaskClient, house: House) -> None:
    knock(client, make.operator(house))
    kept = key_of(client)
    send(client, "/console", "/console/logout")
    client.set_cookie(COOKIE, kept, domain="letters.example.org", secure=True)

    assert client.get("/console").status_code == 303


def test_what_is_wrong_is_said_and_the_address_stays(client: FlaskClient, house: House) -> None:
    who = make.operator(house)
    refused = knock(client, who, "not the password")

    assert refused.status_code == 422
    assert "The address or the password is not right." in refused.text
    assert f'value="{who.address}"' in refused.text
    assert "not the password" not in refused.text
    assert "<title>Error: Log in" in refused.text


def test_who_tries_too_often_is_told_to_wait_and_how_else_to_come_in(client: FlaskClient, house: House) -> None:
    who = make.operator(house)
    answers = [knock(client, who, "not the password").status_code for _ in range(MOST_OF_ACCOUNT + 1)]

    assert answers == [422] * MOST_OF_ACCOUNT + [429]
    assert "one-time link" in knock(client, who).text


def test_with_a_second_factor_the_password_alone_opens_nothing(client: FlaskClient, house: House) -> None:
    who, phone = armed(house)
    first = knock(client, who, wished="/console/account")
    assert first.location == "/console/login/code?next=/console/account"
    assert client.get("/console").location.startswith("/console/login")
    assert client.get("/console/account").location.startswith("/console/login")
    waiting = key_of(client)

    entered = send(client, first.location, "/console/login/code", code=phone.now(), next="/console/account")

    assert entered.location == "/console/account"
    assert client.get("/console/account").status_code == 200
    assert key_of(client) != waiting


def test_a_wrong_code_leaves_one_at_the_second_door(client: FlaskClient, house: House) -> None:
    who, _ = armed(house)
    knock(client, who)
    refused = send(client, "/console/login/code", code="000000")

    assert refused.status_code == 422
    assert "This code is not right" in refused.text
    assert client.get("/console").status_code == 303


def test_a_link_shows_whose_it_is_changes_nothing_and_lets_in_once(client: FlaskClient, house: House) -> None:
    _, link = add_operator(("ines@desk.example", ""), Post(Role.OWNER), None, house)
    path = link.removeprefix("https://letters.example.org")
    assert "ines@desk.example" in client.get(path).text
    assert "ines@desk.example" in client.get(path).text

    entered = send(client, path, password=make.PASSWORD)

    assert entered.location == "/console"
    assert client.get("/console").status_code == 200
    again = client.get(path)
    assert again.status_code == 404
    assert "ines@desk.example" not in again.text.partition("<main")[2]


def test_the_one_link_of_the_console_is_looked_at_by_scanners_without_harm_and_cannot_be_forged(
    app: Flask, client: FlaskClient, house: House
) -> None:
    assert {rule.rule for rule in app.url_map.iter_rules("console_door.welcome")} == {"/console/welcome/<token>"}
    who, link = add_operator(("ines@desk.example", ""), Post(Role.OWNER), None, house)
    path = link.removeprefix("https://letters.example.org")
    kept = who.link_hash
    for method in ("HEAD", "GET", "OPTIONS", "GET"):
        assert client.open(path, method=method).status_code == 200
    for wrong in (path[:-1], path[:-40], f"{path}x", "/console/welcome/x", f"{path[:30]}A{path[31:]}"):
        assert client.get(wrong).status_code == 404
        assert make.press(client, wrong, "/console/login", password=make.PASSWORD).status_code == 404
    db.session.refresh(who)

    assert (who.link_hash, who.password_hash) == (kept, "")
    assert client.get(path).headers["Referrer-Policy"] == "same-origin"
    assert client.get(path).headers["Cache-Control"] == "no-store"


def test_the_rule_of_the_house_sends_publishers_to_set_up_a_second_factor(
    app: Flask, client: FlaskClient, house: House
) -> None:
    editor, publisher = make.operator(house, Role.EDITOR), make.operator(house, Role.PUBLISHER)
    current.hold(app, replace(house, settings=replace(house.settings, second_factor="publishers")))

    assert make.log_in(app.test_client(), editor, house).get("/console").status_code == 200
    stopped = make.log_in(client, publisher, house)
    assert stopped.get("/console").location == "/console/account/second-factor"
    assert stopped.get("/console/account/second-factor").status_code == 200


def test_a_second_factor_is_set_up_on_the_account_page(operator: FlaskClient, house: House) -> None:
    page = operator.get("/console/account/second-factor").text
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    setup = re.search(r'name="setup" type="hidden" value="([^"]+)"', page)
    assert secret
    assert setup
    phone = pyotp.TOTP(secret[1].replace(" ", ""))

    without = make.press(operator, "/console/account/second-factor", setup=setup[1], code=phone.now(), old="wrong")
    done = make.press(
        operator, "/console/account/second-factor", setup=setup[1], code=phone.now(), old=make.PASSWORD
    )

    assert (without.status_code, done.status_code) == (422, 200)
    assert len(re.findall(r"<code>[a-z2-7]{5}-[a-z2-7]{5}</code>", done.text)) == 10
    token = re.search(r'name="csrf_token" value="([^"]+)"', done.text)
    assert token
    assert db.session.query(Operator).one().factor
    left = operator.post(
        "/console/logout",
        data={"csrf_token": token[1]},
        headers={"Referer": "https://letters.example.org/console"},
    )
    assert left.location == "/console/login"
