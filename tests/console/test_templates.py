"""Templates in the console: written by publishers, looked at in a frame that can do nothing, never lost."""

import html
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.newsletters.queries import newsletter
from newsletter.operators.models import AuditEvent
from newsletter.operators.policy import Role
from newsletter.templates.queries import current
from tests import make

PATH = "/console/templates/courier/header.html"
HEAD = "<h1>Head of {{ newsletter.name }}</h1>"


@pytest.fixture(autouse=True)
def _courier(house: House) -> None:
    make.edition(make.newsletter(), [make.article(make.source(), "The ferry is back")])


def mail_in(answer: TestResponse) -> str:
    """What the frames of a preview show."""
    pages = {html.unescape(each) for each in re.findall(r'srcdoc="([^"]*)"', answer.text)}
    assert len(pages) == 1
    return pages.pop()


def _kept() -> str:
    found = current(newsletter("courier").id).get("header.html")
    return found.source if found else ""


def test_what_is_written_counts_and_is_in_the_trail(operator: FlaskClient) -> None:
    answer = make.press(operator, PATH, source=HEAD)

    assert (answer.status_code, _kept()) == (303, HEAD)
    assert "Version 1 counts." in operator.get(PATH).text
    last = db.session.query(AuditEvent).order_by(AuditEvent.id.desc()).first()
    assert last
    assert (last.what, last.about) == ("wrote", "template header.html of courier")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ newsletter.__class__ }}", "names begin with a letter"),
        ("{{ config }}", "there is nothing called"),
        ("{% include '/etc/passwd' %}", "includes another template"),
        ("{{ 'a' * 10 ** 9 }}", "nothing is computed in a mail"),
    ],
)
def test_what_is_refused_stays_in_the_box_and_is_not_kept(operator: FlaskClient, source: str, said: str) -> None:
    answer = make.press(operator, PATH, source=source)

    assert (answer.status_code, _kept()) == (422, "")
    assert said in answer.text
    assert "header.html, line 1" in answer.text


def test_a_look_shows_the_newest_edition_and_keeps_nothing(operator: FlaskClient) -> None:
    answer = make.press(operator, f"{PATH}/preview", source=HEAD, name="Ada", light="dark")

    page = mail_in(answer)
    assert "Head of The Courier" in page
    assert 'content="dark"' in page
    assert "<script" not in page + answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert not _kept()


def test_a_look_at_what_cannot_be_says_why(operator: FlaskClient) -> None:
    answer = make.press(operator, f"{PATH}/preview", source="{{ nothing }}<script>alert(1)</script>")

    assert (answer.status_code, "<script" in answer.text) == (422, False)
    assert "there is nothing called &#39;nothing&#39; here" in answer.text
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_scripts_do_not_come_out_of_a_look(operator: FlaskClient) -> None:
    source = "<p>A</p><script>alert(1)</script><img src=x onerror=a()>"
    answer = make.press(operator, f"{PATH}/preview", source=source)

    assert ">A</p>" in mail_in(answer)
    assert "alert" not in answer.text
    assert "onerror" not in answer.text


def test_one_can_go_back_and_see_what_has_changed(operator: FlaskClient) -> None:
    make.press(operator, PATH, source=HEAD)
    make.press(operator, PATH, source="<h2>Other</h2>")

    assert "-&lt;h1&gt;" in operator.get(f"{PATH}?against=1").text
    make.press(operator, f"{PATH}/restore", number="1")
    assert _kept() == HEAD


def test_an_editor_reads_and_does_not_write(client: FlaskClient, house: House) -> None:
    editor = make.log_in(client, make.operator(house, Role.EDITOR), house)

    assert editor.get(PATH).status_code == 200
    assert make.press(editor, PATH, source=HEAD).status_code == 403
    assert make.press(editor, f"{PATH}/preview", source=HEAD).status_code == 403
    assert not _kept()


def test_a_part_that_there_is_not_is_said(operator: FlaskClient) -> None:
    assert operator.get("/console/templates/courier/style").status_code in {404, 422}
