"""Writing a template in a real browser: refused in words, looked at in a frame that can do nothing, kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, FrameLocator, Page, expect

from newsletter.core.db import db, transaction
from newsletter.core.settings import Settings
from newsletter.newsletters.queries import newsletter
from newsletter.operators.service import Browser as Seen
from newsletter.operators.service import log_in
from newsletter.subscriptions.models import Subscriber
from tests import make
from tests.browser.well_made import assert_well_made
from tests.trips.stage import Stage, running

pytestmark = pytest.mark.browser

PAYLOAD = "<script>parent.broken = true; document.title = 'broken'</script><p onclick='x()'>Head</p>"


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
    # A server that is stopped while it still renders a look would leave its connection open.
    expect(page.locator("#stage[aria-busy]")).to_have_count(0)
    context.close()


def test_a_way_out_of_the_sandbox_is_refused_with_its_line(page: Page) -> None:
    assert_well_made(page)
    page.get_by_label("What stands at the head").fill("<h1>\n{{ newsletter.__class__ }}</h1>")
    page.get_by_role("button", name="Try and keep it").click()

    expect(page.get_by_role("alert")).to_contain_text("header.html, line 2: it asks for '__class__'")
    expect(page.get_by_label("What stands at the head")).to_have_value("<h1>\n{{ newsletter.__class__ }}</h1>")
    assert_well_made(page)


def shown(page: Page, frame: str = "phone") -> FrameLocator:
    """The mail in one of the frames of the look that is there."""
    return page.frame_locator("#stage > iframe:not(.coming)").frame_locator(f"iframe[name={frame}]")


def test_a_look_follows_what_is_typed_and_runs_nothing_and_keeps_nothing(page: Page) -> None:
    steps = page.evaluate("history.length")
    expect(shown(page).locator("body")).to_contain_text("The ferry is back")
    box = page.get_by_label("What stands at the head")
    box.fill(PAYLOAD)
    box.press_sequentially("<h1>{{ newsletter.name }}, our head</h1>")

    for frame in ("phone", "desktop"):
        expect(shown(page, frame).locator("body")).to_contain_text("The Courier, our head")
    expect(page.locator("#stage iframe")).to_have_count(1)
    assert page.evaluate("window.broken") is None
    assert page.evaluate("history.length") == steps
    assert_well_made(page)
    page.reload()
    expect(page.get_by_label("What stands at the head")).to_have_value("")


def test_a_look_as_a_subscriber_in_the_dark_and_as_text(page: Page, stage: Stage) -> None:
    person = make.subscription(newsletter("courier"), stage.house, "ada@example.org")
    with transaction():
        db.session.get_one(Subscriber, person.subscriber_id).name = "Ada"
    page.get_by_label("What stands at the head").fill("<p>Dear {{ subscriber.name or 'reader' }}</p>")
    page.get_by_label("As this subscriber").fill("ada@example.org")
    page.get_by_label("As this subscriber").press("Tab")
    expect(shown(page).locator("body")).to_contain_text("Dear Ada")
    page.get_by_label("In the dark").check()
    paper = shown(page).locator("td.paper").first
    expect(paper).to_have_css("background-color", "rgb(27, 30, 34)")
    page.get_by_label("As plain text").check()
    expect(page.frame_locator("#stage > iframe:not(.coming)").locator("pre")).to_contain_text(
        "THE COURIER", ignore_case=True
    )
    page.get_by_label("As this subscriber").fill("nobody@example.org")
    page.get_by_label("As this subscriber").press("Tab")
    words = page.frame_locator("#stage > iframe:not(.coming)").locator("body")
    expect(words).to_contain_text("Nobody with this address subscribes to The Courier.")


def test_only_the_newest_look_is_waited_for(page: Page) -> None:
    expect(shown(page).locator("body")).to_contain_text("The ferry is back")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/preview") else None)
    box = page.get_by_label("What stands at the head")
    box.press_sequentially("<p>One two three four five six</p>", delay=30)

    expect(shown(page).locator("body")).to_contain_text("One two three four five six")
    assert len(asked) == 1


def test_without_a_script_the_button_does_it(browser: Browser, stage: Stage) -> None:
    context = browser.new_context(java_script_enabled=False)
    who = make.operator(stage.house)
    key = log_in(who.address, make.PASSWORD, Seen("127.0.0.1", "Chromium"), stage.house).key
    context.add_cookies([{"name": "console", "value": key, "url": stage.url}])
    page = context.new_page()
    page.goto(f"{stage.url}/console/templates/courier/style.css")
    expect(page.get_by_text("It follows what you type")).to_be_hidden()
    page.get_by_label("How header, body and footer look").fill("h1 { color: #224466 }")
    page.get_by_role("button", name="Look at it").click()

    expect(shown(page).locator("h1")).to_have_css("color", "rgb(34, 68, 102)")
    context.close()


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
