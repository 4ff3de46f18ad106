"""The feeds: five formats, each read by the parser the service uses."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
import time_machine
from flask.testing import FlaskClient

from newsletter.demo import feeds
from newsletter.demo.newsroom import Newsroom
from newsletter.demo.site import make_app

STARTED = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
BASE = "http://127.0.0.1:8021"
XML_VERSIONS = {
    "harbour": "rss20",
    "town": "rss10",
    "culture": "atom10",
    "opinion": "atom10",
    "nature": "rss20",
    "sport": "rss091u",
    "live": "rss20",
}


@pytest.fixture(scope="module")
def newsroom() -> Newsroom:
    return Newsroom(STARTED)


@pytest.fixture
def client(newsroom: Newsroom) -> Iterator[FlaskClient]:
    app = make_app(newsroom, "http://127.0.0.1:8022/courier")
    with time_machine.travel(STARTED + timedelta(minutes=5), tick=False):
        yield app.test_client()


def parsed(client: FlaskClient, desk: str) -> feedparser.FeedParserDict:
    return feedparser.parse(client.get(f"/feeds/{desk}.xml", base_url=BASE).data)


@pytest.mark.parametrize(("desk", "version"), XML_VERSIONS.items())
def test_each_xml_feed_is_well_formed_and_of_its_kind(client: FlaskClient, desk: str, version: str) -> None:
    feed = parsed(client, desk)

    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == version
    assert len(feed.entries) >= 8


@pytest.mark.parametrize("desk", XML_VERSIONS)
def test_each_link_leads_to_an_article_on_the_site(client: FlaskClient, desk: str) -> None:
    for entry in parsed(client, desk).entries:
        assert entry.link.startswith(f"{BASE}/articles/")
        assert client.get(entry.link).status_code == 200


@pytest.mark.parametrize("desk", ["harbour", "town", "culture", "nature", "opinion", "live"])
def test_a_full_feed_names_author_source_date_topics_and_picture(client: FlaskClient, desk: str) -> None:
    entries = parsed(client, desk).entries

    for entry in entries:
        assert entry.author
        assert entry.get("source", {}).get("title") or entry.get("dc_source") or entry.get("source")
        assert entry.get("published_parsed") or entry.get("updated_parsed")
        assert entry.tags
        assert entry.content[0].value.startswith("<p>")
    pictures = [media["url"] for entry in entries for media in entry.get("media_content", [])]
    assert pictures
    assert all(url.startswith(f"{BASE}/pictures/") for url in pictures)


def test_the_minimal_feed_has_neither_ids_nor_dates(client: FlaskClient) -> None:
    for entry in parsed(client, "sport").entries:
        assert not entry.get("id")
        assert not entry.get("published")


def test_the_json_feed_says_everything_with_absolute_addresses(client: FlaskClient) -> None:
    feed = json.loads(client.get("/feeds/business.json", base_url=BASE).data)

    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert len(feed["items"]) >= 8
    assert any(item["image"].startswith(f"{BASE}/pictures/") for item in feed["items"] if "image" in item)
    for item in feed["items"]:
        assert item["url"].startswith(f"{BASE}/articles/")
        assert item["authors"][0]["name"]
        assert datetime.fromisoformat(item["date_published"]) <= STARTED + timedelta(minutes=5)


def test_an_article_appears_in_its_feed_when_its_time_has_come(client: FlaskClient) -> None:
    headline = "Harbour office launches a search for its own flag"
    before = [entry.title for entry in parsed(client, "harbour").entries]

    with time_machine.travel(STARTED + timedelta(minutes=7), tick=False):
        after = [entry.title for entry in parsed(client, "harbour").entries]

    assert headline not in before
    assert after == [headline, *before]


@pytest.mark.parametrize("header", ["etag", "date"])
def test_a_reader_that_has_the_feed_is_told_so(client: FlaskClient, newsroom: Newsroom, header: str) -> None:
    for desk in newsroom.paper.desks.values():
        first = client.get(feeds.path(desk))
        names = {"etag": ("If-None-Match", "ETag"), "date": ("If-Modified-Since", "Last-Modified")}
        asks, has = names[header]

        again = client.get(feeds.path(desk), headers={asks: first.headers[has]})

        assert again.status_code == 304
        assert again.data == b""


def test_a_new_note_changes_the_live_feed(client: FlaskClient) -> None:
    first = client.get("/feeds/live.xml")

    with time_machine.travel(STARTED + timedelta(minutes=5, seconds=20), tick=False):
        again = client.get("/feeds/live.xml", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 200
    assert again.headers["ETag"] != first.headers["ETag"]
