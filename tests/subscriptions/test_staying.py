"""Whoever has done nothing for years is asked whether to go on; only silence after the mail ends it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from time_machine import Traveller

from newsletter.core.db import db, transaction
from newsletter.delivery.models import Delivery
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import ConsentEvent, Subscription
from newsletter.subscriptions.queries import consent_of
from newsletter.subscriptions.service import retain
from newsletter.subscriptions.service.retaining import steps
from newsletter.subscriptions.service.staying import ask_inactive
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make

DAY = timedelta(days=1)
SILENCE, TO_ANSWER = 3 * 365 * DAY, 30 * DAY


@pytest.fixture
def asking(house: House) -> House:
    """The house as it is with the setting on."""
    return replace(house, settings=replace(house.settings, ask_inactive=SILENCE, answer_within=TO_ANSWER))


@pytest.fixture
def ann(house: House, clock: Traveller) -> Subscription:
    """A reader for three years to the second."""
    ann = make.subscription(make.newsletter(), house, "ann@example.org")
    clock.shift(SILENCE)
    return ann


def asked(house: House, outbox: list[Envelope], clock: Traveller) -> str:
    """The path of the link in the mail that goes out a second later."""
    clock.shift(timedelta(seconds=1))
    assert ask_inactive(house) == 1
    make.send_all(house)
    return f"/still/{make.token_in(outbox[-1], 'still')}"


def test_nobody_is_asked_unless_it_is_switched_on(house: House, ann: Subscription, clock: Traveller) -> None:
    clock.shift(SILENCE)

    assert ask_inactive(house) == 0
    assert retain(house.settings)["silent"] == 0
    assert ann.status == "confirmed"


def test_who_did_nothing_for_three_years_is_asked_once(
    asking: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    assert ask_inactive(asking) == 0
    clock.shift(timedelta(seconds=1))
    assert [ask_inactive(asking) for _ in range(2)] == [1, 0]
    make.send_all(asking)

    [mail] = outbox
    assert make.parsed(mail)["Subject"] == "Do you still want The Courier?"


def test_looking_changes_nothing_and_the_button_keeps_everything(
    client: FlaskClient, asking: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    link = asked(asking, outbox, clock)
    before = ann.subscriber.active_at
    for method in ("GET", "HEAD", "GET"):
        assert client.open(link, method=method).status_code == 200
    assert (ann.subscriber.active_at, consent_of(ann.subscriber_id)) == (before, [])

    answers = [client.post(link).text for _ in range(2)]

    assert all("You go on getting" in answer for answer in answers)
    [event] = consent_of(ann.subscriber_id)
    assert event.wording
    assert (event.kind, event.method) == ("confirmed", "still-there")
    assert "Yes, keep sending" in event.wording.text
    clock.shift(TO_ANSWER + DAY)
    assert (retain(asking.settings)["silent"], ann.status) == (0, "confirmed")
    clock.shift(SILENCE)
    assert ask_inactive(asking) == 1


def test_silence_ends_it_after_the_time_to_answer(
    client: FlaskClient, asking: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    link = asked(asking, outbox, clock)
    clock.shift(TO_ANSWER)
    assert retain(asking.settings)["silent"] == 0
    clock.shift(timedelta(seconds=1))
    assert {step.name: step.count_due() for step in steps(asking.settings)}["silent"] == 1
    assert [retain(asking.settings)["silent"] for _ in range(2)] == [1, 0]

    db.session.refresh(ann)
    assert (ann.status, ann.end_reason) == ("unsubscribed", "inactive")
    [event] = db.session.scalars(select(ConsentEvent)).all()
    assert (event.kind, event.method) == ("withdrawn", "still-there")
    assert "Nothing comes to this address any more" in client.post(link).text
    assert ann.status == "unsubscribed"


def test_where_the_mail_did_not_arrive_silence_says_nothing(
    asking: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    asked(asking, outbox, clock)
    with transaction():
        db.session.execute(update(Delivery).values(status="failed"))
    clock.shift(TO_ANSWER + DAY)

    assert retain(asking.settings)["silent"] == 0


def test_whoever_does_anything_else_meanwhile_has_answered(
    client: FlaskClient, asking: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    asked(asking, outbox, clock)
    clock.shift(DAY)
    page = f"/preferences/{make.token_in(outbox[-1], 'preferences')}"
    client.post(page, data={"do": "save", "newsletter": "courier", "cadence": "weekly", "topics": ""})
    clock.shift(TO_ANSWER + DAY)

    assert retain(asking.settings)["silent"] == 0


def test_who_must_not_be_mailed_or_gets_nothing_is_not_asked(
    asking: House, ann: Subscription, clock: Traveller
) -> None:
    suppress(ann.subscriber.address_key, Reason.HARD_BOUNCE)
    of = db.session.get_one(Newsletter, ann.newsletter_id)
    make.subscription(of, asking, "bob@example.org", status="unsubscribed")
    make.subscription(of, asking, "cleo@example.org", status="pending")
    clock.shift(2 * SILENCE)

    assert ask_inactive(asking) == 0


@pytest.mark.parametrize("token", ["x", "a.b.c"])
def test_a_damaged_link_is_told(client: FlaskClient, house: House, token: str) -> None:
    assert [client.get(f"/still/{token}").status_code, client.post(f"/still/{token}").status_code] == [404, 404]


def test_a_link_of_somebody_erased_changes_nothing(
    client: FlaskClient, asking: House, ann: Subscription, clock: Traveller
) -> None:
    link = f"/still/{asking.signer.sign('still', {'s': ann.subscriber_id + 7}, at=ann.requested_at)}"

    assert "Nothing comes to this address any more" in client.post(link).text
