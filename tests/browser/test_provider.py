"""The provider in Chromium: there and back between two sites, with the cookies and policies of a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.mail.house import House
from tests import make
from tests.browser.well_made import assert_well_made
from tests.operators.provider import Provider, known
from tests.operators.provider import running as providing
from tests.trips.stage import Stage, running

pytestmark = pytest.mark.browser


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture
def stage(app: Flask, house: House, settings: Settings, tmp_path: Path, provider: Provider) -> Iterator[Stage]:
    # The provider is at 127.0.0.1, so to a browser they are two sites.
    chosen = known(house, provider, oidc_name="Harbour Press").settings
    with running(chosen, tmp_path, host="localhost") as stage:
        make.operator(stage.house, address="ines@desk.example")
        db.session.commit()
        provider.back = f"{stage.url}/console/login/provider/back"
        yield stage


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 320, "height": 640})
    yield context.new_page()
    context.close()


def test_there_and_back_to_where_one_wanted(stage: Stage, provider: Provider, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    provider.person = "ines@desk.example"
    page.goto(f"{stage.url}/console/audit")
    assert_well_made(page)
    page.get_by_role("link", name="Log in with Harbour Press").click()
    page.wait_for_url(f"{stage.url}/console/audit")

    assert "logged in by OpenID Connect" in page.content()
    page.goto(f"{stage.url}/console/account")
    assert page.locator("h1").inner_text() == "Your account"
    assert said == []


def test_who_is_no_operator_is_told_so(stage: Stage, provider: Provider, page: Page) -> None:
    provider.person = "stranger@desk.example"
    page.goto(f"{stage.url}/console/login")
    page.get_by_role("link", name="Log in with Harbour Press").click()
    page.get_by_role("alert").wait_for()

    assert "not among the operators" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Password").is_visible()
