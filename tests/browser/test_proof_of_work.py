"""The proof of work in a real browser: nobody sees it, everybody can wait for it, and nothing else is asked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, Response
from playwright.sync_api import Browser, Page, Route
from sqlalchemy import select

from newsletter.core.db import db
from newsletter.core.settings import ProofOfWork, Settings
from newsletter.subscriptions.models import SignUp
from newsletter.subscriptions.policy.budgets import Trust
from tests import make
from tests.browser.test_public_pages import submit
from tests.browser.well_made import assert_well_made
from tests.trips.stage import Stage, running

pytestmark = pytest.mark.browser


@pytest.fixture
def stage(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Stage]:
    asking = replace(settings, proof_of_work=ProofOfWork(20_000, is_required=True))
    with running(asking, tmp_path) as stage:
        make.newsletter()
        db.session.commit()
        yield stage


def test_who_signs_up_by_keyboard_does_not_notice_it(stage: Stage, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(f"{stage.url}/courier")
    assert_well_made(page)
    page.locator("#email").focus()
    page.keyboard.type("ann@example.org")
    # Whoever is faster than people are is taken for a machine.
    page.wait_for_timeout(2100)
    submit(page)

    assert page.locator("h1").inner_text() == "Check your inbox"
    assert stage.mail_for("ann@example.org", "Auto-Submitted").raw
    assert complaints == []
    assert all(each.startswith(stage.url) for each in asked)
    assert len([each for each in asked if each.endswith("/courier/challenge.json")]) == 1


def test_who_is_faster_than_the_browser_is_told_what_it_waits_for(stage: Stage, page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/challenge.json", hold)
    page.goto(f"{stage.url}/courier")
    page.locator("#email").fill("ann@example.org")
    page.wait_for_timeout(2100)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    page.get_by_role("status").filter(has_text="your browser solves a small task").wait_for()
    assert_well_made(page)
    [waiting] = held
    waiting.continue_()
    page.wait_for_url("**/check-your-inbox")


def test_who_comes_back_and_signs_up_again_has_a_new_proof(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.url}/courier")
    for name in ("ann", "bob"):
        page.locator("#email").fill(f"{name}@example.org")
        page.wait_for_timeout(2100)
        submit(page)
        assert stage.mail_for(f"{name}@example.org", "Auto-Submitted").raw
        page.go_back()


@pytest.fixture
def site() -> Flask:
    """A page of somebody else, which lets our scripts in and nothing else."""
    site = Flask("somebody else's site")

    @site.get("/")
    def front() -> Response:
        ours = site.config["OURS"]
        text = (
            f'<!doctype html><html lang="en"><title>Paper</title><main><h1>Paper</h1>{site.config["BODY"]}</main>'
        )
        policy = f"default-src 'none'; script-src {ours}; connect-src {ours}; form-action {ours}"
        return Response(text, mimetype="text/html", headers={"Content-Security-Policy": policy})

    return site


def test_the_script_on_another_site_brings_the_proof_along(
    app: Flask, settings: Settings, site: Flask, tmp_path: Path, page: Page
) -> None:
    asking = replace(settings, proof_of_work=ProofOfWork(20_000, is_required=True))
    with running(asking, tmp_path, site) as stage:
        make.newsletter()
        db.session.commit()
        site.config.update(OURS=stage.url, BODY=f'<script src="{stage.url}/embed/courier.js" async></script>')
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(stage.app.config["FEEDS_URL"])
        page.locator("form[data-ready]").wait_for()
        assert not [each for each in asked if "proof" in each or "challenge" in each]

        page.locator("[name=email]").fill("ann@example.org")
        page.keyboard.press("Enter")
        page.locator(".newsletter-answer").filter(has_text="Check your inbox").wait_for()

        assert stage.mail_for("ann@example.org", "Auto-Submitted").raw
        assert db.session.scalars(select(SignUp.trust)).one() == Trust.SIGNED
        db.session.rollback()


def test_without_javascript_the_page_says_what_it_needs(stage: Stage, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{stage.url}/courier")

    assert "This form needs JavaScript" in page.locator("noscript").inner_text()
    page.locator("#email").fill("ann@example.org")
    page.wait_for_timeout(2100)
    page.locator("button").click()
    assert "Please switch it on" in page.locator("[role=alert]").inner_text()
    context.close()
