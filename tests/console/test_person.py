"""One subscriber in the console: the story, and what an operator may do, to the last trace."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from newsletter.core.addresses import parse
from newsletter.core.db import db
from newsletter.delivery.models import Delivery
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.operators.models import AuditEvent
from newsletter.operators.policy import Role
from newsletter.subscriptions.models import ConsentEvent, Subscription
from newsletter.subscriptions.policy import EndReason, SubscriptionStatus
from newsletter.suppressions.models import Reason
from newsletter.suppressions.queries import find_suppression
from newsletter.suppressions.service import suppress
from tests import make
from tests.subscriptions.test_erasing import ADDRESS, lived, traces

WHY = "asked for it by letter"


def page_of(person: Subscription) -> str:
    return f"/console/subscribers/{person.subscriber_id}"


def test_the_story_has_all_that_was_agreed_to_mailed_and_withdrawn(
    operator: FlaskClient, house: House, outbox: list[Envelope]
) -> None:
    person = lived(house, outbox)

    page = operator.get(page_of(person)).text

    for words in (
        "requested",
        "confirmed",
        "mail: edition",
        "mail: confirmation",
        "Navigator-of-Annabel",
        "Harbour",
    ):
        assert words in page


def test_an_operator_unsubscribes_and_what_is_queued_is_cancelled(operator: FlaskClient, house: House) -> None:
    of = make.newsletter()
    person = make.subscription(of, house)
    editions.send(make.edition(of, [make.article(make.source())]).id, house)

    answer = make.press(operator, f"{page_of(person)}/unsubscribe", newsletter=str(of.id), because=WHY)

    db.session.expire_all()
    assert answer.status_code == 303
    assert (person.status, person.end_reason) == (SubscriptionStatus.UNSUBSCRIBED, EndReason.OPERATOR)
    assert db.session.scalars(select(Delivery.status)).all() == ["cancelled"]
    [event] = db.session.scalars(select(ConsentEvent)).all()
    assert (event.kind, event.method, event.note) == ("withdrawn", "operator", WHY)


@pytest.mark.parametrize("what", ["unsubscribe", "suppress", "unsuppress"])
def test_nothing_is_done_without_a_reason(operator: FlaskClient, house: House, what: str) -> None:
    of = make.newsletter()
    person = make.subscription(of, house)

    answer = make.press(operator, f"{page_of(person)}/{what}", newsletter=str(of.id), because="so")

    assert answer.status_code == 422
    assert "Say why" in answer.text
    assert db.session.scalars(select(ConsentEvent)).all() == []


def test_who_is_suppressed_by_hand_is_let_go_by_hand(operator: FlaskClient, house: House) -> None:
    person = make.subscription(make.newsletter(), house, "ann@example.org")
    key = parse("ann@example.org").key(house.settings.pepper)

    make.press(operator, f"{page_of(person)}/suppress", because=WHY)
    there = find_suppression(key)
    make.press(operator, f"{page_of(person)}/unsuppress", because="it was a mistake of ours")

    assert there
    assert (there.reason, there.words) == (Reason.MANUAL, WHY)
    db.session.expire_all()
    assert find_suppression(key) is None
    whats = db.session.scalars(select(AuditEvent.what).order_by(AuditEvent.id)).all()
    assert whats[-2:] == ["suppressed", "unsuppressed"]


@pytest.mark.parametrize("reason", [Reason.COMPLAINT, Reason.NEVER_WRITE, Reason.ERASED])
def test_what_the_person_said_no_operator_takes_back(operator: FlaskClient, house: House, reason: Reason) -> None:
    person = make.subscription(make.newsletter(), house, "ann@example.org")
    key = parse("ann@example.org").key(house.settings.pepper)
    suppress(key, reason)

    answer = make.press(operator, f"{page_of(person)}/unsuppress", because=WHY)

    assert answer.status_code == 409
    assert find_suppression(key)
    assert "Only they can take that back" in operator.get(page_of(person)).text


def test_erasing_takes_two_steps_and_leaves_no_trace(
    operator: FlaskClient, house: House, outbox: list[Envelope], tmp_path: Path
) -> None:
    page = page_of(lived(house, outbox))
    uploads = house.settings.spool / "uploads"
    uploads.mkdir(parents=True)
    waiting = uploads / "7.csv"
    waiting.write_text(f"email,name\n{ADDRESS.upper()},Annabel\nbob@example.org,Bob\n")
    asked = operator.get(f"{page}/erase")
    unsure = make.press(operator, f"{page}/erase")
    assert "nobody can undo it" in asked.text
    assert unsure.status_code == 422
    assert len(traces()) > 8

    answer = make.press(operator, f"{page}/erase", sure="y")

    assert answer.status_code == 200
    assert "Annabel" not in answer.text
    assert traces() == []
    assert waiting.read_text() == "email,name\nbob@example.org,Bob\n"
    assert operator.get(page).status_code == 404


def test_the_trail_names_nobody(operator: FlaskClient, house: House) -> None:
    person = make.subscription(make.newsletter(), house, "ann@example.org")
    number = person.subscriber_id
    make.press(operator, f"{page_of(person)}/erase", sure="y")

    about = db.session.scalars(select(AuditEvent.about)).all()

    assert f"subscriber {number}" in about
    assert not [each for each in about if "ann@" in each]


def test_who_looks_after_one_newsletter_acts_for_it_alone(app: Flask, house: House) -> None:
    tide, dawn = make.newsletter("tide"), make.newsletter("dawn")
    person, stranger = make.subscription(tide, house, "ann@example.org"), make.subscription(dawn, house)
    client = make.log_in(app.test_client(), make.operator(house, Role.PUBLISHER, "tide"), house)

    def status(of: Subscription, what: str, **fields: str) -> int:
        return make.press(client, f"{page_of(of)}/{what}", because=WHY, **fields).status_code

    assert client.get(page_of(stranger)).status_code == 404
    assert status(stranger, "unsubscribe", newsletter=str(dawn.id)) == 404
    assert status(person, "unsubscribe", newsletter=str(dawn.id)) == 403
    # The address is the whole house's.
    assert status(person, "suppress") == 403
    assert status(person, "erase", sure="y") == 403
    assert status(person, "unsubscribe", newsletter=str(tide.id)) == 303


def test_who_may_only_look_sees_the_story_and_no_button(app: Flask, house: House) -> None:
    person = make.subscription(make.newsletter(), house, "ann@example.org")
    client = make.log_in(app.test_client(), make.operator(house, Role.VIEWER), house)

    page = client.get(page_of(person))

    assert page.status_code == 200
    assert "/unsubscribe" not in page.text
    assert "/erase" not in page.text
