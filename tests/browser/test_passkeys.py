"""Passkeys in Chromium, with an authenticator that it plays itself: added, used, removed; and without a script."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from newsletter.core.db import db
from newsletter.core.settings import Settings
from tests import make
from tests.browser.well_made import assert_well_made
from tests.trips.stage import Stage, running

pytestmark = pytest.mark.browser

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def stage(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Stage]:
    # A passkey is bound to a name; a browser takes this one for safe without TLS.
    with running(settings, tmp_path, host="localhost") as stage:
        yield stage


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 320, "height": 640})
    yield context.new_page()
    context.close()


class Device:
    """The authenticator of this page's browser."""

    def __init__(self, page: Page) -> None:
        self._wire = page.context.new_cdp_session(page)
        self._wire.send("WebAuthn.enable")
        self._id = self._wire.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._wire.send("WebAuthn.getCredentials", {"authenticatorId": self._id})[
            "credentials"
        ]
        return found

    def verify(self, is_right: str) -> None:
        """From now on the finger is the right one, or with "" a stranger's."""
        self._wire.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": bool(is_right)}
        )


def submit(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def log_in(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.url}/console/login")
    page.get_by_label("E-mail address").fill("ines@desk.example")
    page.get_by_label("Password").fill(make.PASSWORD)
    submit(page, "Log in")


def add(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.url}/console/account/passkeys")
    assert_well_made(page)
    page.get_by_label("Name").fill("Phone at the quay")
    page.get_by_label("Your password").fill(make.PASSWORD)
    submit(page, "Go on")
    assert_well_made(page)
    submit(page, "Make the passkey")


def leave(page: Page) -> None:
    page.get_by_role("button", name="Menu").click()
    submit(page, "Log out")


def test_a_passkey_is_added_used_and_removed(stage: Stage, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    make.operator(stage.house, address="ines@desk.example")
    db.session.commit()
    device = Device(page)
    log_in(stage, page)
    add(stage, page)
    assert page.get_by_role("status").inner_text() == "The passkey is added. You are logged out everywhere else."
    assert page.get_by_text("Phone at the quay").first.is_visible()
    assert device.credentials()[0]["rpId"] == "localhost"
    leave(page)
    assert_well_made(page)

    submit(page, "Use a passkey")
    assert page.locator("h1").inner_text() == "Home"
    leave(page)
    page.goto(f"{stage.url}/console/account/passkeys")
    submit(page, "Use a passkey")
    assert page.locator("h1").inner_text() == "Your passkeys"
    assert "last used" in page.content()

    page.get_by_role("link", name="Remove").click()
    assert_well_made(page)
    page.get_by_label("Your password").fill(make.PASSWORD)
    submit(page, "Remove it")
    assert page.get_by_text("None yet.").is_visible()
    leave(page)
    assert page.get_by_role("button", name="Use a passkey").count() == 0
    assert said == []


def test_a_finger_that_is_not_theirs_opens_nothing_and_the_next_one_may(stage: Stage, page: Page) -> None:
    make.operator(stage.house, address="ines@desk.example")
    db.session.commit()
    device = Device(page)
    log_in(stage, page)
    add(stage, page)
    leave(page)
    device.verify("")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_text("No passkey was used.").wait_for()
    assert_well_made(page)

    device.verify("the right one")
    submit(page, "Use a passkey")

    assert page.locator("h1").inner_text() == "Home"


def test_without_a_script_the_password_is_the_way_in(stage: Stage, page: Page, browser: Browser) -> None:
    make.operator(stage.house, address="ines@desk.example")
    db.session.commit()
    Device(page)
    log_in(stage, page)
    add(stage, page)
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(f"{stage.url}/console/login")
    assert not page.get_by_text("Use a passkey").is_visible()
    page.get_by_label("E-mail address").fill("ines@desk.example")
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    assert page.locator("h1").inner_text() == "Home"
    page.goto(f"{stage.url}/console/account/passkeys")
    page.get_by_label("Name").fill("Phone")
    page.get_by_label("Your password").fill(make.PASSWORD)
    page.get_by_role("button", name="Go on").click()

    assert page.get_by_text("This browser knows no passkeys").is_visible()
    context.close()
