"""The form on pages of other sites: script, frame, plain HTML, and what a script is told."""

import gzip
import json
import re
from dataclasses import replace
from datetime import timedelta

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
from newsletter.mail.languages import LANGUAGES
from newsletter.mail.message import Envelope
from newsletter.subscriptions import service
from newsletter.subscriptions.models import SignUp, Subscription
from newsletter.subscriptions.policy import FollowKind
from newsletter.subscriptions.policy.budgets import Trust
from newsletter.subscriptions.service import Origin, answer_sign_ups
from newsletter.subscriptions.service.following import offer
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make

JSON = {"Accept": "application/json", "Origin": "https://paper.example"}
MOST_BYTES = 4000
BASE = "https://letters.example.org"


def sent(client: FlaskClient, **fields: str | list[str]) -> TestResponse:
    """What the script sends in."""
    return client.post("/courier/subscribe", data={"email": "ann@example.org", **fields}, headers=JSON)


def noted() -> SignUp:
    return db.session.scalars(select(SignUp)).one()


def test_the_script_is_small_whole_and_kept_for_a_while(client: FlaskClient) -> None:
    make.newsletter(name="The </script> & Courier")

    answer = client.get("/embed/courier.js")

    assert answer.mimetype == "text/javascript"
    assert len(gzip.compress(answer.data)) < MOST_BYTES
    assert "https://letters.example.org/courier/subscribe" in answer.text
    assert "</script" not in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.cache_control.max_age == 3600
    assert client.get("/embed/courier.js", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("language", LANGUAGES)
def test_script_and_solver_together_are_small_and_read_by_any_page(
    settings: Settings, app: Flask, language: str
) -> None:
    make.newsletter(language=language)
    app = create_app(replace(settings, proof_of_work=ProofOfWork(1000, is_required=True)))
    asking = app.test_client()

    script = asking.get("/embed/courier.js", base_url=BASE)
    solver = asking.get("/embed/courier/proof.js", base_url=BASE)

    assert "https://letters.example.org/embed/courier/proof.js" in script.text
    assert len(gzip.compress(script.data)) + len(gzip.compress(solver.data)) < MOST_BYTES
    assert (solver.mimetype, solver.headers["Access-Control-Allow-Origin"]) == ("text/javascript", "*")
    assert "document" not in solver.text
    assert asking.get("/embed/evening/proof.js", base_url=BASE).status_code == 404
    with app.app_context():
        db.engine.dispose()


def test_there_is_no_solver_where_no_proof_is_asked_for(client: FlaskClient) -> None:
    make.newsletter()

    assert client.get("/embed/courier/proof.js").status_code == 404
    assert "proof.js" not in client.get("/embed/courier.js").text


@pytest.mark.parametrize("path", ["/embed/courier?ask=topics", "/courier/snippets?ask=topics"])
def test_forms_for_other_sites_offer_the_topics_that_there_are(client: FlaskClient, path: str) -> None:
    of = make.newsletter()
    offer(
        of.id,
        {(FollowKind.TOPIC, "Harbour"): 3, (FollowKind.TOPIC, "<b>Ferries"): 2, (FollowKind.AUTHOR, "Ann"): 9},
    )
    page = client.get(path).text

    assert [each in page for each in ("Harbour", "<b>Ferries", "Ann<")] == [True, False, False]
    assert "Harbour" not in client.get(path.partition("?")[0]).text


def test_the_script_asks_nobody_else_for_anything(client: FlaskClient) -> None:
    make.newsletter()

    addresses = set(re.findall(r"https?://[^/\"]+", client.get("/embed/courier.js").text))

    assert addresses == {"https://letters.example.org"}


@pytest.mark.parametrize("path", ["/embed/x.js", "/embed/x", "/embed/x/fields.json", "/x/snippets", "/embed/.js"])
def test_an_unknown_newsletter_has_no_form(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_form_of_another_site_gets_a_stamp_and_is_trusted_like_our_own(
    client: FlaskClient, clock: Traveller
) -> None:
    make.newsletter()
    fields = client.get("/embed/courier/fields.json", headers=JSON)
    clock.shift(timedelta(seconds=3))

    answer = sent(client, **json.loads(fields.text))

    assert answer.status_code == 202
    assert (noted().trust, noted().form) == (Trust.SIGNED, "script")
    assert fields.headers["Cache-Control"] == "no-store"
    assert fields.headers["Access-Control-Allow-Origin"] == "*"


def test_a_form_whose_stamp_is_too_fresh_is_a_machines(client: FlaskClient, clock: Traveller) -> None:
    make.newsletter()
    fields = json.loads(client.get("/embed/courier/fields.json").text)

    answer = sent(client, **fields)

    assert answer.status_code == 202
    assert noted().trust == Trust.MACHINE


def test_a_plain_form_of_another_site_works_without_a_stamp(client: FlaskClient) -> None:
    make.newsletter()

    headers = {"Accept": "text/html,*/*;q=0.8", "Origin": "https://paper.example"}
    answer = client.post("/courier/subscribe", data={"email": "ann@example.org"}, headers=headers)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/courier/check-your-inbox")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert (noted().trust, noted().form) == (Trust.UNSIGNED, "plain")


@pytest.mark.parametrize("state", ["unknown", "pending", "confirmed", "unsubscribed", "suppressed", "over budget"])
def test_a_script_is_told_the_same_whatever_the_state(
    client: FlaskClient, house: House, clock: Traveller, state: str
) -> None:
    of = make.newsletter()
    if state == "over budget":
        make.signed_up("ann@example.org", house)
    elif state != "unknown":
        status = "confirmed" if state == "suppressed" else state
        known = make.subscription(of, house, "ann@example.org", status=status)
        if state == "suppressed":
            suppress(known.subscriber.address_key, Reason.COMPLAINT)

    answer, stranger = sent(client), sent(client, email="bob@example.org")

    assert answer.status_code == 202
    assert answer.json
    assert "The link works for 3 days." in answer.json["text"]
    assert (answer.status, answer.headers.to_wsgi_list(), answer.data) == (
        stranger.status,
        stranger.headers.to_wsgi_list(),
        stranger.data,
    )


def test_a_script_is_told_what_is_wrong_with_which_field(client: FlaskClient) -> None:
    make.newsletter()

    answer = sent(client, email="ann at <b>example", name="x" * 101)

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json
    assert [each["field"] for each in answer.json["errors"]] == ["name"]
    assert [each["field"] for each in (sent(client, email="ann at x").json or {})["errors"]] == ["email"]
    assert "<b>" not in answer.text


def test_a_script_is_told_that_a_form_was_open_for_too_long(client: FlaskClient, clock: Traveller) -> None:
    make.newsletter()
    fields = json.loads(client.get("/embed/courier/fields.json").text)
    clock.shift(timedelta(hours=25))

    answer = sent(client, **fields)

    assert answer.status_code == 422
    assert answer.json
    assert [each["field"] for each in answer.json["errors"]] == ["form"]


@pytest.mark.parametrize(("keep", "address"), [("suggested", "ann@gmail.com"), ("typed", "ann@gmial.com")])
def test_a_slip_is_asked_about_before_anything_is_noted(client: FlaskClient, keep: str, address: str) -> None:
    make.newsletter()

    answer = sent(client, email="ann@gmial.com")
    assert (answer.status_code, (answer.json or {})["suggestion"]) == (200, "ann@gmail.com")
    assert db.session.scalars(select(SignUp)).all() == []

    assert sent(client, email="ann@gmial.com", keep=keep).status_code == 202
    assert noted().address == address


@pytest.mark.parametrize("body", ["[1, 2]", '{"email": 5}', '{"email": ["ann@example.org"]}', "5", "{"])
def test_a_body_of_json_is_no_form(client: FlaskClient, body: str) -> None:
    make.newsletter()

    answer = client.post("/courier/subscribe", data=body, content_type="application/json", headers=JSON)

    assert answer.status_code == 422


def test_several_newsletters_topics_and_cadence_arrive_at_what_is_confirmed(
    client: FlaskClient, house: House, outbox: list[Envelope]
) -> None:
    make.newsletter()
    make.newsletter("lights", name="Harbour Lights")
    fields: dict[str, str | list[str]] = {"newsletters": ["lights"], "topics": ["Harbour", "Sport"]}

    assert sent(client, name="Ann", cadence="weekly", **fields).status_code == 202
    answer_sign_ups(house)
    make.send_all(house)

    [mail] = outbox
    confirmed = service.confirm(make.token_in(mail, "confirm"), Origin("link"), house)
    assert sorted(each.slug for each in confirmed) == ["courier", "lights"]
    for subscription in db.session.scalars(select(Subscription)):
        assert (subscription.cadence, subscription.subscriber.name) == ("weekly", "Ann")
        wanted = {(each.kind, each.value) for each in subscription.follows}
        assert wanted == {(FollowKind.TOPIC, "Harbour"), (FollowKind.TOPIC, "Sport")}


def test_a_further_newsletter_that_is_not_there_is_an_error_that_a_script_can_read(client: FlaskClient) -> None:
    make.newsletter()

    answer = sent(client, newsletters=["nowhere"])

    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
