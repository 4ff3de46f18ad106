"""Writing a template in a real browser: refused in words, looked at in a frame that can do nothing, kept."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright

from newsletter.core.settings import Settings
from newsletter.operators.service import Browser as Seen
from newsletter.operators.service import log_in
from tests import make
from tests.trips.stage import Stage, running

pytestmark = pytest.mark.browser

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
PAYLOAD = "<script>parent.broken = true; document.title = 'broken'</script><p onclick='x()'>Head</p>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def stage(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Stage]:
    with running(settings, tmp_path) as stage:
        make.edition(make.newsletter(), [make.article(make.source(), "The ferry is back")])
        yield stage


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, stage: Stage, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 320, "height": 640}, color_scheme=request.param)
    who = make.operator(stage.house)
    key = log_in(who.address, make.PASSWORD, Seen("127.0.0.1", "Chromium"), stage.house).key
    context.add_cookies([{"name": "console", "value": key, "url": stage.url}])
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(f"{stage.url}/console/templates/courier/header.html")
    yield page
    context.close()


def assert_well_made(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("h1").count() == 1


def test_a_way_out_of_the_sandbox_is_refused_with_its_line(page: Page) -> None:
    assert_well_made(page)
    page.get_by_label("What stands at the head").fill("<h1>\n{{ newsletter.__class__ }}</h1>")
    page.get_by_role("button", name="Try and keep it").click()

    expect(page.get_by_role("alert")).to_contain_text("header.html, line 2: it asks for '__class__'")
    expect(page.get_by_label("What stands at the head")).to_have_value("<h1>\n{{ newsletter.__class__ }}</h1>")
    assert_well_made(page)


def test_a_look_runs_nothing_and_keeps_nothing(page: Page) -> None:
    page.get_by_label("What stands at the head").fill(PAYLOAD + "<h1>{{ newsletter.name }}, our head</h1>")
    page.get_by_role("button", name="Look, on a phone").click()

    frame = page.frame_locator("iframe[name=phone]")
    expect(frame.locator("body")).to_contain_text("The Courier, our head")
    expect(frame.locator("body")).to_contain_text("The ferry is back")
    assert page.evaluate("window.broken") is None
    page.reload()
    expect(page.get_by_label("What stands at the head")).to_have_value("")


def test_what_is_kept_can_be_compared_and_taken_back(page: Page) -> None:
    for text in ("<h1>One</h1>", "<h1>Two</h1>"):
        page.get_by_label("What stands at the head").fill(text)
        page.get_by_role("button", name="Try and keep it").click()
    page.get_by_role("link", name="What has changed since version 1").click()
    expect(page.locator("pre")).to_contain_text("-<h1>One</h1>")
    assert_well_made(page)
    page.get_by_role("button", name="Go back to it").click()

    expect(page.get_by_label("What stands at the head")).to_have_value("<h1>One</h1>")
    expect(page.get_by_text("Version 3", exact=True)).to_be_visible()
