"""From the address of a site to its feed."""

import json

import pytest
from flask import Flask
from pytest_httpserver import HTTPServer

from newsletter.articles import feeds, service
from newsletter.articles.parsers import feed_urls
from newsletter.articles.queries import source
from tests.articles.documents import fetched, fetcher_for, item, post, rss, wordpress

API = "https://api.w.org/"
ROOT = json.dumps({"name": "Harbour News", "namespaces": ["oembed/1.0", "wp/v2"]})


def urls(page: str, link: str = "") -> list[str]:
    return feed_urls(fetched(page, url="https://harbour.example/news/", link=link))


def test_a_page_names_its_feeds_in_its_head() -> None:
    page = """<html><head><link rel="stylesheet" href="a.css">
        <link rel="alternate" type="text/html" hreflang="de" href="/de/">
        <link rel="Alternate" type="application/rss+xml; charset=utf-8" href="feed/">
        <link rel="alternate" type="application/rss+xml" href="/comments/feed/">
        <link rel="alternate home" type="application/feed+json" href="//cdn.example/feed.json">
        <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">"""

    assert urls(page) == ["https://harbour.example/news/feed/", "https://cdn.example/feed.json"]


def test_a_wordpress_page_without_a_feed_names_its_api() -> None:
    posts = "https://harbour.example/wp-json/wp/v2/posts?_embed=1&per_page=30"

    assert urls(f'<html><link rel="{API}" href="https://harbour.example/wp-json/">') == [posts]
    assert urls("<html>", link=f'<https://harbour.example/wp-json/>; rel="{API}"') == [posts]


def test_the_api_of_a_site_with_plain_links_is_found_too() -> None:
    assert urls("<html>", link=f'<https://harbour.example/?rest_route=/>; rel="{API}"') == [
        "https://harbour.example/?rest_route=/wp/v2/posts&_embed=1&per_page=30"
    ]


def test_the_root_of_the_api_leads_to_its_posts() -> None:
    found = feed_urls(fetched(ROOT, url="https://harbour.example/wp-json"))

    assert found == ["https://harbour.example/wp-json/wp/v2/posts?_embed=1&per_page=30"]


@pytest.mark.parametrize("page", ["", "Hello", "<html><p>Hello", "{}", "{", '{"namespaces": 1}', rss()])
def test_a_page_without_feeds_names_none(page: str) -> None:
    assert urls(page) == []


@pytest.mark.loopback
def test_a_source_that_was_added_by_its_page_is_read_from_its_feed(app: Flask, httpserver: HTTPServer) -> None:
    links = (f'<link rel="alternate" type="application/rss+xml" href="{path}">' for path in ("/gone", "/feed"))
    httpserver.expect_request("/").respond_with_data("<html>" + "".join(links))
    httpserver.expect_request("/feed").respond_with_data(rss(item()))
    added = service.add_source(httpserver.url_for("/"))

    polled = feeds.poll(added.id, fetcher_for(httpserver))

    assert (polled.new, polled.problem) == (1, "")
    assert source(added.id).url == httpserver.url_for("/feed")


@pytest.mark.loopback
def test_a_source_that_was_added_by_its_wordpress_api_is_read(app: Flask, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/wp-json").respond_with_data(ROOT)
    httpserver.expect_request("/wp-json/wp/v2/posts").respond_with_data(wordpress(post()))
    added = service.add_source(httpserver.url_for("/wp-json"))

    assert feeds.poll(added.id, fetcher_for(httpserver)).new == 1
    assert source(added.id).kind == "wordpress"


@pytest.mark.loopback
def test_a_feed_that_is_a_source_already_is_not_read_twice(app: Flask, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(
        '<html><link rel="alternate" type="application/rss+xml" href="/feed">'
    )
    httpserver.expect_request("/feed").respond_with_data(rss(item()))
    first = service.add_source(httpserver.url_for("/feed"))
    second = service.add_source(httpserver.url_for("/"))
    fetcher = fetcher_for(httpserver)

    assert feeds.poll(first.id, fetcher).new == 1
    assert feeds.poll(second.id, fetcher).problem == f"Its feed is already source {first.id}."


@pytest.mark.loopback
def test_a_source_that_shows_a_page_for_a_while_does_not_turn_into_another(
    app: Flask, httpserver: HTTPServer
) -> None:
    httpserver.expect_ordered_request("/").respond_with_data(rss(item()))
    httpserver.expect_ordered_request("/").respond_with_data(
        '<html><link rel="alternate" type="application/rss+xml" href="/other">'
    )
    added = service.add_source(httpserver.url_for("/"))
    fetcher = fetcher_for(httpserver)
    feeds.poll(added.id, fetcher)

    assert feeds.poll(added.id, fetcher).problem == "This is a web page, not a feed."
    assert source(added.id).url == httpserver.url_for("/")
