"""How a newsletter looks, said in the console: checked as by the command, and nothing unreadable is kept."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter
from newsletter.operators.policy import Role
from tests import make

PATH = "/console/newsletters/courier"
SAID = {
    "theme": "letter",
    "fonts": "serif",
    "pictures": "none",
    "accent": "#123456",
    "accent_dark": "#c0d0f0",
    "header": "News of the <port>",
    "footer": "We are **here**.",
    "language": "de",
}


@pytest.fixture(autouse=True)
def _courier(house: House) -> None:
    make.newsletter()


def _now() -> Newsletter:
    db.session.expire_all()
    return newsletter("courier")


def _send_logo(client: FlaskClient, data: bytes) -> TestResponse:
    said = {"csrf_token": make.csrf_of(client, PATH), "logo": (BytesIO(data), "a.png")}
    return client.post(f"{PATH}/logo", data=said, headers={"Referer": "https://letters.example.org/console"})


def test_a_look_is_kept_and_shown_in_its_form(operator: FlaskClient) -> None:
    assert make.press(operator, f"{PATH}/look", **SAID).status_code == 303

    assert {name: getattr(_now(), name) for name in SAID} == SAID
    page = operator.get(PATH).text
    assert 'value="News of the &lt;port&gt;"' in page
    assert '<option selected value="letter">' in page


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("accent", "#eeeeee", "the least that everybody can read"),
        ("accent_dark", "red", "is no colour"),
        ("language", "tlh", "do not speak"),
        ("theme", "disco", "Not a valid choice"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(
    operator: FlaskClient, field: str, value: str, said: str
) -> None:
    answer = make.press(operator, f"{PATH}/look", **{**SAID, field: value})

    assert (answer.status_code, _now().theme) == (422, "magazine")
    assert said in answer.text


def test_a_logo_is_shown_and_taken_away(operator: FlaskClient) -> None:
    picture = BytesIO()
    Image.new("RGB", (300, 80), "#123456").save(picture, "PNG")

    assert _send_logo(operator, picture.getvalue()).status_code == 303
    assert _now().logo_width == 240
    make.press(operator, f"{PATH}/logo")
    assert not _now().logo


def test_what_is_no_picture_is_refused_in_words(operator: FlaskClient) -> None:
    answer = _send_logo(operator, b"<svg onload=x>")

    assert (answer.status_code, _now().logo) == (422, "")
    assert "Error" in answer.text


def test_an_editor_cannot_change_the_look(client: FlaskClient, house: House) -> None:
    editor = make.log_in(client, make.operator(house, Role.EDITOR), house)

    assert make.press(editor, f"{PATH}/look", **SAID).status_code == 403
    assert "How its mails look" not in editor.get(PATH).text
