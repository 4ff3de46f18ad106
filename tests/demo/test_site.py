"""The paper's web site."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
import time_machine
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from newsletter.core.clock import now
from newsletter.demo.newsroom import Newsroom
from newsletter.demo.site import PaperSite, make_app

STARTED = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
NEWSLETTER = "http://127.0.0.1:8022/courier"
ARTICLE = "/articles/gale-warning-for-skerry-south-westerly-force-eight-by-evening"
TO_COME = "/articles/harbour-office-launches-a-search-for-its-own-flag"


@pytest.fixture(scope="module")
def newsroom() -> Newsroom:
    return Newsroom(STARTED)


@pytest.fixture
def client(newsroom: Newsroom) -> Iterator[FlaskClient]:
    with time_machine.travel(STARTED + timedelta(minutes=5), tick=False):
        yield make_app(newsroom, NEWSLETTER).test_client()


def test_an_article_page_has_everything_from_dateline_to_author(client: FlaskClient) -> None:
    page = client.get(ARTICLE).text

    assert "Saturday, 14 March 2026, 08.36" in page
    assert "Priya Nandan" in page
    assert "Source: The Wrenmouth Courier" in page
    assert "About the Author" in page
    assert "/pictures/storm.png" in page


def test_the_form_under_an_article_posts_an_address_to_the_newsletter(client: FlaskClient) -> None:
    form = LexborHTMLParser(client.get(ARTICLE).text).css_first("form")

    assert form is not None
    assert form.attributes["action"] == f"{NEWSLETTER}/subscribe"
    assert form.attributes["method"] == "post"
    assert form.css_first("input[type=email][name=email][required]") is not None


def test_an_article_whose_time_has_not_come_is_nowhere(client: FlaskClient) -> None:
    assert client.get(TO_COME).status_code == 404
    assert TO_COME not in client.get("/").text


def links(client: FlaskClient, path: str) -> set[str]:
    """The paths on this site that a page mentions; none for what is no page."""
    with client.get(path) as answer:
        assert answer.status_code == 200, path
        if answer.mimetype != "text/html":
            return set()
        nodes = LexborHTMLParser(answer.get_data(as_text=True)).css("a, link, img")
    targets = {node.attributes.get("src") or node.attributes.get("href") or "" for node in nodes}
    return {target for target in targets if target.startswith("/")}


def test_every_page_that_the_site_links_to_exists(client: FlaskClient) -> None:
    seen: set[str] = set()
    waiting = {"/"}
    while waiting:
        seen |= waiting
        waiting = {found for path in waiting for found in links(client, path)} - seen

    assert len([path for path in seen if path.startswith("/articles/")]) > 90


@pytest.mark.parametrize(
    "path", ["/articles/none", "/desks/none", "/staff/none", "/pictures/none.png", "/pictures/../paper.toml"]
)
def test_what_does_not_exist_is_a_page_that_says_so(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert "Not in this paper" in answer.text


def test_the_form_under_an_article_brings_the_newsletters_script(client: FlaskClient) -> None:
    scripts = LexborHTMLParser(client.get(ARTICLE).text).css("script")

    assert [each.attributes["src"] for each in scripts] == ["http://127.0.0.1:8022/embed/courier.js"]


def test_a_page_runs_the_newsletters_script_alone_and_posts_nowhere_else(client: FlaskClient) -> None:
    policy = client.get(ARTICLE).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for directive in ("script-src", "connect-src", "form-action"):
        assert f"{directive} http://127.0.0.1:8022" in policy.split("; ")


@pytest.mark.loopback
def test_the_site_is_served_on_a_port_of_its_own_choice_and_stops_within_a_second() -> None:
    site = PaperSite(0, now() - timedelta(minutes=1), NEWSLETTER)
    with site:
        names = [name for name, _ in site.feeds()]
        statuses = {requests.get(url, timeout=5).status_code for _, url in site.feeds()}
        begun = time.monotonic()

    assert time.monotonic() - begun < 1
    assert "The Wrenmouth Courier: Live" in names
    assert statuses == {200}
    with pytest.raises(requests.ConnectionError):
        requests.get(site.url, timeout=1)


@pytest.mark.loopback
def test_a_foreign_name_for_this_machine_is_refused() -> None:
    with PaperSite(0, now(), NEWSLETTER) as site:
        answer = requests.get(site.url, headers={"Host": "rebound.example"}, timeout=5)

    assert answer.status_code == 400
