"""The public pages in a real browser: keyboard only, 320 px wide, light and dark, and nothing for axe to find."""

import re

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.well_made import assert_well_made
from tests.trips.stage import Stage

pytestmark = pytest.mark.browser


def link_in(stage: Stage, address: str, purpose: str, having: str) -> str:
    text = stage.mail_for(address, having).raw.replace(b"=\r\n", b"").decode()
    found = re.search(rf"http://[\w.:]+/{purpose}/[\w.-]+", text)
    assert found
    return found.group()


def submit(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def press(page: Page, name: str) -> None:
    """Tab to the button of this name and press Enter, as somebody without a mouse does."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if name in page.evaluate("document.activeElement.textContent"):
            submit(page)
            return
    problem = f"There is no way to '{name}' by keyboard."
    raise AssertionError(problem)


def test_sign_up_confirm_and_unsubscribe_by_keyboard_alone(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.url}/courier")
    assert_well_made(page)
    page.locator("#email").focus()
    page.keyboard.type("ann@example.org")
    # Whoever is faster than people are is taken for a machine.
    page.wait_for_timeout(2100)
    submit(page)
    assert page.locator("h1").inner_text() == "Check your inbox"
    assert_well_made(page)

    page.goto(link_in(stage, "ann@example.org", "confirm", "Auto-Submitted"))
    assert_well_made(page)
    press(page, "Yes, subscribe me")
    assert page.locator("h1").inner_text() == "You are subscribed"
    assert_well_made(page)

    page.goto(link_in(stage, "ann@example.org", "unsubscribe", "Subject: Welcome"))
    assert_well_made(page)
    press(page, "Unsubscribe")
    assert page.locator("h1").inner_text() == "You are unsubscribed"
    assert_well_made(page)


def test_a_mistake_is_named_at_the_top_and_at_the_field(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.url}/courier")
    page.locator("#email").fill("ann at example")
    submit(page)

    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert page.locator("#email").get_attribute("aria-invalid") == "true"
    assert page.locator("#email").input_value() == "ann at example"
    assert_well_made(page)


@pytest.mark.parametrize(("button", "address"), [("Yes, use", "ann@gmail.com"), ("No, keep", "ann@gmial.com")])
def test_a_slip_is_asked_about_and_answered_by_keyboard(
    stage: Stage, page: Page, button: str, address: str
) -> None:
    page.goto(f"{stage.url}/courier")
    page.locator("#email").focus()
    page.keyboard.type("ann@gmial.com")
    # Whoever is faster than people are is taken for a machine.
    page.wait_for_timeout(2100)
    submit(page)
    assert page.locator("h1").inner_text() == "Is this your address?"
    assert_well_made(page)

    press(page, button)
    assert page.locator("h1").inner_text() == "Check your inbox"
    assert stage.mail_for(address, "Auto-Submitted").raw


def test_a_long_address_that_looks_mistyped_fits_too(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.url}/courier")
    page.locator("#email").fill(f"{'long.' * 12}ann@hotmial.co.uk")
    submit(page)

    assert page.locator("h1").inner_text() == "Is this your address?"
    assert_well_made(page)


@pytest.mark.parametrize("path", ["/", "/nowhere", "/confirm/damaged", "/unsubscribe/damaged"])
def test_every_other_page_is_well_made(stage: Stage, page: Page, path: str) -> None:
    page.goto(stage.url + path)

    assert_well_made(page)


def test_everything_works_without_a_script(stage: Stage, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{stage.url}/courier")
    page.locator("#email").fill("bob@example.org")
    page.locator("form button").click()

    assert "Check your inbox" in page.content()
    context.close()
