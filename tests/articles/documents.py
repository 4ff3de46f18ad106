"""Invented feeds, as short as the tests allow."""

import json
from collections.abc import Mapping, Sequence
from textwrap import dedent

from pytest_httpserver import HTTPServer

from newsletter.articles.parsers import Entry, ParsedFeed, finish, parse
from newsletter.core.fetcher import Fetched, Fetcher
from newsletter.core.settings import HostPort

URL = "https://harbour.example/news/feed.xml"


def fetched(body: str | bytes, *, url: str = URL, charset: str = "", link: str = "") -> Fetched:
    data = body if isinstance(body, bytes) else body.encode()
    return Fetched(200, url, url, data, charset=charset, link=link)


def parsed(body: str | bytes, *, charset: str = "") -> ParsedFeed:
    return parse(fetched(body, charset=charset))


def rss(*items: str, channel: str = "<title>Harbour News</title><link>https://harbour.example/</link>") -> str:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
        f' xmlns:atom="http://www.w3.org/2005/Atom"><channel>{channel}{inside}</channel></rss>'
    )


def item(title: str = "Ferry late", guid: str = "", link: str = "", text: str = "The ferry is late.") -> str:
    parts = [f"<title>{title}</title>", f"<description>{text}</description>"]
    parts += [f'<guid isPermaLink="false">{guid}</guid>'] if guid else []
    parts += [f"<link>{link}</link>"] if link else []
    return "".join(parts)


def only(body: str | bytes, *, charset: str = "") -> Entry:
    """The one entry of a document."""
    (entry,) = entries(parsed(body, charset=charset))
    return entry


def entries(feed: ParsedFeed) -> list[Entry]:
    return [finish(draft) for draft in feed.drafts]


def json_feed(*items: Mapping[str, object], **facts: object) -> str:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Harbour News", "items": list(items)}
    return json.dumps({**feed, **facts})


def wordpress(*posts: Mapping[str, object]) -> str:
    return json.dumps(posts)


def post(**facts: object) -> dict[str, object]:
    return {
        "link": "https://harbour.example/2026/ferry",
        "guid": {"rendered": "https://harbour.example/?p=1"},
        "title": {"rendered": "Ferry &#8216;late&#8217;"},
        "excerpt": {"rendered": "<p>The ferry is late [&hellip;]</p>"},
        "content": {"rendered": "<p>The ferry is late again.</p>", "protected": False},
        "date_gmt": "2026-11-20T08:30:00",
        **facts,
    }


def text(body: str) -> str:
    return dedent(body).strip()


def titles(feed: ParsedFeed) -> Sequence[str]:
    return [entry.title for entry in entries(feed)]


def fetcher_for(server: HTTPServer) -> Fetcher:
    """A fetcher that may ask this server of the test, and no other."""
    return Fetcher((HostPort(server.host, server.port),))
