"""What the other pages of the console's frame show and do; and that nothing which people typed ever runs."""

import re

from flask import Flask
from flask.testing import FlaskClient

from newsletter.core.db import db, transaction
from newsletter.mail.house import House
from newsletter.newsletters.queries import newsletter
from newsletter.operators.models import Operator
from newsletter.operators.policy import Role
from newsletter.operators.queries import powers, trail
from newsletter.operators.service import note
from tests import make
from tests.console.routes import routes

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def test_an_owner_lets_somebody_in_and_hands_them_a_link(operator: FlaskClient, house: House) -> None:
    page = make.press(
        operator, "/console/operators", email="gus@desk.example", name="Gus", role="editor", newsletter=""
    )

    assert re.search(r"https://letters\.example\.org/console/welcome/[\w.-]+", page.text)
    gus = db.session.query(Operator).filter_by(name="Gus").one()
    assert powers(gus.id).house is Role.EDITOR
    assert "gus@desk.example" in operator.get("/console/operators").text
    assert trail().events[0].who != "command"


def test_who_is_there_already_is_not_let_in_twice(operator: FlaskClient) -> None:
    fields = {"email": "gus@desk.example", "name": "", "role": "editor", "newsletter": ""}
    make.press(operator, "/console/operators", **fields)
    again = make.press(operator, "/console/operators", **fields)

    assert again.status_code == 422
    assert "an operator already" in again.text


def test_a_role_is_given_taken_and_noted(operator: FlaskClient, house: House) -> None:
    make.newsletter("tide")
    gus = make.operator(house, Role.VIEWER)
    make.press(operator, f"/console/operators/{gus.id}/role", role="publisher", newsletter="tide")
    assert list(powers(gus.id).by_newsletter.values()) == [Role.PUBLISHER]
    make.press(operator, f"/console/operators/{gus.id}/role/take", newsletter="tide")

    assert not powers(gus.id).by_newsletter
    page = operator.get("/console/audit").text
    assert "made publisher of tide" in page
    assert "took the role of tide" in page


def test_what_cannot_be_done_says_why_and_leads_back(operator: FlaskClient) -> None:
    me = db.session.query(Operator).one()
    refused = make.press(operator, f"/console/operators/{me.id}/remove")

    assert refused.status_code == 409
    assert "This is the last owner of the house" in refused.text
    assert 'href="/console"' in refused.text


def test_a_page_that_is_not_there_repeats_nothing(operator: FlaskClient) -> None:
    answer = operator.get("/console/newsletters/call-0900-now")

    assert answer.status_code == 404
    assert "0900" not in answer.text.partition("<main")[2]


def test_a_newsletter_is_founded(operator: FlaskClient) -> None:
    fields = {
        "name": "The Tide", "sender_address": "tide@courier.example", "sender_name": "", "description": "",
        "postal_address": "Quay 1\r\n1234 Port", "timezone": "Europe/Zurich", "slug": "",
    }  # fmt: skip
    wrong = make.press(operator, "/console/newsletters", **fields | {"timezone": "Mars/Base"})
    assert wrong.status_code == 422
    assert "Mars/Base" in wrong.text

    founded = make.press(operator, "/console/newsletters", **fields)

    assert founded.location == "/console/newsletters/the-tide"
    assert newsletter("the-tide").postal_address == "Quay 1\n1234 Port"
    assert "Start a newsletter" not in operator.get(founded.location).text


def test_settings_are_shown_and_no_secret_is(operator: FlaskClient, house: House) -> None:
    page = operator.get("/console/settings").text
    settings = house.settings

    assert "NEWSLETTER_BASE_URL" in page
    assert settings.base_url in page
    assert not any(secret in page for secret in (*settings.secret_keys, settings.pepper))


def test_backends_are_shown_without_their_passwords(operator: FlaskClient) -> None:
    page = operator.get("/console/backends").text

    assert "memory:" in page
    assert "100 % (weight 1)" in page


def test_nothing_that_people_typed_runs_on_any_page(app: Flask, operator: FlaskClient, house: House) -> None:
    evil = make.operator(house, Role.OWNER, address="evil@desk.example")
    of, source = make.newsletter(name=EVIL[:100]), make.source(title=EVIL)
    make.digest(of, [source])
    make.edition(of, [make.article(source, EVIL)])
    with transaction():
        evil.name = EVIL[:100]
        of.description = of.sender_name = of.postal_address = EVIL
        of.accent = '"><script>'[:7]
        source.problem = EVIL
        note(evil.id, EVIL, EVIL)
    operator.get("/console/account", headers={"User-Agent": EVIL})
    looked_at = 0
    for route in routes(app):
        if not route.changes:
            page = operator.get(route.path).text
            looked_at += "&lt;script" in page or "&#34;&gt;&lt;" in page
            assert "<script>alert" not in page, route
            assert "<img src=x" not in page, route
            assert '"><script' not in page, route

    assert looked_at >= 5
