"""Past editions and articles in a real browser: 320 px wide, light and dark, and nothing for axe to find."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page

from newsletter.articles.models import Article
from newsletter.articles.service import describe_author
from newsletter.core.clock import now
from newsletter.core.db import transaction
from newsletter.editions import service
from newsletter.editions.policy import EditionStatus, Layout
from newsletter.newsletters.queries import newsletter
from tests import make
from tests.browser.well_made import assert_well_made
from tests.trips.stage import Stage, get

pytestmark = pytest.mark.browser

BODY = (
    "<p>The boat left at noon.</p><h3>Why it was laid up</h3><p>A shaft was bent, and a word as long as "
    f"{'verylong' * 20} was said.</p><ul><li>One</li><li>Two</li></ul><blockquote><p>It floats.</p></blockquote>"
    f"<table><tr><th>Day</th>{'<td>12:00</td>' * 12}</tr></table><pre>{'x' * 200}</pre>"
)
LONG = "https://harbour.example/" + "path/" * 60


def picture(stage: Stage) -> str:
    """One that is really there: the icon of our own pages."""
    found = re.search(r"/static/favicon\.\w+\.svg", get(stage.url)[1])
    assert found
    return stage.url + found.group()


def printed(stage: Stage) -> list[Article]:
    """Some editions that have gone out, the last one of several articles that are hard to set."""
    of, source = newsletter("courier"), make.source()
    make.digest(of, [source])
    describe_author("Ines Marlow", "Has written about the harbour since 2009.", LONG)
    articles = [
        make.article(source, "Ferry runs again", body_html=BODY, image_url=picture(stage), image_alt="A boat"),
        make.article(
            source, "Harbour" * 30, url=LONG, author="von" * 40, topics=["Topic" * 12], image_url=picture(stage)
        ),
        make.article(source, "ميناء المدينة يستقبل أول سفينة كهربائية هذا الصباح", summary_text=""),
    ]
    for number in range(25):
        end = now() - timedelta(days=25 - number)
        edition = service.draft(of.id, service.Window(end - timedelta(days=1), end), articles[number % 3 :])
        with transaction():
            edition.status = EditionStatus.SENT
    layout = Layout(
        sections={each.id: "Coast" for each in articles[1:]},
        notes={"": "Good *morning*.", "Coast": f"Wind from the [west]({LONG})."},
    )
    last = service.draft(of.id, service.Window(now() - timedelta(days=1), now()), articles, layout)
    with transaction():
        last.status = EditionStatus.SENT
    service.index_all()
    return articles


def test_the_archive_is_found_searched_and_turned(stage: Stage, page: Page) -> None:
    printed(stage)
    page.goto(f"{stage.url}/courier")
    page.get_by_role("link", name="Read the past editions").click()
    assert page.locator("h1").inner_text() == "Past editions"
    assert_well_made(page)

    page.get_by_role("link", name="Older editions").click()
    assert page.locator(".issues li").count() == 6
    assert_well_made(page)

    page.locator("#q").fill("ferry")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=ferry")
    assert page.locator(".issues li").count() == 10
    assert_well_made(page)


def test_an_edition_and_its_articles_are_well_made(stage: Stage, page: Page) -> None:
    articles = printed(stage)
    page.goto(f"{stage.url}/courier/archive/26")
    assert page.locator(".stories article").count() == 3
    assert page.evaluate("document.querySelector('.lead img').naturalWidth") > 0
    assert_well_made(page)

    for article in articles:
        page.goto(f"{stage.url}/articles/{article.id}/x")
        assert page.locator("h1").inner_text() == article.title
        assert_well_made(page)


@pytest.mark.parametrize("path", ["/courier/archive", "/courier/archive?q=nothing", "/courier/archive?before=1"])
def test_what_is_empty_is_well_made_too(stage: Stage, page: Page, path: str) -> None:
    page.goto(stage.url + path)

    assert_well_made(page)


def test_the_form_under_an_article_signs_up(stage: Stage, page: Page) -> None:
    article = printed(stage)[0]
    page.goto(f"{stage.url}/articles/{article.id}/ferry-runs-again")
    page.locator("#email").fill("ann@example.org")
    # Whoever is faster than people are is taken for a machine.
    page.wait_for_timeout(2100)
    page.keyboard.press("Enter")
    page.wait_for_url("**/check-your-inbox")

    assert stage.mail_for("ann@example.org", "Auto-Submitted").raw
