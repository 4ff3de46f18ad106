"""The console in a real browser: the way in, 320 px, light and dark, no script, and nothing for axe to find."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from newsletter.articles.service import pause_source, remove_source
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.operators.policy import Role
from newsletter.operators.service import Post, add_operator
from tests import make
from tests.browser.well_made import assert_well_made
from tests.trips.stage import Stage, running

pytestmark = pytest.mark.browser

PAGES = (
    *("/console", "/console/newsletters", "/console/newsletters/courier", "/console/backends"),
    *("/console/operators", "/console/operators/1", "/console/audit", "/console/settings", "/console/account"),
    *("/console/sources/1", "/console/sources/1/remove", "/console/sources/2", "/console/digests/+add"),
    *("/console/sources", "/console/digests/morning", "/console/digests/morning/schedule?when=hourly"),
    *("/console/account/second-factor", "/console/account/codes", "/console/nowhere"),
    "/console/account/passkeys",
)


@pytest.fixture
def stage(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Stage]:
    with running(settings, tmp_path) as stage:
        yield stage


def link(stage: Stage, house: House) -> str:
    _, made = add_operator(("ines@desk.example", "Ines Marlow"), Post(Role.OWNER), None, house)
    db.session.commit()
    return stage.url + made.removeprefix(house.settings.base_url)


def submit(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


def come_in(page: Page, stage: Stage, house: House) -> None:
    page.goto(link(stage, house))
    assert_well_made(page)
    page.get_by_label("New password").fill(make.PASSWORD)
    submit(page, "Come in")
    assert page.locator("h1").inner_text() == "Home"


def test_the_way_in_with_a_second_factor(stage: Stage, house: House, page: Page) -> None:
    come_in(page, stage, house)
    page.get_by_role("link", name="Set up a second factor").click()
    assert_well_made(page)
    page.get_by_text("It cannot be scanned?").click()
    phone = pyotp.TOTP(page.locator(".secret").inner_text().replace(" ", ""))
    page.get_by_label("Code from the app").fill(phone.at(now() - timedelta(seconds=30)))
    page.get_by_label("Your password").fill(make.PASSWORD)
    submit(page, "Turn it on")
    assert page.locator("h1").inner_text() == "Your recovery codes"
    assert_well_made(page)
    recovery = page.locator(".codes code").first.inner_text()

    page.get_by_role("button", name="Menu").click()
    submit(page, "Log out")
    assert_well_made(page)
    page.get_by_label("E-mail address").fill("ines@desk.example")
    page.get_by_label("Password").fill("something else entirely")
    submit(page, "Log in")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert_well_made(page)
    page.get_by_label("Password").fill(make.PASSWORD)
    submit(page, "Log in")
    assert page.locator("h1").inner_text() == "Second factor"
    assert_well_made(page)
    page.get_by_label("Code").fill(phone.now())
    submit(page, "Go on")
    assert page.locator("h1").inner_text() == "Home"

    page.get_by_role("button", name="Menu").click()
    submit(page, "Log out")
    page.get_by_label("E-mail address").fill("ines@desk.example")
    page.get_by_label("Password").fill(make.PASSWORD)
    submit(page, "Log in")
    page.get_by_label("Code").fill(recovery)
    submit(page, "Go on")
    assert page.locator("h1").inner_text() == "Home"


def furnish(house: House) -> None:
    """Something of everything: a paused edition, a held one, a source that is down."""
    of, source = make.newsletter(), make.source(title="A" * 120)
    make.subscriptions(of, house, 2)
    make.digest(of, [source])
    paused = make.edition(of, make.articles(source, 2))
    editions.send(paused.id, house)
    editions.pause(paused.id, "554 5.7.1 " + "averylongwordwithoutanyspace" * 5)
    pause_source(make.source(title="B" * 120).id)
    remove_source(make.source(title="C" * 120).id)
    source.failing_since, source.problem = now() - timedelta(days=1), "It answers 503."
    db.session.commit()


def test_every_page_is_well_made(stage: Stage, house: House, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    furnish(house)
    come_in(page, stage, house)
    for path in PAGES:
        page.goto(stage.url + path)
        assert_well_made(page)

    # The one page that is not there is an error to the browser; nothing else is, and no policy was broken.
    assert [each for each in said if "404" not in each] == []


def test_the_menu_opens_by_keyboard_and_closes_with_escape(stage: Stage, house: House, page: Page) -> None:
    come_in(page, stage, house)
    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    entry = page.get_by_role("link", name="Operators")
    assert entry.is_visible()
    assert_well_made(page)
    page.keyboard.press("Escape")

    assert not entry.is_visible()


def test_everything_works_without_a_script(stage: Stage, house: House, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    come_in_plainly = page.goto(link(stage, house))
    assert come_in_plainly
    page.get_by_label("New password").fill(make.PASSWORD)
    page.get_by_role("button", name="Come in").click()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Operators").click()
    page.get_by_label("E-mail address").fill("gus@desk.example")
    page.get_by_role("button", name="Make the link").click()

    assert re.search(r"/console/welcome/[\w.-]+", page.content())
    context.close()
