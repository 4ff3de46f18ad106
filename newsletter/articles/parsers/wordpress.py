"""Posts of a WordPress site's REST API: `/wp-json/wp/v2/posts?_embed` (developer.wordpress.org/rest-api)."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urljoin

from newsletter.articles.parsers.entry import has_something
from newsletter.articles.parsers.parsed import MAX_ENTRIES, Draft, ParsedFeed, Picture
from newsletter.articles.policy import SourceKind
from newsletter.core.errors import FeedUnreadable
from newsletter.core.words import said

_PER_PAGE = 30


def posts_url(root: str) -> str:
    """The newest posts of the API whose root this is, in both of its spellings."""
    if "rest_route=" in root:
        return f"{root.rstrip('/')}/wp/v2/posts&_embed=1&per_page={_PER_PAGE}"
    return f"{root.rstrip('/')}/wp/v2/posts?_embed=1&per_page={_PER_PAGE}"


def read(posts: Sequence[Any], base: str) -> ParsedFeed:
    """The posts in a JSON list that came from the URL `base`; raises FeedUnreadable if they are none."""
    known = [post for post in posts[:MAX_ENTRIES] if _rendered(post, "content") or _rendered(post, "title")]
    if posts and not known:
        problem = said("This is a JSON list, but not of WordPress posts.")
        raise FeedUnreadable(problem)
    site_url = urljoin(base, "/")
    drafts = [_draft(post, base, site_url) for post in known]
    return ParsedFeed(
        title="",
        site_url=site_url,
        kind=SourceKind.WORDPRESS,
        drafts=tuple(filter(has_something, drafts)),
    )


def _draft(post: dict[str, Any], base: str, site_url: str) -> Draft:
    link = _text(post.get("link"))
    is_protected = _dict(post.get("content")).get("protected") is True
    date = _text(post.get("date_gmt"))
    return Draft(
        base=link or base,
        site_url=site_url,
        guid=_rendered(post, "guid"),
        links=[link],
        title=_rendered(post, "title"),
        summary="" if is_protected else _rendered(post, "excerpt"),
        content="" if is_protected else _rendered(post, "content"),
        authors=[_text(person.get("name")) for person in _embedded(post, "author")],
        pictures=[
            Picture(_text(media.get("source_url")), _text(media.get("alt_text")))
            for media in _embedded(post, "wp:featuredmedia")
        ],
        topics=[_text(term.get("name")) for term in _embedded(post, "wp:term")],
        dates=[date] if date else [],
    )


def _embedded(post: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """What `_embed` brought along; terms come as lists of lists, and what was deleted as an error object."""
    found = _dict(post.get("_embedded")).get(name)
    for thing in found if isinstance(found, list) else []:
        yield from (part for part in (thing if isinstance(thing, list) else [thing]) if isinstance(part, dict))


def _rendered(post: object, name: str) -> str:
    return _text(_dict(_dict(post).get(name)).get("rendered"))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
