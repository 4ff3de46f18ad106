"""The preference centre under attack: forwarded links, many presses at once, and hostile forms."""

from collections import Counter
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import ConsentEvent, SignUp, Subscriber, Subscription
from newsletter.subscriptions.queries import consent_of, find_subscription
from newsletter.suppressions.models import Reason, Suppression
from newsletter.suppressions.service import suppress
from tests import make
from tests.subscriptions.readers_pages import do, link

WISHES = (
    "save",
    "pause",
    "resume",
    "leave",
    "join",
    "profile",
    "address",
    "erase",
    "erase for good",
    "data",
    "csv",
)


@pytest.fixture
def ann(house: House) -> Subscription:
    """A confirmed reader."""
    return make.subscription(make.newsletter(), house, "ann@example.org")


def at_once(app: Flask, path: str, **fields: str) -> Counter[int]:
    """Twenty presses of one button at the same moment; how often each status came back."""
    statuses, start = Counter[int](), Barrier(20)

    def press() -> None:
        start.wait()
        statuses[app.test_client().post(path, data=fields).status_code] += 1

    threads = [Thread(target=press) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    db.session.expire_all()
    return statuses


def test_the_link_of_a_forwarded_mail_shows_no_address_and_reaches_nothing_that_harms(
    client: FlaskClient, house: House, ann: Subscription
) -> None:
    make.newsletter("evening")
    with transaction():
        ann.subscriber.name = "Ann Secret"
    path = link("preferences", ann, house)
    token = path.rpartition("/")[2]

    page = client.get(path).text
    assert "ann@example.org" not in page
    assert "Ann Secret" not in page
    for wish in ("join", "profile", "address", "erase", "erase for good", "data", "csv"):
        answer = client.post(path, data={"do": wish, "newsletter": "evening", "email": "eve@example.org"})
        assert (wish, answer.status_code) == (wish, 422)
        assert "ann@example.org" not in answer.text
    assert client.get(f"/account/{token}").status_code == 404
    assert client.get(f"/account/{token}/data.json").status_code == 404
    assert db.session.scalar(select(func.count()).select_from(Subscription)) == 1
    assert db.session.scalar(select(func.count()).select_from(SignUp)) == 0


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=st.dictionaries(st.sampled_from(["do", "newsletter", "cadence", "topics", "until"]), st.text(max_size=40))
)
def test_nothing_that_is_sent_by_it_erases_joins_or_breaks(
    client: FlaskClient, house: House, ann: Subscription, form: dict[str, str]
) -> None:
    answer = client.post(link("preferences", ann, house), data=form)

    assert answer.status_code in {200, 422}
    assert db.session.scalar(select(func.count()).select_from(Subscriber)) == 1
    assert db.session.scalar(select(func.count()).select_from(Subscription)) == 1


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wish=st.sampled_from([wish for wish in WISHES if wish != "erase for good"]),
    form=st.dictionaries(
        st.sampled_from(
            ["newsletter", "cadence", "topics", "until", "name", "language", "timezone", "local_hour", "email"]
        ),
        st.text(max_size=40) | st.sampled_from(["courier", "each", "7", "UTC", "eve@example.org"]),
    ),
)
def test_no_form_breaks_the_account_page(
    client: FlaskClient, house: House, ann: Subscription, wish: str, form: dict[str, str]
) -> None:
    answer = client.post(link("account", ann, house), data={"do": wish, **form})

    assert answer.status_code in {200, 422}
    assert db.session.scalar(select(func.count()).select_from(Subscriber)) == 1


def test_a_newsletter_that_no_database_could_name_is_not_found(client: FlaskClient) -> None:
    answers = [client.get("/cour%00ier"), client.post("/cour%00ier/subscribe", data={"email": "ann@example.org"})]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_no_get_hands_out_the_data_or_erases(client: FlaskClient, house: House, ann: Subscription) -> None:
    path = link("account", ann, house)

    for wish in WISHES:
        answer = client.get(path, query_string={"do": wish, "newsletter": "courier"})
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        assert "Content-Disposition" not in answer.headers
    db.session.expire_all()
    assert ann.status == "confirmed"


