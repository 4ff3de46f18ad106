"""A reader's own pages in a real browser: keyboard only, 320 px wide, light and dark, nothing for axe to find."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page

from newsletter.core.clock import now
from tests.browser.test_public_pages import link_in, submit
from tests.browser.well_made import assert_well_made
from tests.trips.stage import Stage

pytestmark = pytest.mark.browser

_IS_THERE = """name => ['A', 'BUTTON'].includes(document.activeElement.tagName)
    && document.activeElement.textContent.includes(name)"""


def reach(page: Page, name: str) -> None:
    """Tab to the button or link of this name, as somebody without a mouse does."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(_IS_THERE, name):
            return
    problem = f"There is no way to '{name}' by keyboard."
    raise AssertionError(problem)


def press(page: Page, name: str) -> None:
    reach(page, name)
    submit(page)


def type_into(page: Page, field: str, text: str) -> None:
    """Tab to the field of this id and type."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == field:
            page.keyboard.type(text)
            return
    problem = f"There is no way to #{field} by keyboard."
    raise AssertionError(problem)


def subscribed(stage: Stage, page: Page, address: str) -> str:
    """Somebody has signed up and confirmed; the link of their preferences."""
    page.goto(f"{stage.url}/courier")
    page.locator("#email").focus()
    page.keyboard.type(address)
    # Whoever is faster than people are is taken for a machine.
    page.wait_for_timeout(2100)
    submit(page)
    page.goto(link_in(stage, address, "confirm", "Auto-Submitted"))
    press(page, "Yes, subscribe me")
    return link_in(stage, address, "preferences", "Subject: Welcome")


def account(stage: Stage, page: Page, address: str) -> None:
    """Their page by a fresh link, which they have asked for."""
    page.goto(subscribed(stage, page, address))
    press(page, "Mail me a fresh link")
    assert_well_made(page)
    page.goto(link_in(stage, address, "account", "Subject: Your link"))
    assert_well_made(page)


def test_a_reader_wishes_pauses_goes_on_and_leaves(stage: Stage, page: Page) -> None:
    page.goto(subscribed(stage, page, "ann@example.org"))
    assert_well_made(page)
    type_into(page, "topics-courier", "Harbour, Sport")
    press(page, "Save")
    assert page.evaluate("document.activeElement.textContent") == "Saved."
    assert page.locator("#topics-courier").input_value() == "Harbour, Sport"
    assert_well_made(page)

    day = now() + timedelta(days=30)
    type_into(page, "until-courier", f"{day:%m%d%Y}")
    press(page, "Pause")
    assert f"{day.day} {day:%B %Y}" in page.locator(".standing").inner_text()
    assert_well_made(page)
    press(page, "Go on now")
    assert page.locator(".notice").inner_text() == "It goes on."

    press(page, "Unsubscribe")
    assert "Not subscribed" in page.locator(".standing").inner_text()
    assert_well_made(page)


def test_the_page_for_leaving_leads_to_less_instead(stage: Stage, page: Page) -> None:
    subscribed(stage, page, "ann@example.org")
    page.goto(link_in(stage, "ann@example.org", "unsubscribe", "Subject: Welcome"))
    assert_well_made(page)

    press(page, "Pause it")
    assert page.locator("h1").inner_text() == "Your newsletters"
    assert_well_made(page)


def test_a_fresh_link_opens_ones_own_page_and_erases_in_two_steps(stage: Stage, page: Page) -> None:
    account(stage, page, "bob@example.org")
    type_into(page, "name", "Bob")
    press(page, "Save what you said")
    assert page.locator("#name").input_value() == "Bob"

    reach(page, "Download it (JSON)")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert '"bob@example.org"' in download.value.path().read_text()

    press(page, "Erase everything about me")
    assert page.locator("h1").inner_text() == "Erase everything?"
    assert_well_made(page)
    press(page, "Yes, erase everything")
    assert page.locator("h1").inner_text() == "Everything is erased"
    assert_well_made(page)


def test_another_address_is_proven_in_its_inbox(stage: Stage, page: Page) -> None:
    account(stage, page, "cleo@example.org")
    type_into(page, "email", "cleo at home")
    press(page, "Change my address")
    assert page.evaluate("document.activeElement.id") == "email"
    assert_well_made(page)

    page.keyboard.press("Control+A")
    page.keyboard.type("cleo@new.example.org")
    press(page, "Change my address")
    assert page.locator("h1").inner_text() == "Check your new inbox"
    assert_well_made(page)
    page.goto(link_in(stage, "cleo@new.example.org", "email-change", "Subject: Is this your new"))
    assert_well_made(page)
    press(page, "Yes, write to me here")
    assert page.locator("h1").inner_text() == "Your address is changed"
    assert_well_made(page)
    assert stage.mail_for("cleo@example.org", "Subject: Your address was changed").raw
