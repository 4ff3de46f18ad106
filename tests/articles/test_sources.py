"""Sources: asked for what is new, marked when they fail, moved when their feed moves."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from newsletter.articles import feeds, service
from newsletter.articles.queries import source, sources
from newsletter.core.errors import Conflict, InvalidUrl, NotFound
from newsletter.core.fetcher import Fetcher
from newsletter.core.fetcher.client import Network
from tests.articles.documents import fetcher_for, item, rss

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize("url", ["", "harbour", "ftp://harbour.example/", "https://u:p@harbour.example/"])
def test_a_source_needs_a_web_address(url: str, app: Flask) -> None:
    with pytest.raises(InvalidUrl):
        service.add_source(url)


def test_a_source_can_be_added_once(app: Flask) -> None:
    added = service.add_source("https://harbour.example/feed")

    with pytest.raises(Conflict, match=f"already source {added.id}"):
        service.add_source(f" {added.url} ")


def test_a_source_that_does_not_exist_cannot_be_polled(app: Flask) -> None:
    with pytest.raises(NotFound):
        feeds.poll(99, Fetcher())


@pytest.mark.loopback
def test_the_next_poll_asks_only_for_what_changed(app: Flask, httpserver: HTTPServer) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        if request.headers.get("If-None-Match") == '"1"':
            return Response(status=304)
        return Response(rss(item()), headers={"ETag": '"1"', "Last-Modified": "Mon, 23 Nov 2026 12:00:00 GMT"})

    httpserver.expect_request("/feed").respond_with_handler(answer)
    source_id = service.add_source(httpserver.url_for("/feed")).id
    first, second = (feeds.poll(source_id, fetcher_for(httpserver)) for _ in range(2))

    assert (first.new, second.new, second.problem) == (1, 0, "")
    assert asked[1].headers["If-Modified-Since"] == "Mon, 23 Nov 2026 12:00:00 GMT"


@pytest.mark.loopback
def test_a_broken_source_is_marked_and_the_others_are_read(
    app: Flask, httpserver: HTTPServer, clock: time_machine.Traveller
) -> None:
    httpserver.expect_request("/good").respond_with_data(rss(item()))
    httpserver.expect_request("/page").respond_with_data("<html>Sorry")
    httpserver.expect_request("/error").respond_with_data("", status=503)
    urls = [httpserver.url_for(path) for path in ("/page", "/good", "/error", "/good?again")]
    for url in [*urls, "http://169.254.169.254/feed", "http://127.0.0.1:1/feed"]:
        service.add_source(url)
    clock.move_to(NOON)

    polled = feeds.poll_all(fetcher_for(httpserver))

    assert sum(each.new for each in polled) == 2
    assert [each.problem for each in sources()] == [
        "This is a web page, not a feed.",
        "",
        "The server answers with status 503.",
        "",
        "The address does not lead to the public internet.",
        "Only the ports 80 and 443 can be read.",
    ]
    assert [each.failing_since for each in sources()] == [NOON, None, NOON, None, NOON, NOON]


@pytest.mark.loopback
def test_a_source_that_comes_back_is_no_longer_failing(
    app: Flask, httpserver: HTTPServer, clock: time_machine.Traveller
) -> None:
    httpserver.expect_ordered_request("/feed").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/feed").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/feed").respond_with_data(rss(item()))
    source_id = service.add_source(httpserver.url_for("/feed")).id
    clock.move_to(NOON)
    feeds.poll(source_id, fetcher_for(httpserver))
    clock.shift(timedelta(hours=1))
    feeds.poll(source_id, fetcher_for(httpserver))

    failing = source(source_id)
    assert (failing.failing_since, failing.failures) == (NOON, 2)
    assert failing.polled_at == NOON + timedelta(hours=1)

    feeds.poll(source_id, fetcher_for(httpserver))
    assert (source(source_id).failing_since, source(source_id).failures, source(source_id).problem) == (
        None,
        0,
        "",
    )


@pytest.mark.loopback
@pytest.mark.parametrize(("status", "moves"), [(301, True), (308, True), (302, False), (307, False)])
def test_a_source_moves_with_its_feed_for_good(
    app: Flask, httpserver: HTTPServer, status: int, *, moves: bool
) -> None:
    httpserver.expect_request("/old").respond_with_data("", status=status, headers={"Location": "/new"})
    httpserver.expect_request("/new").respond_with_data(rss(item()))
    added = service.add_source(httpserver.url_for("/old"))
    feeds.poll(added.id, fetcher_for(httpserver))

    assert source(added.id).url == httpserver.url_for("/new" if moves else "/old")


@pytest.mark.loopback
def test_a_source_stays_where_it_is_when_another_has_its_new_address(app: Flask, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/old").respond_with_data(rss(item()))
    old = service.add_source(httpserver.url_for("/old"))
    new = service.add_source(httpserver.url_for("/new"))
    feeds.poll(old.id, fetcher_for(httpserver))
    httpserver.clear()
    httpserver.expect_request("/old").respond_with_data("", status=301, headers={"Location": "/new"})
    httpserver.expect_request("/new").respond_with_data(rss(item()))

    assert feeds.poll(old.id, fetcher_for(httpserver)).problem == ""
    assert [source(old.id).url, source(new.id).url] == [httpserver.url_for("/old"), httpserver.url_for("/new")]


def test_a_mistake_of_ours_costs_one_source_and_not_the_poll(app: Flask) -> None:
    def resolve(host: str, _port: int) -> list[str]:
        if host == "one.example":
            raise ZeroDivisionError
        return ["10.0.0.1"]

    for url in ("https://one.example/feed", "https://two.example/feed"):
        service.add_source(url)
    feeds.poll_all(Fetcher(network=Network(resolve=resolve)))

    assert [each.problem for each in sources()] == [
        "It could not be read because of a mistake of ours; the log tells more.",
        "The address does not lead to the public internet.",
    ]