def test_twenty_who_join_at_once_make_one_transition_and_one_event(
    app: Flask, client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    evening = make.newsletter("evening")

    statuses = at_once(app, link("account", ann, house), do="join", newsletter="evening")

    assert statuses == {200: 20}
    joined = find_subscription(ann.subscriber_id, evening.id)
    assert joined
    assert joined.status == "confirmed"
    assert [event.kind for event in consent_of(ann.subscriber_id)] == ["confirmed"]
    make.send_all(house)
    assert len(outbox) == 1


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason != Reason.ERASED])
def test_a_suppressed_address_joins_nothing(
    client: FlaskClient, house: House, ann: Subscription, reason: Reason
) -> None:
    evening = make.newsletter("evening")
    suppress(ann.subscriber.address_key, reason)

    status, page = do(client, link("account", ann, house), "join", newsletter="evening")

    assert (status, "never written to" in page) == (422, True)
    assert find_subscription(ann.subscriber_id, evening.id) is None
    assert db.session.scalar(select(func.count()).select_from(ConsentEvent)) == 0


def test_who_was_erased_and_came_back_may_join(client: FlaskClient, house: House, ann: Subscription) -> None:
    make.newsletter("evening")
    suppress(ann.subscriber.address_key, Reason.ERASED)

    assert do(client, link("account", ann, house), "join", newsletter="evening")[0] == 200
    assert db.session.scalar(select(func.count()).select_from(Suppression)) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "save", "cadence": "weekly", "topics": "Harbour,Sport"},
        {"do": "pause", "until": "2026-12-24"},
        {"do": "erase for good"},
    ],
    ids=lambda fields: fields["do"],
)
def test_twenty_presses_of_any_button_are_all_answered(
    app: Flask, house: House, ann: Subscription, clock: Traveller, fields: dict[str, str]
) -> None:
    statuses = at_once(app, link("account", ann, house), newsletter="courier", **fields)

    assert statuses == {200: 20}


def test_a_link_of_the_page_for_leaving_reaches_that_newsletter_alone(
    client: FlaskClient, house: House, ann: Subscription
) -> None:
    evening = make.newsletter("evening", name="The Evening Tide")
    with transaction():
        db.session.add(
            Subscription(
                subscriber_id=ann.subscriber_id,
                newsletter_id=evening.id,
                status="confirmed",
                nonce="",
                requested_at=now(),
            )
        )
    narrow = link("preferences", ann, house, n=ann.newsletter_id)

    assert "The Evening Tide" not in client.get(narrow).text
    for wish in ("save", "pause", "leave"):
        answer = client.post(narrow, data={"do": wish, "newsletter": "evening", "cadence": "each"})
        assert (answer.status_code, "The Evening Tide" in answer.text) == (422, False)
    other = find_subscription(ann.subscriber_id, evening.id)
    assert other
    assert other.status == "confirmed"


@pytest.mark.parametrize(
    "where",
    [
        "https://letters.example.org/account/{}",
        "https://front.example/go?to=%2Faccount%2F{}",
        "https://front.example/?t={}#x",
    ],
)
def test_no_token_from_a_referrer_is_kept(
    client: FlaskClient, house: House, ann: Subscription, where: str
) -> None:
    path = link("account", ann, house)
    token = path.rpartition("/")[2]
    referrer = {"Referer": where.format(token)}

    client.post(path, data={"do": "leave", "newsletter": "courier"}, headers=referrer)
    client.post("/courier/subscribe", data={"email": "bob@example.org"}, headers=referrer)

    [event] = consent_of(ann.subscriber_id)
    pages = [event.page, *db.session.scalars(select(SignUp.page))]
    assert len(pages) == 2
    for page in pages:
        assert page.startswith("https://")
        assert [part for part in token.split(".") if part in page] == []
