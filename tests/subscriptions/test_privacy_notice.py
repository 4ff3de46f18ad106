"""The privacy notice: shown where people agree, and kept with what they agreed to."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from selectolax.lexbor import LexborHTMLParser
from time_machine import Traveller

from newsletter.app import create_app
from newsletter.core.db import db
from newsletter.core.errors import SettingsError
from newsletter.core.setting_urls import PrivacyNotice
from newsletter.core.settings import Settings, from_mapping
from newsletter.mail.backends.memory import MemoryBackend
from newsletter.subscriptions.models import Subscriber
from newsletter.subscriptions.queries import consent_of
from newsletter.subscriptions.queries.story import story
from newsletter.subscriptions.service import answer_sign_ups
from newsletter.subscriptions.service.exporting import Filter, export
from newsletter.subscriptions.views import wordings
from newsletter.web import current
from tests import make
from tests.conftest import SECRETS

URL, VERSION = "https://paper.example/privacy?a=1&b=<2>", "2026-11"


@pytest.fixture
def telling(settings: Settings, app: Flask) -> Iterator[Flask]:
    """A house that names its privacy notice."""
    made = create_app(replace(settings, privacy_notice=PrivacyNotice(URL, VERSION)))
    made.config.update(SERVER_NAME="letters.example.org", PREFERRED_URL_SCHEME="https")
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


def test_what_was_shown_is_kept_with_request_and_confirmation_and_not_with_leaving(
    telling: Flask, clock: Traveller
) -> None:
    client, house = telling.test_client(), current.house()
    make.newsletter()
    page = LexborHTMLParser(client.get("/courier").text)
    assert [node.text() for node in page.css(f"a[href='{URL}']")] == ["How we treat your data"]
    stamp = page.css_first("input[name=stamp]")
    assert stamp
    clock.shift(timedelta(seconds=9))
    client.post("/courier/subscribe", data={"email": "ann@example.org", "stamp": stamp.attributes["value"]})
    answer_sign_ups(house)
    make.send_all(house)
    assert isinstance(house.backend, MemoryBackend)
    confirm = f"/confirm/{make.token_in(house.backend.outbox[0], 'confirm')}"
    assert "How we treat your data" in client.get(confirm).text
    client.post(confirm)
    make.send_all(house)
    client.post(f"/unsubscribe/{make.token_in(house.backend.outbox[1], 'unsubscribe')}")

    kept = [(each.kind, each.notice_url, each.notice_version, each.locale) for each in consent_of(1)]
    assert kept == [
        ("requested", URL, VERSION, "en"),
        ("confirmed", URL, VERSION, "en"),
        ("withdrawn", "", "", "en"),
    ]
    [row] = export(Filter("courier"))
    assert (row["notice_url"], row["notice_version"], row["locale"]) == (URL, VERSION, "en")
    told = story(db.session.get_one(Subscriber, 1), None, {1: "courier"}).words()
    assert f"privacy notice {URL} {VERSION}; in language en" in told


def test_what_another_site_showed_is_not_known(telling: Flask) -> None:
    house = current.house()
    make.newsletter()
    telling.test_client().post("/courier/subscribe", data={"email": "ann@example.org"})
    answer_sign_ups(house)

    [asked] = consent_of(1)
    assert (asked.notice_url, asked.notice_version, asked.locale) == ("", "", "")


def test_each_form_of_ours_names_it(telling: Flask) -> None:
    of, notice = make.newsletter(), current.house().settings.privacy_notice
    for which in (wordings.PAGE, wordings.FOOT, wordings.FRAME):
        assert f"How we treat your data (version {VERSION})" in wordings.of_form(which, of, (), notice)
    assert "How we treat your data" in telling.test_client().get("/embed/courier").text


@pytest.mark.parametrize(
    "text",
    [
        "https://paper.example/privacy",
        "javascript:alert(1) 1",
        "https:// 1",
        "privacy 1",
        f"https://a.example/{'x' * 500} 1",
    ],
)
def test_a_notice_that_cannot_be_shown_stops_the_start(text: str) -> None:
    with pytest.raises(SettingsError):
        from_mapping({**SECRETS, "NEWSLETTER_DATABASE_URL": "sqlite://", "NEWSLETTER_PRIVACY_NOTICE": text})
