"""Coming in and going out, as a browser does it."""

from flask.testing import FlaskClient

BASE = "https://letters.example.org"


def test_the_console_sends_strangers_to_the_door(client: FlaskClient) -> None:
    answer = client.get("/console")

    assert answer.status_code == 303
    assert answer.location == "/console/login?next=/console"


def test_an_owner_sees_the_first_page(operator: FlaskClient) -> None:
    page = operator.get("/console")

    assert page.status_code == 200
    assert "Log out" in page.text
