"""An edition on its way: the figures of its page are those of the ledger, whatever the servers say."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from newsletter.app import create_app
from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import ledger
from newsletter.delivery.service import finish_mailings
from newsletter.editions import service as editions
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import edition
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.web import current
from tests import make
from tests.console.desks import Newsroom, newsroom
from tests.fakes import SmtpServer

STATES = [status.value for status in Status]


def figures(page: str) -> dict[str, int]:
    return {state: int(count) for state, count in re.findall(r'data-state="(\w+)" data-count="(\d+)"', page)}


def assert_tells_the_ledger(page: str, room: Newsroom) -> dict[str, int]:
    """The page has what the ledger has, and the states sum to the audience."""
    shown = figures(page)
    assert shown == ledger(edition(room.edition.id).mailing_id or 0).as_dict()
    assert sum(shown[state] for state in STATES) == shown["audience"]
    return shown


def on_its_way(house: House, *addresses: str) -> Newsroom:
    room = newsroom(house)
    for address in addresses:
        make.subscription(room.courier, house, address)
    editions.approve(room.edition.id, house)
    editions.send_due(house)
    return room


def settle() -> None:
    finish_mailings()
    editions.follow_mailings()


def test_paused_resumed_and_sent(operator: FlaskClient, house: House, outbox: list[Envelope]) -> None:
    room = on_its_way(house, "a@example.org", "b@example.org")
    page = operator.get(room.page).text
    assert assert_tells_the_ledger(page, room)["queued"] == 2
    assert "data-stream" in page
    assert 'http-equiv="refresh"' in page

    assert make.press(operator, f"{room.page}/pause").status_code == 303
    make.send_all(house)
    assert outbox == []
    page = operator.get(room.page).text
    assert "Paused:" in page
    assert make.press(operator, f"{room.page}/pause").status_code == 409

    assert make.press(operator, f"{room.page}/resume").status_code == 303
    make.send_all(house)
    settle()

    page = operator.get(room.page).text
    assert assert_tells_the_ledger(page, room)["accepted"] == len(outbox) == 2
    assert "It has been sent" in page
    assert "data-stream" not in page
    assert 'http-equiv="refresh"' not in page


def test_the_rest_is_cancelled_for_good(operator: FlaskClient, house: House, outbox: list[Envelope]) -> None:
    room = on_its_way(house, "a@example.org")

    assert make.press(operator, f"{room.page}/cancel").status_code == 303
    make.send_all(house)

    assert outbox == []
    assert assert_tells_the_ledger(operator.get(room.page).text, room)["cancelled"] == 1
    assert make.press(operator, f"{room.page}/resume").status_code == 409
    assert make.press(operator, f"{room.page}/resend", missed="failed").status_code == 409


def test_what_has_not_left_has_no_ledger_to_show(operator: FlaskClient, house: House) -> None:
    room = newsroom(house)

    for path in ("figures", "stream"):
        assert operator.get(f"{room.page}/{path}").status_code == 404
    for path in ("pause", "resume", "resend"):
        assert make.press(operator, f"{room.page}/{path}", missed="failed").status_code == 409
    assert edition(room.edition.id).status == EditionStatus.HELD


@pytest.fixture
def through_smtp(settings: Settings) -> Iterator[tuple[FlaskClient, House, SmtpServer]]:
    """An owner's browser, and a house whose mail goes to a real server."""
    with SmtpServer() as server:
        backend = f"smtp://127.0.0.1:{server.port}?tls=none&connections=1"
        app: Flask = create_app(replace(settings, backends=backend))
        app.config.update(SERVER_NAME="letters.example.org", PREFERRED_URL_SCHEME="https")
        with app.app_context():
            house = current.house()
            yield make.log_in(app.test_client(), make.operator(house), house), house, server
            db.session.remove()
            db.engine.dispose()


@pytest.mark.loopback
def test_all_that_servers_say_is_told_and_sums_up(
    app: Flask, through_smtp: tuple[FlaskClient, House, SmtpServer]
) -> None:
    browser, house, server = through_smtp
    room = on_its_way(
        house,
        *("a@inbox.example", "b@inbox.example", "permfail-550-5-1-1@gone.example"),
        *("tempfail-451@slow.example", "tempfail-451+b@slow.example", "drop-after-dot@odd.example"),
    )
    make.send_all(house)

    shown = assert_tells_the_ledger(browser.get(room.page).text, room)

    assert (shown["accepted"], shown["failed"], shown["deferred"]) == (len(server.received), 1, 2)
    page = browser.get(room.page).text
    assert "<bdi>slow.example</bdi></strong>: 2 deferred" in page
    assert "550 5.1.1 as ordered" in page
    assert "There is no such mailbox" in page


@pytest.mark.loopback
def test_those_whom_it_has_missed_get_it_again(
    app: Flask, through_smtp: tuple[FlaskClient, House, SmtpServer]
) -> None:
    browser, house, server = through_smtp
    room = on_its_way(house, "a@inbox.example", "permfail-550-5-2-1@full.example")
    make.send_all(house)
    settle()
    page = browser.get(room.page).text
    assert assert_tells_the_ledger(page, room)["failed"] == 1
    assert "1 failed: their servers refused it" in page

    refused = make.press(browser, f"{room.page}/resend")
    assert refused.status_code == 422
    assert make.press(browser, f"{room.page}/resend", missed="failed").status_code == 303

    assert assert_tells_the_ledger(browser.get(room.page).text, room)["queued"] == 1
    assert len(server.received) == 1
