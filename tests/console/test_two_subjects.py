"""Two subjects from the desk: given, mended, given up, tried, and decided by a publisher."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from newsletter.core.db import db
from newsletter.editions import service as editions
from newsletter.editions.models import Split
from newsletter.editions.policy.splitting import Arm
from newsletter.editions.queries import edition
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.operators.policy import Role
from tests import make
from tests.console.desks import newsroom

FIELDS = {"other_subject": "Who pays for it?", "share": "20", "minutes": "120"}


def split_of(number: int) -> Split | None:
    return db.session.get(Split, number, populate_existing=True)


def test_a_second_subject_is_kept_and_given_up(operator: FlaskClient, house: House) -> None:
    room = newsroom(house)

    make.press(operator, f"{room.page}/split", **FIELDS)
    found = split_of(room.edition.id)
    assert found is not None
    assert (found.subject, found.share, found.wait_minutes) == ("Who pays for it?", 0.2, 120)
    page = operator.get(room.page).text
    assert "Two subjects are tried" in page
    assert "lots will be drawn" in page

    make.press(operator, f"{room.page}/split", **{**FIELDS, "other_subject": " "})
    assert split_of(room.edition.id) is None


def test_what_cannot_be_tried_stays_in_its_field(operator: FlaskClient, house: House) -> None:
    room = newsroom(house)

    for field, value in (("share", "70"), ("share", "many"), ("minutes", "-1"), ("minutes", "9")):
        answer = make.press(operator, f"{room.page}/split", **{**FIELDS, field: value})
        assert answer.status_code == 422
        assert f'value="{value}"' in answer.text
        assert f'id="{field}-problem"' in answer.text
    assert split_of(room.edition.id) is None


def test_the_page_shows_both_and_a_publisher_decides(
    operator: FlaskClient, house: House, outbox: list[Envelope]
) -> None:
    room = newsroom(house)
    make.subscriptions(room.courier, house, 110)
    editions.split(room.edition.id, "Who pays for it?", 0.2, timedelta(hours=1))
    editions.approve(room.edition.id, house)
    editions.send_due(house)
    make.send_all(house)
    assert len(outbox) == 100

    page = operator.get(room.page).text
    assert page.count("Let the rest have it") == 2
    assert "60 minutes after" in page
    make.press(operator, f"{room.page}/choose", arm="other")

    assert "an operator chose it" in operator.get(room.page).text
    assert edition(room.edition.id).subject == "Who pays for it?"
    found = split_of(room.edition.id)
    assert found is not None
    assert found.winner == Arm.OTHER
    assert make.press(operator, f"{room.page}/choose", arm="own").status_code == 409
    assert make.press(operator, f"{room.page}/choose", arm="both").status_code == 422


def test_an_editor_gives_a_subject_and_does_not_decide(app: Flask, house: House) -> None:
    room = newsroom(house)
    editor = make.log_in(app.test_client(), make.operator(house, Role.EDITOR), house)

    assert make.press(editor, f"{room.page}/split", **FIELDS).status_code == 303
    assert make.press(editor, f"{room.page}/choose", arm="own").status_code == 403


def test_a_subject_with_script_in_it_is_words(operator: FlaskClient, house: House) -> None:
    room = newsroom(house)

    make.press(operator, f"{room.page}/split", **{**FIELDS, "other_subject": '"><script>alert(1)</script>'})

    assert "<script>alert" not in operator.get(room.page).text
