"""Feeds of each format we know, read into one shape; nothing in them is trusted.

document > xml_tree | json_text > feed, json_feed, wordpress > entry > markup, text, dates, urls
"""

import re
from dataclasses import replace

from newsletter.articles.parsers import feed, json_feed, json_text, wordpress
from newsletter.articles.parsers.discovery import feed_urls
from newsletter.articles.parsers.document import decoded
from newsletter.articles.parsers.entry import finish, identity
from newsletter.articles.parsers.parsed import Draft, Entry, ParsedFeed
from newsletter.core.errors import FeedUnreadable
from newsletter.core.fetcher import Fetched
from newsletter.core.words import said

__all__ = ["Draft", "Entry", "ParsedFeed", "feed_urls", "finish", "identity", "parse"]

_PAGE = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def parse(fetched: Fetched) -> ParsedFeed:
    """The feed in an answer; raises FeedUnreadable, whose text says what it looked like instead."""
    parsed = _parsed(decoded(fetched).lstrip(), fetched.url)
    return replace(
        parsed,
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        permanent_url=fetched.permanent_url,
    )


def _parsed(text: str, base: str) -> ParsedFeed:
    if not text:
        problem = said("The answer is empty.")
        raise FeedUnreadable(problem)
    if text.startswith(("{", "[")):
        return _json(text, base)
    if not text.startswith("<"):
        problem = said("This is neither XML nor JSON, so it is no feed.")
        raise FeedUnreadable(problem)
    if _PAGE.match(text):
        problem = said("This is a web page, not a feed.")
        raise FeedUnreadable(problem)
    return feed.read(text, base)


def _json(text: str, base: str) -> ParsedFeed:
    document = json_text.load(text)
    if isinstance(document, list):
        return wordpress.read(document, base)
    return json_feed.read(document if isinstance(document, dict) else {}, base)
