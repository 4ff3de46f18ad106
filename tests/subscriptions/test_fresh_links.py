"""Asking for a fresh link: the same for everybody, and never often."""

from collections import Counter
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from time_machine import Traveller

from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import SignUp, Subscriber, Subscription
from newsletter.subscriptions.service import answer_sign_ups
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make


@pytest.fixture
def ann(house: House) -> Subscription:
    """A confirmed reader."""
    return make.subscription(make.newsletter(), house, "ann@example.org")


def verdicts() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(SignUp.verdict).order_by(SignUp.id)))


def test_asking_for_a_link_answers_and_writes_the_same_for_everybody(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    with make.statements() as for_known:
        known = client.post("/preferences", data={"email": "ANN@example.org"})
    with make.statements() as for_unknown:
        unknown = client.post("/preferences", data={"email": "bob@example.org"})
    assert for_known == for_unknown

    answer_sign_ups(house)
    make.send_all(house)
    assert (known.status, known.data, str(known.headers)) == (unknown.status, unknown.data, str(unknown.headers))
    assert [mail.recipient for mail in outbox] == ["ann@example.org"]
    assert verdicts() == ["link", "nobody"]
    assert client.post("/preferences", data={"email": "no"}).status_code == 422


def test_what_was_asked_is_emptied_once_it_is_answered(client: FlaskClient, house: House) -> None:
    make.newsletter()
    client.post("/preferences", data={"email": "bob@example.org"})
    answer_sign_ups(house)

    [asked] = db.session.scalars(select(SignUp)).all()
    assert (asked.address, asked.entered, asked.ip, asked.user_agent) == ("", "", "", "")
    assert db.session.scalar(select(func.count()).select_from(Subscriber)) == 0


def test_a_reader_gets_one_link_in_ten_minutes_and_three_a_day(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    for _ in range(12):
        client.post("/preferences", data={"email": "ann@example.org"})
        client.post("/preferences", data={"email": "ann@example.org"})
        answer_sign_ups(house)
        clock.shift(timedelta(minutes=11))
    assert Counter(verdicts()) == {"link": 3, "address": 21}

    clock.shift(timedelta(days=1))
    client.post("/preferences", data={"email": "ann@example.org"})
    answer_sign_ups(house)
    assert verdicts()[-1] == "link"


def test_who_never_confirmed_is_mailed_no_more_often_than_by_signing_them_up(
    client: FlaskClient, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    make.signed_up("victim+1@example.org", house)

    for _ in range(24):
        clock.shift(timedelta(hours=4))
        client.post("/preferences", data={"email": "victim+1@example.org"})
        answer_sign_ups(house)
    make.send_all(house)
    assert len(outbox) == 3


def test_the_network_of_who_asks_has_a_budget(
    client: FlaskClient, house: House, ann: Subscription, clock: Traveller
) -> None:
    for number in range(25):
        make.subscriber(f"reader-{number}@example.org", house)
    for number in range(25):
        client.post("/preferences", data={"email": f"reader-{number}@example.org"})
    answer_sign_ups(house)

    assert Counter(verdicts()) == {"link": 20, "near": 5}


@pytest.mark.parametrize("reason", list(Reason))
def test_a_suppressed_address_gets_no_link(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], reason: Reason
) -> None:
    suppress(ann.subscriber.address_key, reason)

    client.post("/preferences", data={"email": "ann@example.org"})
    answer_sign_ups(house)
    make.send_all(house)
    assert (verdicts(), outbox) == (["suppressed"], [])
