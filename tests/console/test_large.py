"""Where a million are counted no page waits for it: each says as of when, and is right in the end."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from newsletter.console.live import Watches
from newsletter.console.offers import Offers
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.pacing import THREAD
from newsletter.delivery.service import count_ended
from newsletter.mail.house import House
from newsletter.subscriptions.models import BulkKind, StandingCount
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.policy.wanting import wanted_from
from newsletter.subscriptions.queries.growing import COUNTED_AT_ONCE, Reach, reach_now
from newsletter.subscriptions.service.growing import count_standings
from tests import make
from tests.console.desks import newsroom
from tests.console.test_many import BEGIN, WHY, offered
from tests.console.test_sending import assert_tells_the_ledger, figures, on_its_way, settle
from tests.console.test_streams import events

LONG, NOT_AT_ALL = 30.0, 0.0


@pytest.fixture(autouse=True)
def _nobody_asks_any_more(app: Flask) -> Iterator[None]:
    """Before the database is let go of."""
    yield
    for each in threading.enumerate():
        if each.name == THREAD:
            each.join()


@pytest.fixture
def large(app: Flask) -> Flask:
    """An app to which everything is large, and whose pages wait until it is counted."""
    return of_patience(app, LONG)


def of_patience(app: Flask, seconds: float) -> Flask:
    app.extensions["newsletter_console_watches"] = Watches(at_once=0, patience=seconds)
    app.extensions["newsletter_console_offers"] = Offers(at_once=0, patience=seconds)
    return app


def test_a_large_edition_tells_its_ledger_and_when_it_was_so(
    large: Flask, operator: FlaskClient, house: House
) -> None:
    room = on_its_way(house, "a@example.org", "b@example.org")

    page = operator.get(room.page).text

    assert assert_tells_the_ledger(page, room)["queued"] == 2
    assert "As it was at" in page
    make.send_all(house)
    settle()
    page = operator.get(room.page).text
    assert "It has been sent" in page


def test_before_it_is_counted_it_says_so_and_the_stream_tells_it(
    app: Flask, operator: FlaskClient, house: House
) -> None:
    room = on_its_way(house, "a@example.org")
    make.send_all(house)
    settle()
    of_patience(app, NOT_AT_ALL)

    first = operator.get(room.page).text
    told = events(operator.get(f"{room.page}/stream").text)

    # Whoever is quick may have counted it by then.
    assert "being counted" in first or figures(first)["accepted"] == 1
    assert told[-1][0] == "over"
    shown = [figures(text) for name, text in told if name == "figures"]
    assert shown[-1]["accepted"] == 1
    assert "being" not in [text for name, text in told if name == "figures"][-1]


def test_what_servers_said_to_one_that_has_ended_is_read_after_its_end(
    large: Flask, operator: FlaskClient, house: House
) -> None:
    room = on_its_way(house, "a@example.org")
    operator.get(room.page)
    make.send_all(house)
    settle()
    of_patience(large, LONG)

    page = operator.get(room.page).text

    assert assert_tells_the_ledger(page, room)["accepted"] == 1
    assert "data-stream" not in page
    assert "is being read" not in page


def test_of_one_that_has_ended_and_was_counted_no_delivery_is_read_for_its_figures(
    operator: FlaskClient, house: House
) -> None:
    room = on_its_way(house, "a@example.org")
    make.send_all(house)
    settle()
    count_ended()

    with make.statements() as seen:
        page = operator.get(room.page).text
        home = operator.get("/console").text

    assert assert_tells_the_ledger(page, room)["accepted"] == 1
    assert "being counted" not in home
    assert not [each for each in seen if each.startswith("SELECT deliveries.status, count")]


def test_whom_a_large_newsletter_reaches_is_at_most_who_had_confirmed(operator: FlaskClient, house: House) -> None:
    room = newsroom(house)
    make.subscription(room.courier, house)
    make.press(operator, f"{room.page}/schedule", at="2026-12-24T06:30")
    exactly, moment = reach_now(room.courier.id), now()
    with transaction():
        confirmed = {"newsletter_id": room.courier.id, "status": SubscriptionStatus.CONFIRMED}
        db.session.add(StandingCount(**confirmed, how_many=COUNTED_AT_ONCE + 1, counted_at=moment))

    page = operator.get(f"{room.page}/send").text

    assert exactly.counted_at is None
    assert reach_now(room.courier.id) == Reach(COUNTED_AT_ONCE + 1, moment)
    assert "up to 20\u202f001 readers" in page
    assert f"So many had confirmed at {moment:%H:%M} UTC" in page


def test_a_small_newsletter_is_counted_exactly_however_old_the_sums_are(house: House) -> None:
    of = make.newsletter()
    make.subscriptions(of, house, 2)
    count_standings()
    make.subscription(of, house)

    assert reach_now(of.id).how_many == 3
    assert reach_now(of.id).counted_at is None


def test_an_act_on_many_is_offered_once_they_are_counted(app: Flask, operator: FlaskClient, house: House) -> None:
    make.subscriptions(make.newsletter(), house, 3)
    of_patience(app, NOT_AT_ALL)
    first = operator.get(f"{BEGIN}/unsubscribe?newsletter=courier").text
    of_patience(app, LONG)

    fields = offered(operator, "unsubscribe", "newsletter=courier")

    assert "being counted" in first or 'name="shown" value="3"' in first
    assert fields["shown"] == "3"
    ready = operator.get(f"{BEGIN}/unsubscribe?newsletter=courier", headers={"HX-Request": "true"})
    assert ready.headers["HX-Refresh"] == "true"
    assert make.press(operator, f"{BEGIN}/unsubscribe", because=WHY, **fields).status_code == 303


def test_what_cannot_be_offered_is_refused_before_anything_is_counted(
    large: Flask, operator: FlaskClient, house: House
) -> None:
    make.subscription(make.newsletter(), house)

    assert operator.get(f"{BEGIN}/unsubscribe?newsletter=courier&text=ann").status_code == 422


def test_a_count_that_is_offered_is_of_these_very_people(app: Flask, house: House) -> None:
    tide, dawn = make.newsletter("tide"), make.newsletter("dawn")
    make.subscriptions(tide, house, 2)
    make.subscription(dawn, house)
    offers = Offers(at_once=0, patience=LONG)

    found = [offers.look(BulkKind.UNSUBSCRIBE, wanted_from({}, frozenset({of.id}))) for of in (tide, dawn, tide)]

    assert [each and each.value[0] for each in found] == [2, 1, 2]
