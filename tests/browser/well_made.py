"""What holds for every page, whoever reads it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def assert_well_made(page: Page) -> None:
    """No finding of axe, no sideways scrolling at 320 px, one h1."""
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    assert page.locator("h1").count() == 1, page.url
