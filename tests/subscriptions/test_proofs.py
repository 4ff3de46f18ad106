"""Proofs of work at the form: what it takes to be mailed, and that each counts once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller
from werkzeug.test import TestResponse

from newsletter.app import create_app
from newsletter.core.db import db
from newsletter.core.settings import ProofOfWork, Settings
from newsletter.mail.house import House
from newsletter.subscriptions.models import SignUp, SpentProof, Subscriber
from newsletter.subscriptions.service import answer_sign_ups, purge_proofs, sign_up
from newsletter.subscriptions.service.guarding import stamp
from newsletter.subscriptions.service.proving import issue, proven
from newsletter.web import current
from tests import make
from tests.subscriptions.proofs import solved

MINUTE = timedelta(minutes=1)
FEW = 300
"""Small numbers, so that tests find them at once."""


def running(settings: Settings) -> Iterator[FlaskClient]:
    app = create_app(settings)
    app.config.update(SERVER_NAME="letters.example.org", PREFERRED_URL_SCHEME="https")
    with app.app_context():
        yield app.test_client()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def offered(app: Flask, settings: Settings, clock: Traveller) -> Iterator[FlaskClient]:
    """Visitors of an installation that offers a proof, with the newsletters courier and evening."""
    make.newsletter()
    make.newsletter("evening", name="The Evening")
    yield from running(replace(settings, proof_of_work=ProofOfWork(FEW)))


@pytest.fixture
def required(app: Flask, settings: Settings, clock: Traveller) -> Iterator[FlaskClient]:
    """As `offered`, where nobody signs up without one."""
    make.newsletter()
    make.newsletter("evening", name="The Evening")
    yield from running(replace(settings, proof_of_work=ProofOfWork(FEW, is_required=True)))


def challenge(client: FlaskClient, slug: str = "courier") -> dict[str, Any]:
    answer = client.get(f"/{slug}/challenge.json")
    assert answer.status_code == 200
    facts: dict[str, Any] = answer.get_json()
    return facts


def send_in(client: FlaskClient, clock: Traveller, proof: str, email: str = "ann@example.org") -> TestResponse:
    """A form of ours that was open for as long as people take."""
    fields = {"email": email, "stamp": stamp(current.house()), "altcha": proof}
    clock.shift(timedelta(seconds=5))
    return client.post("/courier/subscribe", data=fields)


def verdicts() -> list[tuple[str, str]]:
    answer_sign_ups(current.house())
    return [(row.verdict, row.trust) for row in db.session.scalars(select(SignUp).order_by(SignUp.id))]


def test_a_form_with_a_proof_counts_as_one_of_ours(offered: FlaskClient, clock: Traveller) -> None:
    answer = send_in(offered, clock, solved(challenge(offered)))

    assert answer.status_code == 303
    assert verdicts() == [("asked", "signed")]


def test_a_form_without_one_counts_as_unsigned_where_it_is_offered(offered: FlaskClient, clock: Traveller) -> None:
    assert send_in(offered, clock, "").status_code == 303
    assert verdicts() == [("asked", "unsigned")]


def test_a_form_without_one_is_told_what_to_do_where_it_is_required(
    required: FlaskClient, clock: Traveller
) -> None:
    answer = send_in(required, clock, "")

    assert answer.status_code == 422
    assert "Please switch it on" in answer.text
    assert 'value="ann@example.org"' in answer.text
    assert verdicts() == []
    assert send_in(required, clock, solved(challenge(required))).status_code == 303
    assert verdicts() == [("asked", "signed")]


def test_a_machine_is_told_nothing_although_a_proof_is_required(required: FlaskClient, clock: Traveller) -> None:
    fields = {"email": "ann@example.org", "website": "https://pills.example"}

    assert required.post("/courier/subscribe", data=fields).status_code == 303
    assert verdicts() == [("machine", "machine")]


def test_whatever_is_no_proof_for_this_form_gets_the_answer_of_everybody_and_no_mail(
    offered: FlaskClient, clock: Traveller
) -> None:
    given = challenge(offered)
    expires = int(given["salt"].partition("expires=")[2][:10])
    proofs = [
        solved(given),
        solved(challenge(offered, "evening")),
        solved(given, salt=given["salt"].replace(str(expires), str(expires + 3600))),
        solved(given, salt=given["salt"] + "1", number=2),
        solved(given, number=FEW + 1),
        "x" * 5000,
        "{}",
    ]

    answers = [send_in(offered, clock, proof, f"r{at}@example.org") for at, proof in enumerate(proofs)]

    told = {(answer.status, answer.headers["Location"], answer.data) for answer in answers}
    assert len(told) == 1
    assert verdicts() == [("asked", "signed"), *[("machine", "machine")] * 6]


def test_a_proof_is_used_once(offered: FlaskClient, clock: Traveller) -> None:
    proof = solved(challenge(offered))
    first, second = (send_in(offered, clock, proof, f"{name}@example.org") for name in ("ann", "bob"))

    assert (first.status, first.headers["Location"]) == (second.status, second.headers["Location"])
    assert verdicts() == [("asked", "signed"), ("machine", "machine")]


def test_a_proof_is_used_once_however_many_use_it_at_one_moment(
    app: Flask, settings: Settings, house: House, clock: Traveller
) -> None:
    make.newsletter()
    asking = replace(house, settings=replace(settings, proof_of_work=ProofOfWork(FEW)))
    given = issue("courier", asking)
    proof = solved(vars(given))
    together, failed = Barrier(20), list[BaseException]()

    def use(number: int) -> None:
        with app.app_context():
            together.wait()
            try:
                origin = proven(make.form(ip=f"10.{number}.0.1"), proof, "courier", asking)
                sign_up(f"r{number}@d{number}.example.org", ["courier"], origin, asking)
            except Exception as error:  # noqa: BLE001 - a thread tells nobody else.
                failed.append(error)

    users = [Thread(target=use, args=(number,)) for number in range(20)]
    for each in users:
        each.start()
    for each in users:
        each.join()

    assert failed == []
    db.session.rollback()
    answer_sign_ups(asking)
    found = sorted(db.session.scalars(select(SignUp.verdict)).all())
    assert found == ["asked", *["machine"] * 19]
    assert len(db.session.scalars(select(Subscriber)).all()) == 1


def test_a_proof_that_has_waited_too_long_has_only_to_be_made_anew(offered: FlaskClient, clock: Traveller) -> None:
    proof = solved(challenge(offered))
    clock.shift(10 * MINUTE - timedelta(seconds=5))
    assert send_in(offered, clock, proof).status_code == 303
    late = solved(challenge(offered))
    clock.shift(10 * MINUTE)

    answer = send_in(offered, clock, late, "bob@example.org")

    assert answer.status_code == 422
    assert "press the button once more" in answer.text
    assert late not in answer.text
    assert verdicts() == [("asked", "signed")]


def test_a_proof_is_not_spent_on_a_question_or_a_mistake(offered: FlaskClient, clock: Traveller) -> None:
    proof = solved(challenge(offered))

    asked = send_in(offered, clock, proof, "ann@gmial.com")
    assert asked.status_code == 200
    assert f'name="altcha" value="{proof}"' in asked.text
    assert send_in(offered, clock, proof, "ann at example").status_code == 422
    assert send_in(offered, clock, proof).status_code == 303
    assert verdicts() == [("asked", "signed")]


def test_a_proof_of_before_the_keys_were_rotated_counts(
    offered: FlaskClient, settings: Settings, clock: Traveller
) -> None:
    given = challenge(offered)
    keys = ("another-key-for-tests-0123456789abcdef", *settings.secret_keys)
    rotated = replace(settings, secret_keys=keys, proof_of_work=ProofOfWork(FEW))
    for client in running(rotated):
        assert challenge(client)["signature"] != given["signature"]
        assert send_in(client, clock, solved(given)).status_code == 303
        assert verdicts() == [("asked", "signed")]


def test_what_was_spent_is_forgotten_once_it_is_of_no_use(offered: FlaskClient, clock: Traveller) -> None:
    send_in(offered, clock, solved(challenge(offered)))
    assert len(db.session.scalars(select(SpentProof)).all()) == 1

    clock.shift(60 * MINUTE)
    assert purge_proofs() == 0
    clock.shift(10 * MINUTE)
    assert [purge_proofs(), purge_proofs()] == [1, 0]


def test_each_challenge_is_another_one_and_kept_by_nobody(offered: FlaskClient) -> None:
    answers = [offered.get("/courier/challenge.json") for _ in range(3)]

    assert len({answer.get_json()["salt"] for answer in answers}) == 3
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert all("Set-Cookie" not in answer.headers for answer in answers)
    assert answers[0].get_json()["maxnumber"] == FEW
    assert db.session.scalars(select(SpentProof)).all() == []
    assert offered.get("/nothing/challenge.json").status_code == 404


def test_the_form_says_where_its_challenge_is_and_may_run_our_script_alone(offered: FlaskClient) -> None:
    answer = offered.get("/courier")

    policy = answer.headers["Content-Security-Policy"]
    assert 'data-challenge="/courier/challenge.json"' in answer.text
    assert 'role="status"' in answer.text
    assert "<noscript>" not in answer.text
    assert "script-src 'self'; connect-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in offered.get("/").headers["Content-Security-Policy"]


def test_where_one_is_required_the_form_says_so_to_who_runs_no_script(required: FlaskClient) -> None:
    assert "<noscript>" in required.get("/courier").text


def test_by_default_there_is_no_proof_and_no_script(client: FlaskClient, house: House, clock: Traveller) -> None:
    make.newsletter()

    page = client.get("/courier")
    assert "challenge" not in page.text
    assert "<script" not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert client.get("/courier/challenge.json").status_code == 404
    assert send_in(client, clock, "whatever").status_code == 303
    assert verdicts() == [("asked", "signed")]
