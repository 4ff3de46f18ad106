"""Sources and articles: added by an address, read by the guarded fetcher, told how they are."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer

from newsletter.app import create_app
from newsletter.articles.queries import find_source, source, sources
from newsletter.articles.service import mark_failing
from newsletter.core.db import db
from newsletter.core.settings import HostPort, Settings
from newsletter.web import current
from tests import make
from tests.articles.documents import item, rss

PAGE = "/console/sources"


@pytest.fixture
def near(app: Flask, settings: Settings, httpserver: HTTPServer) -> Iterator[FlaskClient]:
    """An owner's browser at a house that may read from the test's own server."""
    allowed = (HostPort(httpserver.host, httpserver.port),)
    other = create_app(replace(settings, fetch_allow=allowed))
    other.config.update(SERVER_NAME="letters.example.org", PREFERRED_URL_SCHEME="https")
    with other.app_context():
        house = current.house()
        yield make.log_in(other.test_client(), make.operator(house), house)
        db.session.remove()
        db.engine.dispose()


@pytest.mark.loopback
def test_a_source_is_added_and_read_at_once(near: FlaskClient, httpserver: HTTPServer) -> None:
    feed = rss(item("Ferry late", "1"), item("Quay open", "2"))
    httpserver.expect_request("/feed.xml").respond_with_data(feed, content_type="application/rss+xml")

    answer = make.press(near, PAGE, url=httpserver.url_for("/feed.xml"), credit="The Harbour")

    page = near.get(answer.location).text
    assert "Added: 2 new articles." in page
    assert "Ferry late" in page
    assert "Harbour News" in near.get(PAGE).text
    again = make.press(near, f"{answer.location}/poll")
    assert "Read: 0 new articles." in near.get(again.location).text
    twice = make.press(near, PAGE, url=httpserver.url_for("/feed.xml"))
    assert twice.status_code == 422
    assert "This is already source 1." in twice.text


@pytest.mark.loopback
def test_what_is_wrong_with_a_source_stands_on_its_page(near: FlaskClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/gone").respond_with_data("<b>no</b>", status=404)

    answer = make.press(near, PAGE, url=httpserver.url_for("/gone"))

    page = near.get(answer.location).text
    assert "could not be read" in page
    assert "404" in page
    assert "What is wrong" in page
    assert "fails since" in near.get(PAGE).text


@pytest.mark.parametrize(
    "url", ["", "ftp://harbour.example/feed", "javascript:alert(1)", "not <b>an</b> address", "http://"]
)
def test_what_is_no_address_stays_in_the_field(operator: FlaskClient, url: str) -> None:
    answer = make.press(operator, PAGE, url=url)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "<b>" not in answer.text
    assert sources() == []


def test_the_fetcher_goes_nowhere_inside(operator: FlaskClient) -> None:
    for url in ("http://127.0.0.1:8025/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/"):
        answer = make.press(operator, PAGE, url=url)
        found = find_source(url)
        assert answer.status_code == 422 or (found is not None and found.problem)
        assert answer.status_code == 422 or "could not be read" in operator.get(answer.location).text


def test_a_failing_source_says_since_when_and_that_it_is_tried_again(operator: FlaskClient) -> None:
    of = make.source()
    mark_failing(of.id, "The server says <script>alert(1)</script>.")

    page = operator.get(f"{PAGE}/{of.id}").text

    assert "The server says &lt;script&gt;" in page
    assert "1 time in a row" in page
    assert source(of.id).failures == 1


def test_articles_are_found_by_headline_author_and_source(operator: FlaskClient) -> None:
    harbour, council = make.source(), make.source(title="Council")
    make.article(harbour, "Ferry 100% late", author="Ines Marlow")
    make.article(council, "Übersee trade", author="Ada Berg")

    def found(query: str) -> list[bool]:
        page = operator.get(f"/console/articles?{query}").text
        return ["Ferry 100% late" in page, "Übersee trade" in page]

    assert found("") == [True, True]
    assert found("q=ferry") == [True, False]
    assert found("q=100%25") == [True, False]
    assert found("q=übersee") == [False, True]
    assert found("q=ada") == [False, True]
    assert found("q=ada+ferry") == [False, False]
    assert found(f"source={council.id}") == [False, True]
    assert found("source=<b>") == [True, True]
    assert "No article has all of these words" in operator.get("/console/articles?q=zebra").text


def test_long_lists_are_turned(operator: FlaskClient) -> None:
    of = make.source()
    articles = [make.article(of, f"Number {number:03}") for number in range(65)]
    page = operator.get("/console/articles").text
    assert "Number 064" in page
    assert "Number 034" not in page

    page = operator.get(f"/console/articles?before={articles[5].id}").text
    assert "Number 004" in page
    assert "Newer" in page
    assert "Older" not in page
    page = operator.get(f"/console/articles?after={articles[4].id}").text
    assert "Number 005" in page
    assert "Number 034" in page
    assert "Older" in page
