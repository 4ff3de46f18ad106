"""`/metrics`: in Prometheus' format, with the right figures, and for nobody who should not see them."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from newsletter.alarms.service import settle
from newsletter.app import create_app
from newsletter.articles.service import mark_failing
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.metrics import Gauge, exposed
from tests import make

HERE = {"Host": "127.0.0.1:8000"}
TOKEN = "a-token-for-tests-only-0123456789abcdef"


def figures(client: FlaskClient) -> dict[str, int]:
    page = client.get("/metrics", headers=HERE)
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert page.text.endswith("\n")
    lines = [line for line in page.text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'[a-z_]+(\{[a-z]+="[^"\n]*"\})? \d+', line) for line in lines)
    return {name: int(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_the_figures_are_those_of_the_tables(client: FlaskClient, house: House, clock: Traveller) -> None:
    of, source = make.newsletter(), make.source()
    make.subscriptions(of, house, 3)
    mark_failing(source.id, "gone")
    make.source()
    editions.send(make.edition(of, [make.article(source)]).id, house)
    clock.shift(timedelta(hours=2))
    make.edition(of, [make.article(source)])
    settle("late morning", is_so=True, moment=now())
    settle("late evening", is_so=True, moment=now())
    settle("breaker", is_so=False, moment=now())

    seen = figures(client)
    assert seen['newsletter_deliveries{state="queued"}'] == 3
    assert seen['newsletter_deliveries{state="leased"}'] == 0
    assert (seen['newsletter_editions{state="sending"}'], seen['newsletter_editions{state="draft"}']) == (1, 1)
    assert seen['newsletter_last_edition_age_seconds{newsletter="courier"}'] == 7200
    assert (seen["newsletter_sources"], seen["newsletter_sources_failing"]) == (2, 1)
    assert (seen['newsletter_alarms_open{kind="late"}'], seen['newsletter_alarms_open{kind="breaker"}']) == (2, 0)


def test_an_empty_installation_has_figures_too(client: FlaskClient) -> None:
    assert set(figures(client).values()) == {0}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "letters.example.org"},
        {**HERE, "X-Forwarded-For": "192.0.2.7"},
        {**HERE, "Forwarded": "for=192.0.2.7"},
        {**HERE, "Via": "1.1 proxy"},
        {**HERE, "X-Real-IP": "127.0.0.1"},
        {"Host": "127.0.0.1.example.org"},
    ],
)
def test_what_comes_through_a_proxy_sees_nothing(client: FlaskClient, headers: dict[str, str]) -> None:
    make.newsletter()

    assert client.get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize("peer", ["192.0.2.7", "10.0.0.1", "::ffff:192.0.2.7", "", "nonsense"])
def test_another_machine_sees_nothing_whatever_host_it_names(client: FlaskClient, peer: str) -> None:
    answer = client.get("/metrics", headers=HERE, environ_overrides={"REMOTE_ADDR": peer})

    assert answer.status_code == 404
    assert "newsletter_deliveries" not in answer.text


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_sees_them(client: FlaskClient, peer: str) -> None:
    assert client.get("/metrics", headers=HERE, environ_overrides={"REMOTE_ADDR": peer}).status_code == 200


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"Bearer {TOKEN}x", 404),
        (f"bearer {TOKEN}", 404),
        (TOKEN, 404),
        ("Bearer ", 404),
        ("ä", 404),
    ],
)
def test_with_a_token_it_alone_counts(app: Flask, settings: Settings, given: str, status: int) -> None:
    closed = create_app(replace(settings, metrics_token=TOKEN))
    with closed.app_context():
        answer = closed.test_client().get("/metrics", headers={"Host": "10.0.0.7", "Authorization": given})
        silent = closed.test_client().get("/metrics", headers=HERE)
        db.session.remove()
        db.engine.dispose()

    assert (answer.status_code, silent.status_code) == (status, 404)


def test_what_stands_in_a_label_cannot_end_it() -> None:
    assert (
        exposed([Gauge("a", "What.", "of", {'x"\\\n': 1})])
        == '# HELP a What.\n# TYPE a gauge\na{of="x\\"\\\\\\n"} 1\n'
    )
