"""Imports in the console: sent in, shown, changed, taken in by the worker, taken back; whatever the file holds."""

import io
import os
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from newsletter.core.db import db
from newsletter.editions import service as editions
from newsletter.jobs import timetable
from newsletter.mail.house import House
from newsletter.operators.policy import Role
from newsletter.subscriptions.importer import uploading
from newsletter.subscriptions.models import Import, ImportState, Subscriber, Subscription, Upload
from tests import make

WORD = "Signed up on the old site, 2021 to 2026, exported by Ines Marlow"
PEOPLE = "email,name,status\nann@example.org,Ann,subscribed\nbob@example.org,Bob,vip\nno address,Nil,subscribed\n"


def send(client: FlaskClient, text: str | bytes, name: str = "people.csv", **said: str) -> TestResponse:
    body = text if isinstance(text, bytes) else text.encode()
    token = make.csrf_of(client)
    fields = {"csrf_token": token, "newsletter": "courier", "provenance": WORD, **said}
    return client.post(
        "/console/imports",
        **multipart({**fields, "file": FileStorage(io.BytesIO(body), name)}),
        headers={"Referer": "https://letters.example.org/console"},
    )


def multipart(fields: dict[str, object]) -> dict[str, Any]:
    """A form with a file; made here, because the test client leaves a large one in a file that it never closes."""
    boundary, data = encode_multipart(fields)
    return {"data": data, "content_type": f'multipart/form-data; boundary="{boundary}"'}


def work(house: House) -> None:
    """The jobs that a worker runs for imports."""
    for job in timetable(house):
        if job.name in {"work on imports", "work on many"}:
            job.work(house)
    db.session.rollback()


def people() -> dict[str, str]:
    rows = db.session.execute(
        select(Subscriber.address, Subscription.status).join(
            Subscription, Subscription.subscriber_id == Subscriber.id
        )
    )
    return {row.address: str(row.status) for row in rows}


def plan_of(upload_id: int) -> str:
    return str((db.session.get_one(Upload, upload_id, populate_existing=True).preview or {})["plan"])


def test_a_file_is_shown_changed_taken_in_and_taken_back(operator: FlaskClient, house: House) -> None:
    make.newsletter()

    page = send(operator, PEOPLE).location
    assert "The worker reads it" in operator.get(page).text
    work(house)
    shown = operator.get(page).text
    assert people() == {}
    assert "3 rows were looked at" in shown
    assert "not known: rejected" in shown
    assert "comma" in shown

    make.press(operator, f"{page}/look", provenance=WORD, **{"word-1": "pending", "column-1": "-"})
    work(house)
    again = operator.get(page).text
    assert "The status" not in again
    make.press(operator, f"{page}/take", plan=plan_of(1))
    work(house)

    assert "3 rows are taken in" in operator.get(page).text
    assert people() == {"ann@example.org": "pending", "bob@example.org": "pending"}
    assert set(db.session.scalars(select(Subscriber.name))) == {""}
    [done] = db.session.scalars(select(Import)).all()
    assert (done.file_name, done.provenance, done.state) == ("people.csv", WORD, ImportState.DONE)

    make.press(operator, f"/console/imports/done/{done.id}/undo")
    work(house)
    assert people() == {}
    assert "undone" in operator.get("/console/imports").text


def test_the_file_is_gone_once_it_is_taken_in(operator: FlaskClient, house: House) -> None:
    make.newsletter()
    page = send(operator, PEOPLE).location
    folder = house.settings.spool / "uploads"
    work(house)
    before = sorted(path.name for path in folder.iterdir())
    make.press(operator, f"{page}/take", plan=plan_of(1))
    work(house)

    assert before == ["1.csv", "1.rejected.csv"]
    assert [path.name for path in folder.iterdir()] == ["1.rejected.csv"]


def test_nobody_is_brought_without_a_word_where_they_agreed(operator: FlaskClient, house: House) -> None:
    make.newsletter()

    answer = send(operator, PEOPLE, provenance="")

    assert answer.status_code == 422
    assert "Say where and how these people agreed" in answer.text
    assert db.session.scalars(select(Upload)).all() == []
    assert not (house.settings.spool / "uploads").exists()


def test_only_what_was_shown_is_done(operator: FlaskClient, house: House) -> None:
    make.newsletter()
    page = send(operator, PEOPLE).location
    early = make.press(operator, f"{page}/take", plan="")
    work(house)
    wrong = make.press(operator, f"{page}/take", plan="another1")
    old = plan_of(1)
    make.press(operator, f"{page}/look", provenance=WORD, consent_note="They confirmed there, as the export says")
    late = make.press(operator, f"{page}/take", plan=old)
    work(house)

    assert [each.status_code for each in (early, wrong, late)] == [409, 409, 409]
    assert people() == {}


