"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

from collections.abc import Mapping
from typing import Any

from newsletter.articles.parsers import markup
from newsletter.articles.parsers.entry import has_something
from newsletter.articles.parsers.parsed import MAX_ENTRIES, Draft, ParsedFeed, Picture
from newsletter.articles.parsers.text import headline
from newsletter.articles.parsers.urls import web_url
from newsletter.articles.policy import SourceKind
from newsletter.core.errors import FeedUnreadable
from newsletter.core.words import said


def read(feed: Mapping[str, Any], base: str) -> ParsedFeed:
    """The feed in a JSON object that came from the URL `base`; raises FeedUnreadable."""
    items = feed.get("items")
    if not isinstance(items, list):
        problem = said("This is JSON, but no JSON Feed: it has no list of items.")
        raise FeedUnreadable(problem)
    site_url = web_url(_text(feed, "home_page_url"), base)
    inherited = _authors(feed)
    known = [item for item in items[:MAX_ENTRIES] if isinstance(item, dict)]
    drafts = [_draft(item, base, site_url or base, inherited) for item in known]
    return ParsedFeed(
        title=headline(_text(feed, "title")),
        site_url=site_url,
        kind=SourceKind.JSON,
        drafts=tuple(filter(has_something, drafts)),
    )


def _draft(item: Mapping[str, Any], base: str, site_url: str, inherited: list[str]) -> Draft:
    tags = item.get("tags")
    return Draft(
        base=web_url(_text(item, "url"), base) or base,
        site_url=site_url,
        guid=_text(item, "id"),
        links=[_text(item, "url"), _text(item, "external_url"), _text(item, "id")],
        title=_text(item, "title"),
        summary=markup.paragraphs(_text(item, "summary")),
        content=_text(item, "content_html") or markup.paragraphs(_text(item, "content_text")),
        authors=_authors(item) or inherited,
        pictures=[Picture(_text(item, name)) for name in ("image", "banner_image")],
        topics=[tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
        dates=list(filter(None, (_text(item, "date_published"), _text(item, "date_modified")))),
    )


def _text(thing: Mapping[str, Any], name: str) -> str:
    value = thing.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def _authors(thing: Mapping[str, Any]) -> list[str]:
    people = thing.get("authors")
    if not isinstance(people, list):
        people = [thing.get("author")]
    return [_text(person, "name") for person in people if isinstance(person, dict)]
