"""People in the console, in a real browser: an import with dry run and undo, a story and an erasure; 320 px."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.operators.service import Browser as Seen
from newsletter.operators.service import log_in
from newsletter.subscriptions.models import GrowthCount
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make
from tests.browser.well_made import assert_well_made
from tests.trips.stage import Stage

pytestmark = pytest.mark.browser

WORD = "Signed up on the old site, 2021 to 2026, exported by Ines Marlow"
HEADER = "Email Address,First Name,State\n"
ROWS = f"{HEADER}ann@readers.example,Ann,subscribed\nbob@readers.example,Bob,vip\nnobody,Nil,vip\n"


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, stage: Stage, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 320, "height": 640}, color_scheme=request.param)
    who = make.operator(stage.house)
    key = log_in(who.address, make.PASSWORD, Seen("127.0.0.1", "Chromium"), stage.house).key
    context.add_cookies([{"name": "console", "value": key, "url": stage.url}])
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    yield page
    context.close()


def test_an_import_is_looked_at_changed_taken_in_and_taken_back(stage: Stage, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "members.csv"
    file.write_text(ROWS)
    page.goto(f"{stage.url}/console/imports")
    assert_well_made(page)
    page.get_by_label("File").set_input_files(file)
    page.get_by_label("Where and how did these people agree?").fill(WORD)
    page.get_by_role("button", name="Send in and look at it").click()
    # The part with the progress renews itself until the worker is done.
    expect(page.get_by_role("heading", name="What was recognised")).to_be_visible(timeout=20_000)
    assert_well_made(page)
    assert "not known: rejected" in page.get_by_label("vip 2 rows").inner_text()

    page.get_by_label("vip 2 rows").select_option("active")
    page.get_by_role("button", name="Look at it again").click()
    expect(page.get_by_role("button", name="Do exactly this")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Do exactly this").click()
    expect(page.get_by_role("link", name="To import 1")).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="To import 1").click()
    assert "2 pending" in page.locator("table").inner_text().replace("\u202f", " ")
    page.get_by_role("button", name="Take import 1 back").click()
    expect(page.get_by_role("status")).to_contain_text("being taken back")
    # The page was answered before the worker began; it does not renew itself.
    for _ in range(40):
        page.reload()
        if "undone" in page.locator("table").inner_text():
            break
        page.wait_for_timeout(500)
    assert "undone" in page.locator("table").inner_text()


def test_somebody_is_found_told_suppressed_let_go_and_erased(stage: Stage, page: Page) -> None:
    make.signed_up("ann@readers.example", stage.house, origin=make.form(form="footer", ip="192.0.2.7"))
    page.goto(f"{stage.url}/console/subscribers")
    assert_well_made(page)
    page.get_by_label("Address", exact=True).fill("ann@readers.example")
    page.get_by_role("button", name="Find").click()
    assert "ann" not in page.url
    assert "requested" in page.get_by_role("region", name="The story").inner_text()
    assert_well_made(page)

    page.get_by_text("Suppress it").click()
    page.get_by_label("Why").last.fill("asked for it by letter")
    page.get_by_role("button", name="Suppress", exact=True).click()
    assert "mailed nothing more" in page.get_by_role("status").inner_text()
    page.get_by_text("Let it be mailed again").first.click()
    page.get_by_label("Why").last.fill("it was another person")
    page.get_by_role("button", name="Mail it again").click()
    assert "may be mailed again" in page.get_by_role("status").inner_text()

    page.get_by_role("link", name="Erase this person").click()
    assert_well_made(page)
    page.get_by_label("Yes, erase").check()
    page.get_by_role("button", name="Erase for good").click()
    assert page.locator("h1").inner_text() == "Erased"
    assert_well_made(page)


def test_the_other_pages_are_well_made(stage: Stage, page: Page) -> None:
    of = make.newsletter("dawn", name="The Dawn")
    make.subscriptions(of, stage.house, 3)
    make.signed_up("ann@readers.example", stage.house, origin=make.form(form="footer"))
    key = suppress("k" * 32, Reason.HARD_BOUNCE, "550 5.1.1 no such user").address_key
    with transaction():
        weeks = [date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16), now().date()]
        rows = [
            {"newsletter_id": 1, "day": day, "joined": 40 + place, "left": 9} for place, day in enumerate(weeks)
        ]
        db.session.execute(insert(GrowthCount), rows)

    for path in (
        "/console/subscribers?newsletter=dawn&status=confirmed",
        "/console/subscribers?form=nowhere",
        "/console/subscribers?since=never",
        "/console/subscribers/acts/begin/unsubscribe?newsletter=dawn",
        "/console/subscribers/acts",
        "/console/suppressions",
        f"/console/suppressions/{key}",
        "/console/numbers?newsletter=courier",
        "/console/snippets/courier",
    ):
        page.goto(f"{stage.url}{path}")
        assert_well_made(page)


def test_it_all_works_where_no_script_runs(stage: Stage, browser: Browser, page: Page) -> None:
    of = make.newsletter("dawn", name="The Dawn")
    make.subscriptions(of, stage.house, 3)
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(
        [{"name": each["name"], "value": each["value"], "url": stage.url} for each in page.context.cookies()]
    )
    plain = context.new_page()
    plain.goto(f"{stage.url}/console/subscribers/acts/begin/unsubscribe?newsletter=dawn")
    plain.get_by_label("Why").fill("the newsletter has ended")
    with plain.expect_navigation():
        plain.get_by_role("button", name="Unsubscribe 3").click()
    for _ in range(40):
        plain.reload()
        if "done" in plain.get_by_role("status").inner_text():
            break
        plain.wait_for_timeout(500)
    assert "3 of 3 people" in plain.get_by_role("status").inner_text()
    context.close()
