"""The form on a page of another site, in a real browser: with its script, without, and in a frame."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
from flask import Flask, Response
from playwright.sync_api import Browser, Page, expect
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.subscriptions.models import SignUp
from newsletter.subscriptions.policy.budgets import Trust
from newsletter.subscriptions.service.guarding import FORM
from tests import make
from tests.browser.test_public_pages import press
from tests.browser.well_made import assert_well_made
from tests.trips.stage import Stage, running

pytestmark = pytest.mark.browser

AS_OLD_AS_A_FORM_MUST_BE = 2100
ANSWER = ".newsletter-answer"


@pytest.fixture
def site() -> Flask:
    """A page of somebody else; `body` is what stands in it, `policy` what it may load."""
    site = Flask("somebody else's site")

    @site.get("/")
    def page() -> Response:
        text = (
            '<!doctype html><html lang="en"><head><title>Paper</title><meta name="viewport" '
            'content="width=device-width"><meta name="color-scheme" content="light dark"></head>'
            f"<body><main><h1>Paper</h1>{site.config['body']}</main></body></html>"
        )
        return Response(text, mimetype="text/html", headers={"Content-Security-Policy": site.config["policy"]})

    return site


@pytest.fixture
def stage(app: Flask, settings: Settings, site: Flask, tmp_path: Path) -> Iterator[Stage]:
    with running(settings, tmp_path, site) as stage:
        make.newsletter()
        make.newsletter("lights", name="Harbour Lights")
        db.session.commit()
        ours = stage.url
        site.config["policy"] = (
            f"default-src 'none'; script-src {ours}; connect-src {ours}; frame-src {ours}; form-action {ours}"
        )
        yield stage


@pytest.fixture
def page_without_scripts(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def snippet(stage: Stage, which: str, query: str = "") -> str:
    """What the page with the snippets says that one should copy."""
    with urlopen(f"{stage.url}/courier/snippets?{query}") as answer:
        node = LexborHTMLParser(answer.read()).css_first(f"#{which}-snippet")
    assert node is not None
    return str(node.text())


def visit(page: Page, stage: Stage, site: Flask, body: str) -> None:
    site.config["body"] = body
    page.goto(stage.app.config["FEEDS_URL"])


def type_address(page: Page, address: str) -> None:
    page.locator("[name=email]").focus()
    page.keyboard.type(address)
    page.keyboard.press("Enter")


def active(page: Page, attribute: str) -> str | None:
    found = page.evaluate(f"document.activeElement.getAttribute('{attribute}')")
    return None if found is None else str(found)


def test_somebody_signs_up_on_the_page_of_another_site_by_keyboard(stage: Stage, site: Flask, page: Page) -> None:
    visit(page, stage, site, snippet(stage, "script"))
    assert_well_made(page)
    was = page.url

    type_address(page, "ann@example.org")
    expect(page.locator(ANSWER)).to_contain_text("Check your inbox")

    assert page.url == was
    assert active(page, "role") == "status"
    assert page.locator("form input").count() == 0
    assert_well_made(page)
    assert stage.mail_for("ann@example.org", "Auto-Submitted").raw
    noted = db.session.scalars(select(SignUp)).one()
    assert (noted.trust, noted.form) == (Trust.SIGNED, "script")


def test_a_mistake_is_told_in_place_and_the_field_has_the_focus(stage: Stage, site: Flask, page: Page) -> None:
    visit(page, stage, site, snippet(stage, "script"))

    type_address(page, "ann at example")
    expect(page.locator(ANSWER)).to_contain_text("Something needs another look")

    assert (active(page, "name"), active(page, "aria-invalid")) == ("email", "true")
    assert page.locator(f"#{active(page, 'aria-describedby')}").inner_text() == page.locator(ANSWER).inner_text()
    assert_well_made(page)
    page.keyboard.type("!")
    assert page.locator(ANSWER).inner_text() == ""
    assert active(page, "aria-invalid") is None


@pytest.mark.parametrize(("button", "address"), [("Yes, use", "ann@gmail.com"), ("No, keep", "ann@gmial.com")])
def test_a_slip_is_asked_about_in_place(stage: Stage, site: Flask, page: Page, button: str, address: str) -> None:
    visit(page, stage, site, snippet(stage, "script"))

    type_address(page, "ann@gmial.com")
    expect(page.locator(ANSWER)).to_contain_text("Did you mean ann@gmail.com?")
    assert active(page, "role") == "status"
    assert_well_made(page)
    page.get_by_role("button", name=button).press("Enter")
    expect(page.locator(ANSWER)).to_contain_text("Check your inbox")

    assert stage.mail_for(address, "Auto-Submitted").raw


def test_the_script_alone_writes_the_form(stage: Stage, site: Flask, page: Page) -> None:
    tag = f'<script src="{stage.url}/embed/courier.js" async></script>'
    visit(page, stage, site, f"<p>Before</p>{tag}<p>Between</p>{tag}")
    expect(page.locator("form")).to_have_count(2)
    assert_well_made(page)

    page.locator("[name=email]").first.fill("ann@example.org")
    page.get_by_role("button", name="Sign up").first.click()

    expect(page.locator(ANSWER).first).to_contain_text("Check your inbox")


def test_a_page_that_lets_no_script_ask_us_sends_the_form_as_it_is(stage: Stage, site: Flask, page: Page) -> None:
    site.config["policy"] = f"default-src 'none'; script-src {stage.url}; form-action {stage.url}"
    visit(page, stage, site, snippet(stage, "script"))

    type_address(page, "ann@example.org")
    page.wait_for_url("**/check-your-inbox")

    assert stage.mail_for("ann@example.org", "Auto-Submitted").raw


def test_a_stamp_that_cannot_be_fetched_keeps_nobody_out(stage: Stage, site: Flask, page: Page) -> None:
    page.route("**/fields.json", lambda route: route.abort())
    visit(page, stage, site, snippet(stage, "script"))

    type_address(page, "ann@example.org")
    expect(page.locator(ANSWER)).to_contain_text("Check your inbox")

    assert db.session.scalars(select(SignUp)).one().trust == Trust.UNSIGNED


def test_who_left_the_page_open_for_days_only_has_to_press_again(stage: Stage, site: Flask, page: Page) -> None:
    old = stage.house.signer.sign(FORM, {}, at=now() - timedelta(days=2))
    headers = {"Access-Control-Allow-Origin": "*"}
    page.route("**/fields.json", lambda route: route.fulfill(json={"stamp": old}, headers=headers), times=1)
    visit(page, stage, site, snippet(stage, "script"))
    type_address(page, "ann@example.org")
    expect(page.locator(ANSWER)).to_contain_text("please press the button once more")

    page.get_by_role("button", name="Sign up").press("Enter")
    expect(page.locator(ANSWER)).to_contain_text("Check your inbox")

    assert db.session.scalars(select(SignUp)).one().trust == Trust.SIGNED


@pytest.mark.parametrize("which", ["script", "plain"])
def test_without_javascript_the_form_leads_to_our_page(
    stage: Stage, site: Flask, page_without_scripts: Page, which: str
) -> None:
    page = page_without_scripts
    visit(page, stage, site, snippet(stage, which, "ask=name&newsletters=lights"))

    page.locator("[name=email]").fill("bob@example.org")
    page.locator("[name=newsletters]").check()
    page.locator("form button").click()

    assert page.url == f"{stage.url}/courier/check-your-inbox"
    assert b"Harbour Lights" in stage.mail_for("bob@example.org", "Auto-Submitted").raw


def test_the_frame_works_on_another_site_without_javascript(
    stage: Stage, site: Flask, page_without_scripts: Page
) -> None:
    page = page_without_scripts
    visit(page, stage, site, snippet(stage, "frame"))
    form = page.frame_locator("iframe")

    form.locator("#email").fill("ann@example.org")
    page.wait_for_timeout(AS_OLD_AS_A_FORM_MUST_BE)
    form.locator("button").click()

    expect(form.locator("h1")).to_have_text("Check your inbox")
    assert stage.mail_for("ann@example.org", "Auto-Submitted").raw
    assert db.session.scalars(select(SignUp)).one().form == "frame"


EVERYTHING = "ask=name&ask=cadence&newsletters=lights"


def test_the_page_in_the_frame_is_well_made_and_fits_the_frame(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.url}/embed/courier?{EVERYTHING}")
    assert_well_made(page)
    height = page.evaluate("Math.ceil(document.body.getBoundingClientRect().height)")
    frame = LexborHTMLParser(snippet(stage, "frame", EVERYTHING)).css_first("iframe")
    assert frame is not None
    assert height <= int(frame.attributes["height"] or 0) <= height + 80

    page.locator("#email").fill("ann at example")
    page.keyboard.press("Enter")
    expect(page.locator(".problem")).to_be_visible()
    assert_well_made(page)

    page.locator("#email").fill("ann@gmial.com")
    page.wait_for_timeout(AS_OLD_AS_A_FORM_MUST_BE)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Did you mean")
    assert_well_made(page)

    press(page, "Yes, use")
    expect(page.locator("h1")).to_have_text("Check your inbox")
    assert_well_made(page)


def test_the_page_with_the_snippets_is_well_made_and_shows_what_was_chosen(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.url}/courier/snippets")
    assert_well_made(page)

    page.get_by_label("the name").check()
    page.get_by_label("Harbour Lights").check()
    page.get_by_role("button", name="Show").click()

    assert "newsletters=lights" in page.locator("#frame-snippet").input_value()
    expect(page.frame_locator("iframe").get_by_label("Your name")).to_be_visible()
    assert_well_made(page)
