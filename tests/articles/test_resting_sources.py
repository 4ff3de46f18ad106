"""Sources that are paused or removed: asked no more, missed by nobody, and their articles stay."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from newsletter.articles import feeds, service
from newsletter.articles.models import Source
from newsletter.articles.queries import (
    failing_sources,
    how_many,
    listed,
    removed_sources,
    source,
    sources,
    sources_to_read,
)
from newsletter.core.clock import now
from newsletter.core.errors import Conflict, NotFound
from newsletter.jobs import sources_to_poll
from newsletter.mail.house import House
from tests import make
from tests.articles.documents import fetcher_for, item, parsed, rss


@pytest.mark.loopback
def test_a_paused_source_is_not_polled(app: Flask, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(rss(item()))
    of = service.add_source(httpserver.url_for("/feed"))
    service.pause_source(of.id)

    alone = feeds.poll(of.id, fetcher_for(httpserver))

    assert (alone.new, alone.problem) == (0, "It is paused; resume it first.")
    assert feeds.poll_all(fetcher_for(httpserver)) == []
    assert httpserver.log == []
    assert (source(of.id).polled_at, source(of.id).failing_since) == (None, None)
    service.resume_source(of.id)
    assert [each.new for each in feeds.poll_all(fetcher_for(httpserver))] == [1]


@pytest.mark.loopback
def test_a_removed_source_is_not_polled_and_keeps_its_articles(app: Flask, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(rss(item("One", "1"), item("Two", "2")))
    of = service.add_source(httpserver.url_for("/feed"))
    feeds.poll(of.id, fetcher_for(httpserver))
    service.remove_source(of.id)

    assert feeds.poll_all(fetcher_for(httpserver)) == []
    assert "was removed" in feeds.poll(of.id, fetcher_for(httpserver)).problem
    assert (list(sources()), [each.id for each in removed_sources()]) == ([], [of.id])
    assert how_many() == {of.id: 2}
    assert len(listed(of.id).rows) == 2


@pytest.mark.loopback
def test_a_removed_source_that_is_added_again_comes_back_without_telling_anything_twice(
    app: Flask, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/feed").respond_with_data(rss(item("One", "1"), item("Two", "2")))
    of = service.add_source(httpserver.url_for("/feed"), "The Harbour")
    feeds.poll(of.id, fetcher_for(httpserver))
    service.pause_source(of.id)
    service.remove_source(of.id)

    back = service.add_source(of.url)

    assert (back.id, back.credit, back.is_read) == (of.id, "The Harbour", True)
    polled = feeds.poll(of.id, fetcher_for(httpserver))
    assert (polled.new, polled.problem, how_many()) == (0, "", {of.id: 2})
    with pytest.raises(Conflict, match=f"already source {of.id}"):
        service.add_source(of.url)


@pytest.mark.loopback
@pytest.mark.parametrize("rest", [service.pause_source, service.remove_source])
def test_what_comes_in_while_a_source_is_taken_off_is_not_kept(
    app: Flask, house: House, httpserver: HTTPServer, rest: object
) -> None:
    of = make.source()

    def answer(_request: Request) -> Response:
        return Response(rss(item()))

    httpserver.expect_request("/feed").respond_with_handler(answer)
    assert callable(rest)
    rest(of.id)

    assert service.record(of.id, parsed(rss(item()))) == service.Recorded(0, 0)
    service.mark_failing(of.id, "gone")
    service.mark_unchanged(of.id)
    assert (how_many(), source(of.id).problem, source(of.id).polled_at) == ({}, "", None)


def test_nobody_misses_what_rests(app: Flask, house: House, clock: time_machine.Traveller) -> None:
    paused, removed, down = (make.source() for _ in range(3))
    for each in (paused, removed, down):
        service.mark_failing(each.id, "gone")
    service.pause_source(paused.id)
    service.remove_source(removed.id)
    clock.shift(timedelta(days=1))

    assert [each.id for each in failing_sources(now())] == [down.id]
    assert [each.id for each in sources_to_read()] == sources_to_poll(house) == [down.id]
    assert source(paused.id).problem == "gone"
    service.resume_source(paused.id)
    assert [each.id for each in failing_sources(now())] == [down.id]
    assert source(paused.id).failures == 0


def test_doing_it_twice_is_no_error(app: Flask, clock: time_machine.Traveller) -> None:
    of = make.source()
    service.resume_source(of.id)
    first = service.pause_source(of.id).paused_at
    clock.shift(timedelta(hours=1))
    assert service.pause_source(of.id).paused_at == first
    service.mark_failing(service.resume_source(of.id).id, "down")
    assert service.resume_source(of.id).failures == 1
    gone = service.remove_source(of.id).removed_at
    clock.shift(timedelta(hours=1))

    assert service.remove_source(of.id).removed_at == gone


def test_what_was_removed_can_be_neither_paused_nor_resumed(app: Flask) -> None:
    of = service.remove_source(make.source().id)

    for change in (service.pause_source, service.resume_source):
        with pytest.raises(Conflict, match="was removed; add its address again"):
            change(of.id)
    for change in (service.pause_source, service.resume_source, service.remove_source):
        with pytest.raises(NotFound):
            change(99)


@pytest.mark.loopback
def test_a_page_whose_feed_was_removed_says_how_to_bring_it_back(app: Flask, httpserver: HTTPServer) -> None:
    page = '<html><link rel="alternate" type="application/rss+xml" href="/feed"></html>'
    httpserver.expect_request("/page").respond_with_data(page, content_type="text/html")
    httpserver.expect_request("/feed").respond_with_data(rss(item()))
    old: Source = service.remove_source(service.add_source(httpserver.url_for("/feed")).id)

    polled = feeds.poll(service.add_source(httpserver.url_for("/page")).id, fetcher_for(httpserver))

    assert polled.problem == (
        f"Its feed is already source {old.id}, which was removed; add {old.url} to read that again."
    )
