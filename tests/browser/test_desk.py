"""A morning at the desk in a real browser: from a source to the last recipient, by keyboard, on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.delivery.queries import ledger
from newsletter.editions.queries import edition
from newsletter.newsletters.models import Newsletter
from tests import make
from tests.browser.newsrooms import READERS, TAKEN, log_in, newsroom
from tests.browser.test_preferences import reach, type_into
from tests.browser.test_public_pages import submit
from tests.browser.well_made import assert_well_made
from tests.fakes import SmtpServer
from tests.trips.stage import Stage, awaited

pytestmark = pytest.mark.browser

SECONDS = 1000


@pytest.fixture
def room(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[tuple[Stage, SmtpServer]]:
    with newsroom(settings, tmp_path) as found:
        yield found


def press(page: Page, name: str) -> None:
    """Tab to the button, link or summary of this name and press Enter, as somebody without a mouse does."""
    reach_any(page, name)
    submit(page)


def reach_any(page: Page, name: str) -> None:
    for _ in range(120):
        page.keyboard.press("Tab")
        label = page.evaluate("""() => {
            const it = document.activeElement;
            return it.getAttribute('aria-label') || it.textContent;
        }""")
        if label.strip().startswith(name):
            return
    problem = f"There is no way to '{name}' by keyboard."
    raise AssertionError(problem)


def opened(page: Page, name: str) -> None:
    reach_any(page, name)
    page.keyboard.press("Enter")


def count(page: Page, state: str) -> int:
    return int(page.locator(f'[data-state="{state}"]').get_attribute("data-count") or -1)


def digest_is_made(stage: Stage, page: Page) -> None:
    """By keyboard: the source is added and read, and a digest of it that waits for approval."""
    page.goto(f"{stage.url}/console/sources")
    assert_well_made(page)
    type_into(page, "url", f"{stage.app.config['FEEDS_URL']}/news.xml")
    submit(page)
    expect(page.get_by_role("status").first).to_contain_text("4 new articles")
    assert_well_made(page)
    page.goto(f"{stage.url}/console/digests")
    assert_well_made(page)
    press(page, "Add a digest")
    assert_well_made(page)
    type_into(page, "slug", "morning")
    type_into(page, "when", "weekdays at 06:30")
    type_into(page, "timezone", "UTC")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    press(page, "Add it")
    assert page.url.endswith("/console/digests/morning")
    assert_well_made(page)


def edition_is_drafted(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.url}/console/sources")
    page.locator("#url").fill(f"{stage.app.config['FEEDS_URL']}/news.xml")
    page.get_by_role("button", name="Add and read it").click()
    page.goto(f"{stage.url}/console/digests/+add")
    page.locator("#slug").fill("morning")
    page.locator("#when").fill("hourly")
    page.locator("[name=sources]").check()
    page.get_by_role("button", name="Add it").click()
    page.get_by_text("Run it now", exact=True).first.click()
    page.get_by_role("button", name="Run it now").click()


def test_a_second_subject_is_given_and_decided(room: tuple[Stage, SmtpServer], page: Page) -> None:
    stage, _ = room
    make.subscriptions(db.session.query(Newsletter).one(), stage.house, 110)
    db.session.commit()
    log_in(stage, page)
    edition_is_drafted(stage, page)
    expect(page.locator(".badge").first).to_have_text("held")
    opened(page, "Try a second subject")
    assert_well_made(page)
    type_into(page, "other_subject", "Who pays for the ferry, and when?")
    submit(page)
    expect(page.get_by_text("Two subjects are tried")).to_be_visible()
    assert_well_made(page)

    page.get_by_role("button", name="Approve").click()
    awaited(lambda: edition(1).mailing_id)
    page.goto(page.url.partition("#")[0])
    expect(page.get_by_role("heading", name="Two subjects")).to_be_visible()
    assert_well_made(page)
    page.get_by_role("button", name="Let the rest have: Who pays").click()
    expect(page.get_by_text("Decided because an operator chose it")).to_be_visible()
    assert_well_made(page)


def test_from_a_source_to_the_last_recipient(room: tuple[Stage, SmtpServer], page: Page) -> None:
    stage, server = room
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    log_in(stage, page)
    digest_is_made(stage, page)
    opened(page, "Run it now")
    press(page, "Run it now")

    assert re.search(r"/console/editions/\d+$", page.url)
    expect(page.locator(".badge").first).to_have_text("held")
    assert_well_made(page)
    press(page, "Down: Ferry runs again")
    assert page.locator("[data-article]").first.inner_text().startswith("Council meets")
    press(page, "Drop: Race is won")
    assert page.locator("[data-article]").count() == 3
    page.locator("#subject").fill("")
    type_into(page, "subject", "The ferry is back")
    submit(page)
    assert page.locator("h1").inner_text() == "The ferry is back"
    assert_well_made(page)

    press(page, "Approve")
    awaited(lambda: edition(1).mailing_id)
    page.goto(page.url.partition("#")[0])
    expect(page.locator(".badge").first).to_have_text("sending")
    assert_well_made(page)
    # Nobody reloads the page from here on.
    page.evaluate("window.isTheSame = true")
    expect(page.locator('[data-state="accepted"]')).not_to_have_text(re.compile("^[0-4]$"), timeout=20 * SECONDS)
    assert page.evaluate("window.isTheSame")

    press(page, "Pause")
    expect(page.locator(".badge").first).to_have_text("paused")
    assert_well_made(page)
    page.wait_for_timeout(2500)
    still = len(server.received)
    page.wait_for_timeout(1500)
    assert len(server.received) == still == count(page, "accepted") < TAKEN
    press(page, "Go on")
    page.evaluate("window.isTheSame = true")
    expect(page.locator('[data-state="accepted"]')).to_have_text(str(TAKEN), timeout=30 * SECONDS)
    expect(page.locator('[data-state="deferred"]')).to_have_text("2", timeout=10 * SECONDS)
    assert page.evaluate("window.isTheSame")
    assert_well_made(page)

    shown = {state: count(page, state) for state in ledger(1).as_dict()}
    assert shown == ledger(edition(1).mailing_id or 0).as_dict()
    assert shown["audience"] == READERS == sum(shown.values()) - READERS
    assert len(server.received) == len({each.recipient for each in server.received}) == TAKEN
    assert (wrong, page.title() == "pwned") == ([], False)


def test_every_page_is_well_made_and_runs_nothing(room: tuple[Stage, SmtpServer], page: Page) -> None:
    stage, _ = room
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    log_in(stage, page)
    for path in ("editions", "digests", "digests/+add", "sources", "articles"):
        page.goto(f"{stage.url}/console/{path}")
        assert_well_made(page)
    digest_is_made(stage, page)
    page.locator("#rule").fill('colour = "</textarea><script>document.title = 1</script>"')
    press(page, "Keep the rule")
    assert page.evaluate("document.activeElement.id") == "rule"
    assert_well_made(page)
    page.goto(f"{stage.url}/console/digests/morning")
    opened(page, "Run it now")
    press(page, "Run it now")
    at_desk = page.url
    for path in ("editions", "articles", "articles?q=quay", "sources/1", "digests", "editions/1"):
        page.goto(f"{stage.url}/console/{path}")
        assert_well_made(page)
        assert page.title() != "pwned"
    for name in ("Dark", "No pictures"):
        reach(page, name)
        with page.expect_response("**/preview?**"):
            page.keyboard.press("Enter")
        expect(page.get_by_role("link", name=name)).to_have_attribute("aria-current", "true")
    assert page.url.partition("#")[0] == at_desk
    assert_well_made(page)
    frame = page.frame_locator(".phone iframe")
    expect(frame.locator("h1")).to_have_text("The Courier")
    assert wrong == []


def test_who_gets_no_seat_is_kept_up_to_date_all_the_same(room: tuple[Stage, SmtpServer], page: Page) -> None:
    stage, _ = room
    log_in(stage, page)
    digest_is_made(stage, page)
    opened(page, "Run it now")
    press(page, "Run it now")
    press(page, "Approve")
    awaited(lambda: edition(1).mailing_id)
    page.route("**/stream", lambda route: route.fulfill(status=503))
    page.goto(page.url.partition("#")[0])
    page.evaluate("window.isTheSame = true")

    expect(page.locator('[data-state="accepted"]')).to_have_text(str(TAKEN), timeout=30 * SECONDS)

    assert page.evaluate("window.isTheSame")


def test_without_a_script_everything_works_but_dragging(room: tuple[Stage, SmtpServer], browser: Browser) -> None:
    stage, server = room
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(f"{stage.url}/console/login")
    log_in(stage, page)
    edition_is_drafted(stage, page)
    page.get_by_role("link", name="Dark").click()
    assert "light=dark" in page.url
    page.get_by_role("button", name="Approve").click()
    awaited(lambda: edition(1).mailing_id)
    page.goto(page.url.partition("?")[0].partition("#")[0])

    # The page loads itself anew.
    expect(page.locator('[data-state="accepted"]')).to_have_text(str(TAKEN), timeout=40 * SECONDS)
    assert len(server.received) == TAKEN
    context.close()


def test_an_article_is_dragged_to_another_place(room: tuple[Stage, SmtpServer], browser: Browser) -> None:
    stage, _ = room
    context = browser.new_context(viewport={"width": 1280, "height": 2200})
    page = context.new_page()
    log_in(stage, page)
    edition_is_drafted(stage, page)
    items = page.locator("[data-article]")
    titles = items.all_inner_texts()

    with page.expect_navigation():
        items.nth(0).drag_to(items.nth(2), target_position={"x": 20, "y": 55})

    moved = items.all_inner_texts()
    assert [each.partition("\n")[0] for each in moved] == [
        titles[place].partition("\n")[0] for place in (1, 2, 0, 3)
    ]
    context.close()
