"""The provider on the pages: a link at the door, back to where one wanted to go, and never out of the console."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from newsletter.mail.house import House
from newsletter.web import current
from tests import make
from tests.operators.provider import Provider, known, running

pytestmark = pytest.mark.loopback

DOOR, BACK = "/console/login/provider", "/console/login/provider/back"
INES = "ines@desk.example"


@pytest.fixture
def provider(app: Flask, house: House) -> Iterator[Provider]:
    with running() as provider:
        current.hold(app, known(house, provider))
        make.operator(house, address=INES)
        yield provider


def come(client: FlaskClient, provider: Provider, wished: str = "", **lies: str) -> TestResponse:
    sent = client.get(DOOR, query_string={"next": wished})
    assert sent.status_code == 303
    return client.get(BACK, query_string={**provider.let_in(sent.location, INES), **lies})


def test_without_a_provider_there_is_no_such_door(client: FlaskClient, house: House) -> None:
    assert [client.get(path).status_code for path in (DOOR, BACK)] == [404, 404]
    assert "provider" not in client.get("/console/login").text


def test_the_login_page_names_the_provider(
    app: Flask, client: FlaskClient, house: House, provider: Provider
) -> None:
    assert "Log in with 127.0.0.1" in client.get("/console/login").text
    current.hold(app, known(house, provider, oidc_name="<b>The Courier</b>"))
    page = client.get("/console/login?next=/console/audit").text

    assert "Log in with &lt;b&gt;The Courier&lt;/b&gt;" in page
    assert "/console/login/provider?next=/console/audit" in page


def test_one_comes_in_and_to_where_one_wanted(client: FlaskClient, provider: Provider) -> None:
    entered = come(client, provider, "/console/audit?who=1")

    assert (entered.status_code, entered.location) == (303, "/console/audit?who=1")
    assert client.get("/console/audit").status_code == 200


@pytest.mark.parametrize(
    "wished",
    [
        "https://evil.example/console", "//evil.example", "/\\evil.example", "/console/../../evil",
        "javascript:alert(1)", "/console/" + "a" * 5000, "/consolation", "/console@evil.example",
    ],
)  # fmt: skip
def test_nobody_is_led_out_of_the_console(client: FlaskClient, provider: Provider, wished: str) -> None:
    assert come(client, provider, wished).location == "/console"


def test_where_one_wanted_is_nothing_that_one_may_change_on_the_way_back(
    client: FlaskClient, provider: Provider
) -> None:
    assert come(client, provider, "/console/audit", next="//evil.example").location == "/console/audit"


def test_what_another_browser_was_sent_with_lets_this_one_in_nowhere(app: Flask, provider: Provider) -> None:
    thief, victim = app.test_client(), app.test_client()
    brought = provider.let_in(thief.get(DOOR).location, INES)
    victim.get(DOOR)

    assert victim.get(BACK, query_string=brought).status_code == 422
    assert app.test_client().get(BACK, query_string=brought).status_code == 422
    assert victim.get("/console").status_code == 303


def test_one_comes_back_once(app: Flask, client: FlaskClient, provider: Provider) -> None:
    sent = client.get(DOOR)
    brought = provider.let_in(sent.location, INES)
    kept = client.get_cookie("__Host-forms", domain="letters.example.org")
    assert kept
    assert client.get(BACK, query_string=brought).status_code == 303
    again = app.test_client()
    again.set_cookie("__Host-forms", kept.value, domain="letters.example.org", secure=True)

    assert again.get(BACK, query_string=brought).status_code == 422
    assert again.get("/console").status_code == 303


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"error": "access_denied", "error_description": "<script>alert(1)</script>"},
        {"state": "x", "code": "y"},
        {"code": "\0"},
    ],
    ids=str,
)
def test_whatever_comes_back_is_answered_in_words_of_ours(
    client: FlaskClient, provider: Provider, said: dict[str, str]
) -> None:
    client.get(DOOR)
    answer = client.get(BACK, query_string=said)

    assert answer.status_code == 422
    assert "begin again" in answer.text
    assert "<script>alert" not in answer.text


def test_a_provider_that_is_down_leaves_the_password(app: Flask, client: FlaskClient, house: House) -> None:
    current.hold(app, known(house, Provider(issuer="http://127.0.0.1:9")))
    answer = client.get(DOOR)

    assert answer.status_code == 502
    assert "cannot be asked at the moment" in answer.text
    assert 'name="password"' in answer.text


def test_the_page_of_settings_does_not_show_the_secret(app: Flask, house: House, provider: Provider) -> None:
    owner = make.log_in(app.test_client(), make.operator(house), house)
    page = owner.get("/console/settings").text

    assert "NEWSLETTER_OIDC_CLIENT_SECRET" in page
    assert provider.secret not in page
    assert provider.secret not in repr(current.settings())


def test_no_token_or_code_stays_in_the_session_after_coming_in(client: FlaskClient, provider: Provider) -> None:
    come(client, provider)

    with client.session_transaction() as session:
        assert set(session) <= {"csrf_token"}
