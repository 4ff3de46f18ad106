"""The Atom feed of a newsletter: valid, stable, and readable by our own reader of feeds."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from time_machine import Traveller

from newsletter.articles.parsers import finish
from newsletter.core.db import transaction
from newsletter.editions.policy import EditionStatus
from tests import make
from tests.articles.documents import parsed
from tests.editions.test_archive import EVIL, first, put, sent, several
from tests.web.samples import SETTINGS

ATOM = "{http://www.w3.org/2005/Atom}"
UNSPEAKABLE = "\x01\x08\x0b\x1f\ufeff\u202e"
"""Characters that XML cannot hold, or that nobody may see."""


def tree(client: FlaskClient, path: str = "/courier/feed.xml") -> ET.Element:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "application/atom+xml"
    return ET.fromstring(answer.data)  # noqa: S314 - our own answer.


def texts(element: ET.Element, path: str) -> list[str]:
    return [found.text or "" for found in element.findall(path.replace("/", f"/{ATOM}"))]


def links(element: ET.Element) -> dict[str | None, str | None]:
    return {link.get("rel"): link.get("href") for link in element.findall(f"{ATOM}link")}


def test_the_feed_has_what_the_format_asks_for(client: FlaskClient, clock: Traveller) -> None:
    several(make.newsletter(sender_name="The Courier of Port Example"), 2)
    feed = tree(client)

    assert feed.tag == f"{ATOM}feed"
    assert texts(feed, "./id") == ["tag:courier.example,2026-11-23:courier"]
    assert texts(feed, "./title") == ["The Courier"]
    assert texts(feed, "./author/name") == ["The Courier of Port Example"]
    assert texts(feed, "./updated") == ["2026-11-23T09:00:00Z"]
    assert links(feed) == {
        "self": f"{SETTINGS.base_url}/courier/feed.xml",
        "alternate": f"{SETTINGS.base_url}/courier/archive",
    }
    assert texts(feed, "./entry/id") == [f"tag:courier.example,2026-11-23:courier/{number}" for number in (2, 1)]
    assert texts(feed, "./entry/updated")[0] == "2026-11-23T09:00:00+00:00"
    assert links(feed.findall(f"{ATOM}entry")[0]) == {"alternate": f"{SETTINGS.base_url}/courier/archive/2"}


def test_the_names_stay_when_the_newsletter_is_called_otherwise(client: FlaskClient, clock: Traveller) -> None:
    of = make.newsletter()
    several(of, 2)
    before = texts(tree(client), "./entry/id")
    clock.shift(86_400)
    with transaction():
        of.name, of.sender_address = "The Evening Courier", "post@evening.example"

    assert texts(tree(client), "./entry/id") == before


def test_the_last_twenty_are_in_it_and_only_what_was_sent(client: FlaskClient) -> None:
    editions = several(make.newsletter(), 25)
    put(editions[-1], EditionStatus.DRAFT)
    put(editions[-2], EditionStatus.CANCELLED)

    assert [name.rpartition("/")[2] for name in texts(tree(client), "./entry/id")] == [
        str(number) for number in range(23, 3, -1)
    ]


def test_our_own_reader_of_feeds_reads_it_back(client: FlaskClient, clock: Traveller) -> None:
    sent(make.newsletter(), "Ferry & storm", "Fish <b>market</b> moves", image_url="https://harbour.example/f.jpg")
    feed = parsed(client.get("/courier/feed.xml").data)
    entry = finish(feed.drafts[0])

    assert (feed.title, feed.site_url) == ("The Courier", f"{SETTINGS.base_url}/courier/archive")
    assert entry.title == "Ferry & storm, and 1 more"
    assert entry.url == f"{SETTINGS.base_url}/courier/archive/1"
    assert entry.published_at == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert entry.author == "The Courier"
    assert '<h2><a href="https://harbour.example/' in entry.body_html
    assert "Fish &lt;b&gt;market&lt;/b&gt; moves" in entry.body_html


@pytest.mark.parametrize("text", [EVIL, f"Ferry{UNSPEAKABLE} runs", "]]>", "<!ENTITY x 'y'>&x;", "a" * 10_000])
def test_nothing_that_feeds_say_breaks_it(client: FlaskClient, text: str) -> None:
    of = make.newsletter(name="Ink & <b>paper</b>", description=text[:400])
    sent(of, "Lead", text, author=text, credit=text, summary_text=text, url="javascript:alert(1)")
    content = "".join(texts(tree(client), "./entry/content"))
    shown = LexborHTMLParser(content)

    assert len(shown.css("h2")) == 2
    assert not shown.css("script, img, a")
    assert not re.search(f"[{UNSPEAKABLE}]", content)


def test_a_newsletter_that_has_sent_nothing_has_a_feed(client: FlaskClient, clock: Traveller) -> None:
    make.newsletter()
    feed = tree(client)

    assert texts(feed, "./updated") == ["2026-11-23T09:00:00Z"]
    assert texts(feed, "./entry/id") == []
    assert client.get("/nowhere/feed.xml").status_code == 404


@pytest.mark.parametrize("path", ["/courier", "/courier/archive"])
def test_pages_name_the_feed(client: FlaskClient, path: str) -> None:
    make.newsletter()
    link = first(LexborHTMLParser(client.get(path).text), "link[rel=alternate]")

    assert link.attributes["type"] == "application/atom+xml"
    assert link.attributes["href"] == f"{SETTINGS.base_url}/courier/feed.xml"


def test_a_reader_who_has_it_gets_nothing(client: FlaskClient, clock: Traveller) -> None:
    of = make.newsletter()
    several(of, 1)
    tag = {"If-None-Match": client.get("/courier/feed.xml").headers["ETag"]}

    assert client.get("/courier/feed.xml", headers=tag).status_code == 304
    clock.shift(86_400)
    assert client.get("/courier/feed.xml", headers=tag).status_code == 304
    sent(of)
    assert client.get("/courier/feed.xml", headers=tag).status_code == 200
