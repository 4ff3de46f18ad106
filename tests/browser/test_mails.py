"""Each golden mail in a real browser: nothing for axe to find, no scrolling sideways, buttons for thumbs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

GOLDEN = Path(__file__).parents[1] / "mail" / "golden"
MAILS = sorted(GOLDEN.rglob("*.html"))


@pytest.fixture(scope="module", params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 320, "height": 640}, color_scheme=request.param)
    opened = context.new_page()
    opened.route("**/*", lambda route: route.continue_() if route.request.url[:5] == "file:" else route.abort())
    yield opened
    context.close()


@pytest.mark.parametrize("mail", MAILS, ids=lambda path: path.stem)
def test_a_mail_is_well_made(page: Page, mail: Path) -> None:
    page.goto(mail.as_uri())

    # A mail has no landmarks: the mail program around it has them.
    rules = {name: {"enabled": False} for name in ("region", "landmark-one-main")}
    found = Axe().run(page, options={"rules": rules})
    said = [(each["id"], [node["target"] for node in each["nodes"]]) for each in found.response["violations"]]
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("h1").count() == 1
    for button in page.locator("a.button").all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= 44
