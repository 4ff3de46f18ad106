"""The newest editions as an Atom feed (RFC 4287)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice

from flask import Blueprint, Response, render_template

from newsletter.editions.links import archive_url, feed_url
from newsletter.editions.models import Edition
from newsletter.editions.queries import archive_page, articles_by_edition
from newsletter.editions.views.printed import Issue, Story, issue, stories
from newsletter.mail.message import plain
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.views.answers import speak_as
from newsletter.web.caching import shared
from newsletter.web.current import house

MEDIA_TYPE = "application/atom+xml"

MOST_STORIES = 20
"""Of an edition in the feed; the page has them all."""

blueprint = Blueprint("atom", __name__)


@dataclass(frozen=True)
class Entry:
    """An edition as the feed tells it."""

    id: str
    issue: Issue
    stories: list[Story]


@blueprint.get("/<slug>/feed.xml")
def feed(slug: str) -> Response:
    of, base_url = speak_as(newsletter(slug)), house().settings.base_url
    editions = archive_page(of.id).editions
    updated = max((each.window_end for each in editions), default=of.created_at)
    body = render_template(
        "pages/feed.xml",
        newsletter=of,
        id=_tag(of),
        updated=updated,
        feed_url=feed_url(of, base_url),
        archive_url=archive_url(of, base_url),
        entries=_entries(of, editions),
        plain=plain,
    )
    return shared(body, updated, MEDIA_TYPE)


def _entries(of: Newsletter, editions: Sequence[Edition]) -> list[Entry]:
    by_edition = articles_by_edition([each.id for each in editions])
    carried = [by_edition[each.id][:MOST_STORIES] for each in editions]
    told = iter(stories(list(chain.from_iterable(carried)), of))
    return [
        Entry(_tag(of, each.number), issue(each, of), list(islice(told, len(articles))))
        for each, articles in zip(editions, carried, strict=True)
    ]


def _tag(of: Newsletter, number: int | None = None) -> str:
    """A name that stays when the site moves (RFC 4151), made like the List-Id of what never changes."""
    name = f"tag:{of.list_domain},{of.created_at:%Y-%m-%d}:{of.list_label}"
    return name if number is None else f"{name}/{number}"
