"""The paper's feeds: each desk publishes another format, as real papers do.

rss        RSS 2.0 with the full text, media, creator and source: as good as feeds get
rdf        RSS 1.0, with what Dublin Core can say
atom       Atom (RFC 4287)
json       JSON Feed 1.1
minimal    RSS 0.91: a title, a link and a description, no ids, no dates, no names
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from flask import Response, render_template, request

from newsletter.demo.content import Article, Desk, Paper


@dataclass(frozen=True)
class Feed:
    """A desk's feed at one moment; `base` is the site's URL without a slash at the end."""

    paper: Paper
    desk: Desk
    articles: list[Article]
    base: str

    @property
    def url(self) -> str:
        return self.base + path(self.desk)

    @property
    def updated(self) -> datetime:
        """When its newest article appeared; a feed without any is as old as the paper."""
        founded = datetime(self.paper.founded, 1, 1, tzinfo=UTC)
        return max((article.published_at for article in self.articles), default=founded)


_MEDIA_TYPES = {
    "rss": "application/rss+xml",
    "live": "application/rss+xml",
    "rdf": "application/rdf+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
    "minimal": "application/rss+xml",
}


def media_type(desk: Desk) -> str:
    """What the feed of a desk is served as."""
    return _MEDIA_TYPES[desk.format]


def path(desk: Desk) -> str:
    """Where the feed of a desk is, on the site."""
    return f"/feeds/{desk.key}.{'json' if desk.format == 'json' else 'xml'}"


def respond(feed: Feed) -> Response:
    """The feed, or 304 for a reader who has it already (RFC 9110 §13)."""
    body = _json_feed(feed) if feed.desk.format == "json" else _xml_feed(feed)
    response = Response(body, content_type=f"{media_type(feed.desk)}; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.last_modified = feed.updated
    response.add_etag()
    response.make_conditional(request)
    return response


def _xml_feed(feed: Feed) -> str:
    template = "rss" if feed.desk.format == "live" else feed.desk.format
    return render_template(f"feeds/{template}.xml", feed=feed, rfc822=_rfc822)


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _json_feed(feed: Feed) -> str:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"{feed.paper.name}: {feed.desk.name}",
        "home_page_url": f"{feed.base}/desks/{feed.desk.key}",
        "feed_url": feed.url,
        "language": "en-GB",
        "items": [_json_item(article, feed.base) for article in feed.articles],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _json_item(article: Article, base: str) -> dict[str, object]:
    link = f"{base}/articles/{article.slug}"
    author = article.author
    item: dict[str, object] = {
        "id": link,
        "url": link,
        "title": article.headline,
        "summary": article.summary,
        "content_html": render_template("feeds/body.html", article=article),
        "date_published": article.published_at.isoformat(),
        "authors": [{"name": author.name, "url": f"{base}/staff/{author.key}"}],
        "tags": list(article.topics),
        # The format has no field for it and keeps names that start with an underscore for such wishes.
        "_source": {"name": article.source},
    }
    if article.picture:
        item["image"] = f"{base}/pictures/{article.picture.key}.png"
    return item
