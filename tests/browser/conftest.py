"""One Chromium for all of these tests, a service with one newsletter, and a page of 320 px by day and by night."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from newsletter.core.db import db
from newsletter.core.settings import Settings
from tests import make
from tests.trips.stage import Stage, running

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 320, "height": 640}, color_scheme=request.param)
    yield context.new_page()
    context.close()


@pytest.fixture
def stage(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Stage]:
    """With the Courier."""
    with running(settings, tmp_path) as stage:
        make.newsletter()
        db.session.commit()
        yield stage