def test_a_file_that_was_swapped_under_its_plan_is_not_taken_in(operator: FlaskClient, house: House) -> None:
    make.newsletter()
    page = send(operator, PEOPLE).location
    work(house)
    make.press(operator, f"{page}/take", plan=plan_of(1))
    (house.settings.spool / "uploads" / "1.csv").write_text("email\neve@example.org\n")
    work(house)

    assert people() == {}
    assert "This is not what was shown" in operator.get(page).text


def test_rejected_rows_are_a_csv_without_formulas(operator: FlaskClient, house: House) -> None:
    make.newsletter()
    page = send(operator, "email,name\n=cmd|x,=1+1\nann@example.org,Ann\n").location
    work(house)

    answer = operator.get(f"{page}/rejected.csv")

    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "'=cmd|x,'=1+1" in answer.text
    assert "ann@" not in answer.text
    answer.close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0\0\0",
        b"PK\x03\x04workbook",
        b"\n\n",
        b'email,name\n"ann@example.org,no end',
        b"email,email\na@example.org,b@example.org\n",
        b"\xff\xfea\x00",
        b"name,age\nAnn,4\n",
        b"email\n" + b"x" * 200_000 + b"\n",
        b"email,name,status\nann@example.org,<script>alert(1)</script>,<script>alert(2)</script>\n",
        b"<script>alert(3)</script>,email\nx,ann@example.org\n",
    ],
)
def test_whatever_the_file_holds_the_page_answers_in_words(
    operator: FlaskClient, house: House, body: bytes
) -> None:
    make.newsletter()

    answer = send(operator, body, name="<script>alert(0)</script>.csv")
    work(house)
    page = operator.get(answer.location) if answer.status_code == 303 else answer

    assert page.status_code in {200, 422}
    assert "<script>alert" not in page.text
    assert people() == {}


def test_a_name_of_a_file_leads_nowhere_else(operator: FlaskClient, house: House) -> None:
    make.newsletter()
    send(operator, PEOPLE, name="../../../../etc/passwd\0.csv")

    assert [path.name for path in (house.settings.spool / "uploads").iterdir()] == ["1.csv"]


def test_large_bodies_are_let_in_on_this_route_and_for_those_who_may_only(app: Flask, house: House) -> None:
    make.newsletter()
    large = "email\n" + "\n".join(f"reader{number}@example.org" for number in range(60_000))
    owner = make.log_in(app.test_client(), make.operator(house), house)
    viewer = make.log_in(app.test_client(), make.operator(house, Role.VIEWER), house)
    assert len(large) > 1_000_000

    assert send(owner, large).status_code == 303
    assert send(viewer, large).status_code == 413
    body = multipart({"file": FileStorage(io.BytesIO(large.encode()), "a.csv")})
    assert app.test_client().post("/console/imports", **body).status_code in {400, 413}
    assert make.press(owner, "/console/subscribers/find", email="x" * 1_100_000).status_code == 413


def test_a_file_larger_than_the_bound_is_refused_and_gone(operator: FlaskClient, house: House) -> None:
    make.newsletter()
    before, uploading.LARGEST_FILE = uploading.LARGEST_FILE, 50
    try:
        answer = send(operator, PEOPLE)
    finally:
        uploading.LARGEST_FILE = before

    assert answer.status_code == 422
    assert "larger than" in answer.text
    assert list((house.settings.spool / "uploads").iterdir()) == []


def test_a_file_that_nobody_approves_is_forgotten_after_a_day(
    operator: FlaskClient, house: House, clock: Traveller
) -> None:
    make.newsletter()
    send(operator, PEOPLE)
    work(house)
    clock.shift(timedelta(hours=25))
    for path in (house.settings.spool / "uploads").iterdir():
        os.utime(path, times=(0, 0))
    work(house)

    assert db.session.scalars(select(Upload)).all() == []
    assert list((house.settings.spool / "uploads").iterdir()) == []


def test_an_edition_ends_the_time_to_take_it_back(operator: FlaskClient, house: House) -> None:
    of = make.newsletter()
    page = send(operator, PEOPLE, consent_note="They confirmed there, as the export says").location
    work(house)
    make.press(operator, f"{page}/take", plan=plan_of(1))
    work(house)
    editions.send(make.edition(of, [make.article(make.source())]).id, house)

    answer = make.press(operator, "/console/imports/done/1/undo")

    assert answer.status_code == 409
    assert "an edition has gone to these people" in answer.text
    assert people()


def test_who_may_not_bring_people_brings_none(app: Flask, house: House) -> None:
    make.newsletter(), make.newsletter("dawn")
    owner = make.log_in(app.test_client(), make.operator(house), house)
    page = send(owner, PEOPLE).location
    elsewhere = make.log_in(app.test_client(), make.operator(house, Role.PUBLISHER, "dawn"), house)
    looking = make.log_in(app.test_client(), make.operator(house, Role.EDITOR, "courier"), house)

    assert send(elsewhere, PEOPLE).status_code == 403
    assert [client.get(page).status_code for client in (elsewhere, looking)] == [404, 403]
    assert make.press(looking, f"{page}/take", plan="x").status_code == 403
    assert len(db.session.scalars(select(Upload)).all()) == 1
