"""Readers' pages in German and Arabic in a real browser: 320 px wide, light and dark, nothing for axe to find."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page

from newsletter.articles.links import article_url
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.editions import service as editions
from newsletter.mail.languages import direction
from newsletter.subscriptions.models import Subscription
from tests import make
from tests.browser.test_public_pages import submit
from tests.browser.well_made import assert_well_made
from tests.trips.stage import Stage, running

pytestmark = pytest.mark.browser

NAMES = {"de": "Die Abendpost", "ar": "أخبار الميناء"}


@pytest.fixture(params=["de", "ar"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass(frozen=True)
class Scene:
    """A newsletter with an edition on the web, and somebody who reads it."""

    stage: Stage
    reader: Subscription
    article: str


@pytest.fixture
def scene(app: Flask, settings: Settings, tmp_path: Path, language: str) -> Iterator[Scene]:
    with running(settings, tmp_path) as stage:
        of = make.newsletter(name=NAMES[language], language=language)
        of.schedule = "30 6 * * 1-5 Europe/Zurich"
        reader = make.subscription(of, stage.house, "ann@example.org")
        article = make.article(make.source(), "Council votes to keep the ferry", body_html="<p>Yes.</p>")
        editions.send(make.edition(of, [article]).id, stage.house)
        db.session.commit()
        yield Scene(stage, reader, article_url(article, ""))


def test_every_page_of_the_way_is_well_made_and_turned_as_it_is_read(
    page: Page,
    scene: Scene,
    language: str,
) -> None:
    stage, reader = scene.stage, scene.reader
    who = {"s": reader.subscriber_id}
    claims: dict[str, dict[str, object]] = {
        "confirm": {**who, "n": {str(reader.newsletter_id): reader.nonce}},
        "unsubscribe": {**who, "n": reader.newsletter_id},
        "preferences": {**who},
        "account": {**who},
        "never": {**who},
    }
    links = [f"/{part}/{stage.house.signer.sign(part, said, at=now())}" for part, said in claims.items()]
    for path in ("/courier", "/courier/archive", "/courier/archive/1", "/courier/snippets", scene.article, *links):
        page.goto(stage.url + path)

        assert_well_made(page)
        assert page.locator("html").get_attribute("lang") == language
        assert page.evaluate("getComputedStyle(document.body).direction") == direction(language)


def test_a_mistake_is_told_in_the_language_of_the_page(
    page: Page,
    scene: Scene,
    language: str,
) -> None:
    page.goto(f"{scene.stage.url}/courier")
    page.locator("#email").fill("ann at example")
    submit(page)

    assert {"de": "Das sieht nicht", "ar": "لا يبدو هذا"}[language] in page.locator("[role=alert]").inner_text()
    assert page.evaluate("getComputedStyle(document.querySelector('#email')).direction") == "ltr"
    assert_well_made(page)
