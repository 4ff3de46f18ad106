"""From a web page, or the root of a WordPress API, to the feeds that it names."""

import re
from collections.abc import Iterator

from newsletter.articles.parsers import json_text
from newsletter.articles.parsers.document import decoded
from newsletter.articles.parsers.urls import web_url
from newsletter.articles.parsers.wordpress import posts_url
from newsletter.core.errors import FeedUnreadable
from newsletter.core.fetcher import Fetched

MAX_FEEDS = 3
_MAX_PAGE = 1_000_000
_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"})
_WORDPRESS = "https://api.w.org/"
_HEADER = re.compile(r"<([^<>]{1,2000})>\s{0,9};\s{0,9}rel=\"?https://api\.w\.org/\"?")


def feed_urls(fetched: Fetched) -> list[str]:
    """Where to look next, best first: the page's feeds, then its WordPress API."""
    found = dict.fromkeys(filter(None, (web_url(url, fetched.url) for url in _named(fetched))))
    return [url for url in found if url != fetched.url][:MAX_FEEDS]


def _named(fetched: Fetched) -> Iterator[str]:
    text = decoded(fetched)[:_MAX_PAGE].lstrip()
    if text.startswith("{"):
        if _is_api_root(text):
            yield posts_url(fetched.url)
        return
    yield from _in_page(text)
    in_header = _HEADER.search(fetched.link)
    if in_header:
        yield posts_url(in_header.group(1))


def _in_page(text: str) -> Iterator[str]:
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - senders need no parser.

    apis = []
    for link in LexborHTMLParser(text).css("link[href]"):
        attributes = {name: value or "" for name, value in link.attributes.items()}
        rel = attributes.get("rel", "").lower().split()
        if _WORDPRESS in rel:
            apis.append(posts_url(attributes["href"]))
        # WordPress offers the comments of a page too, and they are no articles.
        elif "alternate" in rel and _is_feed(attributes) and "/comments/" not in attributes["href"]:
            yield attributes["href"]
    yield from apis


def _is_feed(attributes: dict[str, str]) -> bool:
    return attributes.get("type", "").partition(";")[0].strip().lower() in _TYPES


def _is_api_root(text: str) -> bool:
    try:
        root = json_text.load(text)
    except FeedUnreadable:
        return False
    spaces = root.get("namespaces") if isinstance(root, dict) else None
    return isinstance(spaces, list) and "wp/v2" in spaces
