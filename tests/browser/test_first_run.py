"""First run in a real browser: from a one-time link, in five steps, to a real test mail in the inbox."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.operators.policy import Role
from newsletter.operators.service import Post, add_operator
from tests import make
from tests.browser.newsrooms import feeds
from tests.browser.test_public_pages import submit
from tests.browser.well_made import assert_well_made
from tests.trips.stage import Stage, running

pytestmark = pytest.mark.browser

INES = "ines@desk.example"


@pytest.fixture
def stage(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Stage]:
    """An installation with nothing in it, that asks everybody for a second factor."""
    with running(replace(settings, second_factor="everybody"), tmp_path, feeds()) as stage:
        yield stage


def one_time_link(stage: Stage) -> str:
    """As `newsletter init` prints it."""
    _, made = add_operator((INES, "Ines Marlow"), Post(Role.OWNER), None, stage.house)
    db.session.commit()
    return made


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def go_on(page: Page, stage: Stage, done: int, label: str) -> None:
    """From the first page to the next step, when so many are done."""
    page.goto(f"{stage.url}/console")
    assert page.locator("h1").inner_text() == "Home"
    expect(page.get_by_text(f"{done} of 5 done")).to_be_visible()
    assert_well_made(page)
    page.get_by_role("link", name=label, exact=True).click()
    page.wait_for_load_state()


def come_in(page: Page, stage: Stage) -> None:
    page.goto(one_time_link(stage))
    assert_well_made(page)
    page.get_by_label("New password").fill(make.PASSWORD)
    press(page, "Come in")
    assert page.locator("h1").inner_text() == "Set up a second factor"
    assert_well_made(page)
    page.get_by_text("It cannot be scanned?").click()
    phone = pyotp.TOTP(page.locator(".secret").inner_text().replace(" ", ""))
    page.get_by_label("Code from the app").fill(phone.at(now() - timedelta(seconds=30)))
    page.get_by_label("Your password").fill(make.PASSWORD)
    press(page, "Turn it on")
    assert page.locator("h1").inner_text() == "Your recovery codes"


def found(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("The Harbour Courier")
    page.get_by_label("Sender's address").fill("post@courier.example")
    page.get_by_label("Postal address").fill("Quay 1\n1234 Port Example")
    page.get_by_label("Last part of its address").fill("courier")
    press(page, "Start it")
    assert page.url.endswith("/console/newsletters/courier")
    assert_well_made(page)


def read_source(page: Page, stage: Stage) -> None:
    page.get_by_label("Web address").fill(f"{stage.app.config['FEEDS_URL']}/news.xml")
    press(page, "Add and read it")
    expect(page.get_by_text("4 new articles")).to_be_visible()


def make_digest(page: Page) -> None:
    page.get_by_label("Short name").fill("morning")
    page.get_by_label("When").fill("weekdays at half past six")
    page.get_by_role("checkbox").check()
    press(page, "Show the times first")
    expect(page.get_by_role("alert")).to_contain_text("is no")
    page.get_by_label("When").fill("weekdays at 06:30")
    press(page, "Show the times first")
    expect(page.locator(".times li")).to_have_count(10)
    assert_well_made(page)
    press(page, "Add it")
    assert page.url.endswith("/console/digests/morning")


def choose_look(page: Page) -> None:
    look = page.locator("#look")
    look.get_by_label("Theme").select_option("letter")
    look.get_by_label("One line under the name").fill("News of the port")
    with page.expect_navigation():
        look.get_by_role("button", name="Keep it").click()
    assert_well_made(page)


def put_form_on_site(page: Page, stage: Stage) -> None:
    """The snippet is there to be copied; a reader signs up on the page that the form posts to."""
    assert "/embed/courier.js" in page.content()
    assert_well_made(page)
    page.goto(f"{stage.url}/courier")
    page.locator("#email").fill("ann@example.org")
    # Whoever is faster than people are is taken for a machine.
    page.wait_for_timeout(2100)
    page.locator("#email").focus()
    submit(page)
    stage.mail_for("ann@example.org", "confirm")


def test_from_a_one_time_link_to_a_test_mail_in_five_steps(stage: Stage, page: Page) -> None:
    come_in(page, stage)
    go_on(page, stage, 0, "Start it")
    found(page)
    go_on(page, stage, 1, "Add a source")
    read_source(page, stage)
    go_on(page, stage, 1, "Make a digest")
    make_digest(page)
    go_on(page, stage, 2, "Choose the look")
    choose_look(page)
    go_on(page, stage, 3, "Copy the snippet")
    put_form_on_site(page, stage)
    go_on(page, stage, 4, "Run the digest")
    page.get_by_text("Run it now").first.click()
    press(page, "Run it now")
    go_on(page, stage, 4, "Send a test")
    page.locator("#try").get_by_label("Address").fill(INES)
    press(page, "Send a test")
    assert_well_made(page)

    mail = message_from_bytes(stage.mail_for(INES, "Ferry runs again").raw, policy=policy.default)
    assert mail["From"] == "The Harbour Courier <post@courier.example>"
    assert mail["Subject"].startswith("[Draft] Ferry runs again")
    text = mail.get_body(("html",))
    assert text
    assert "News of the port" in text.get_content()
    page.goto(f"{stage.url}/console")
    expect(page.get_by_role("heading", name="First steps")).to_have_count(0)
    assert page.title() != "pwned"


def test_the_link_opens_once_and_no_step_is_taken_without_the_factor(stage: Stage, browser: Browser) -> None:
    link = one_time_link(stage)
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.get_by_label("New password").fill(make.PASSWORD)
    press(page, "Come in")
    for path in ("/console", "/console/newsletters", "/console/sources"):
        page.goto(stage.url + path)
        assert page.url.endswith("/console/account/second-factor")
    context.close()
    other = browser.new_context()
    again = other.new_page()
    again.goto(link)
    assert again.get_by_label("New password").count() == 0
    other.close()
