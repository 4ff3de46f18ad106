"""Who may go where: every role at every door of the console, as the application has them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.operators.models import OperatorRole
from newsletter.operators.policy import Role
from tests import make
from tests.console.routes import Route, routes


@pytest.fixture
def furnished(app: Flask) -> Flask:
    """An app that takes forms without their token, so that the doors behind that check can be tried."""
    app.config["WTF_CSRF_ENABLED"] = False
    of, source = make.newsletter(), make.source()
    make.digest(of, [source])
    make.edition(of, make.articles(source, 2))
    make.newsletter("tide")
    return app


def ask(client: FlaskClient, route: Route) -> TestResponse:
    answer = client.open(route.path, method=route.method)
    # What is streamed and not read would hold its connection beyond the test.
    answer.close()
    return answer


def leads_to_the_door(answer: TestResponse) -> bool:
    return answer.status_code == 303 and answer.location.startswith("/console/login")


def test_there_are_routes_to_try(furnished: Flask) -> None:
    found = list(routes(furnished))

    assert {route.needs for route in found} >= {None, "login", "viewer", "publisher", "owner"}
    assert len(found) > 25


def test_strangers_come_no_further_than_the_door(furnished: Flask) -> None:
    client = furnished.test_client()
    further = [route for route in routes(furnished) if route.needs and not leads_to_the_door(ask(client, route))]

    assert further == []


def test_only_the_door_is_open_to_all(furnished: Flask) -> None:
    opened = {route.endpoint for route in routes(furnished) if route.needs is None}

    assert {endpoint.partition(".")[0] for endpoint in opened} == {"console_door"}


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_refused_what_is_above_it(furnished: Flask, house: House, role: Role) -> None:
    client = make.log_in(furnished.test_client(), make.operator(house, role), house)
    above = [
        route for route in routes(furnished) if route.needs in set(Role) and not role.reaches(Role(route.needs))
    ]

    assert [route for route in above if ask(client, route).status_code != 403] == []
    assert above or role is Role.OWNER


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_look_at_all_that_it_reaches(furnished: Flask, house: House, role: Role) -> None:
    client = make.log_in(furnished.test_client(), make.operator(house, role), house)
    within = [
        route
        for route in routes(furnished)
        if not route.changes and route.needs in set(Role) and role.reaches(Role(route.needs))
    ]
    refused = [
        route
        for route in within
        if (answer := ask(client, route)).status_code in {401, 403, 500} or leads_to_the_door(answer)
    ]

    assert refused == []
    assert within


def test_whoever_has_no_role_sees_nothing(furnished: Flask, house: House) -> None:
    who = make.operator(house, Role.VIEWER)
    db.session.query(OperatorRole).delete()
    db.session.commit()
    client = make.log_in(furnished.test_client(), who, house)
    seen = [
        route
        for route in routes(furnished)
        if route.needs in set(Role) and ask(client, route).status_code not in {403, 404}
    ]

    assert seen == []


def test_a_role_for_one_newsletter_is_none_for_another(furnished: Flask, house: House) -> None:
    client = make.log_in(furnished.test_client(), make.operator(house, Role.OWNER, "tide"), house)
    about_courier = [route for route in routes(furnished) if route.is_about_one]

    assert about_courier
    assert [route for route in about_courier if ask(client, route).status_code != 404] == []
    assert client.get("/console/newsletters/tide").status_code == 200


def test_the_owner_of_one_newsletter_owns_nothing_of_the_house(furnished: Flask, house: House) -> None:
    client = make.log_in(furnished.test_client(), make.operator(house, Role.OWNER, "tide"), house)
    of_the_house = ("operators", "audit", "settings", "backends")

    assert [client.get(f"/console/{noun}").status_code for noun in of_the_house] == [403] * 4


def test_lists_show_only_what_one_may_see(furnished: Flask, house: House) -> None:
    client = make.log_in(furnished.test_client(), make.operator(house, Role.VIEWER, "tide"), house)
    page = client.get("/console/newsletters").text

    assert "/console/newsletters/tide" in page
    assert "/console/newsletters/courier" not in page


def test_the_menu_has_no_entry_that_would_be_refused(furnished: Flask, house: House) -> None:
    client = make.log_in(furnished.test_client(), make.operator(house, Role.VIEWER), house)
    page = client.get("/console").text

    assert "/console/newsletters" in page
    assert "/console/operators" not in page
    assert "/console/settings" not in page


def test_a_part_of_a_page_is_not_replaced_by_the_login_page(client: FlaskClient) -> None:
    answer = client.get("/console", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.text) == (401, "")
    assert answer.headers["HX-Redirect"].startswith("/console/login")


def test_every_changing_route_wants_the_token_of_a_form(app: Flask, house: House) -> None:
    make.newsletter()
    client = make.log_in(app.test_client(), make.operator(house), house)
    changing = [route for route in routes(app) if route.changes]
    taken = [route for route in changing if ask(client, route).status_code != 400]

    assert changing
    assert taken == []


def test_no_get_of_the_console_needs_a_token_and_each_is_private(app: Flask, operator: FlaskClient) -> None:
    make.newsletter()
    for route in routes(app):
        if not route.changes:
            answer = operator.get(route.path)
            assert answer.headers["Cache-Control"] == "no-store", route
            assert answer.headers["Referrer-Policy"] == "same-origin", route
            answer.close()


def test_no_script_runs_but_ours_and_none_stands_in_a_page(operator: FlaskClient) -> None:
    first, second = operator.get("/console"), operator.get("/console")
    policy = first.headers["Content-Security-Policy"]
    nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]

    assert len(nonce) > 20
    assert policy != second.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert first.text.count("<script") == first.text.count(f'nonce="{nonce}"')
    assert "<style" not in first.text
    assert " style=" not in first.text
