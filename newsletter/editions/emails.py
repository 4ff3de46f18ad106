"""An edition as a letter: rendered once, with holes for what differs by recipient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.articles.models import Article
from newsletter.articles.queries import source_titles
from newsletter.core.clock import now
from newsletter.delivery.service import Letter
from newsletter.delivery.service.queueing import NAME
from newsletter.editions.links import click_url, edition_url
from newsletter.editions.models import Edition
from newsletter.editions.policy import PLAIN_LAYOUT, EditionStatus, Layout
from newsletter.mail.fields import Field, Renderings
from newsletter.mail.house import House
from newsletter.mail.message import MARKER, Content, Hole
from newsletter.mail.render import HTML_LIMIT, date_in_words, host
from newsletter.newsletters.emails import list_letterhead, look, page_url, personal_letterhead
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import canary_rule
from newsletter.subscriptions.links import preferences_link, unsubscribe_link


@dataclass(frozen=True)
class EditionView:
    """The edition as its template sees it; `notes` in Markdown by section, "" for the whole."""

    subject: str
    preheader: str
    number: int
    dateline: str
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ArticleView:
    """An article as the template sees it; `site` is the source's title, `section` "" for none."""

    title: str
    url: str
    summary: str
    author: str
    credit: str
    site: str
    image_url: str | None
    image_alt: str
    topics: Sequence[str]
    published_at: datetime
    image_width: int | None = None
    section: str = ""


@dataclass(frozen=True)
class Reader:
    """A recipient as the template sees them."""

    name: str | Field


_STANDING = {EditionStatus.PAUSED: "Paused"}

TRIAL = "trial"
"""The kind of mailings that show an edition to who makes it."""

A_READER = Reader("")
"""Somebody of whom nothing is known."""


@dataclass(frozen=True)
class Told:
    """What an edition tells, and whom; `notice` stands above all, for the operator alone.

    `is_counted`: its links lead to the articles by way of the page that counts them.
    """

    edition: Edition
    articles: Sequence[Article]
    layout: Layout = PLAIN_LAYOUT
    reader: Reader = A_READER
    notice: str = ""
    is_counted: bool = False


def renderings(told: Told, of: Newsletter, house: House) -> Renderings:
    """The edition's content for readers of other names; the first is for somebody whose name is not empty."""
    made = Renderings(
        render=lambda name: edition_content(replace(told, reader=Reader(name)), of, house),
        name=NAME,
        holes=frozenset({"unsubscribe_url", "preferences_url"}),
    )
    made.number_of("Reader")
    return made


def edition_letter(edition: Edition, made: Renderings, of: Newsletter, house: House) -> Letter:
    """The finished mail; its date is now, and stays the same for all recipients and attempts."""
    return Letter(
        kind="edition",
        letterhead=list_letterhead(of, now(), feedback=f"e{edition.id}"),
        content=made.contents[0],
        links={
            "unsubscribe_url": unsubscribe_link(house.settings.base_url, of.id, edition.id),
            "preferences_url": preferences_link(house.settings.base_url),
        },
        newsletter_id=of.id,
        keeps_names=not made.is_same_for_all,
        canary=canary_rule(of),
    )


def trial_letter(told: Told, of: Newsletter, house: House) -> Letter:
    """The edition for somebody who is no reader of it: their own links are replaced by the public page."""
    content, page = edition_content(told, of, house), page_url(of, house.settings.base_url)
    return Letter(
        kind=TRIAL,
        letterhead=personal_letterhead(of, now()),
        content=Content(
            subject=f"[{_STANDING.get(told.edition.status, 'Draft')}] {content.subject}",
            text=MARKER.sub(page, content.text),
            html=MARKER.sub(page, content.html),
        ),
        links={},
    )


def edition_content(told: Told, of: Newsletter, house: House) -> Content:
    """Subject, text and HTML; dates are in the newsletter's time zone.

    What would make the HTML longer than mail programs show is left out from the end and counted in the mail.
    """
    zone, edition = ZoneInfo(of.timezone), told.edition
    views = _views(told, zone, house)
    values = {
        "newsletter": look(of, house.settings.base_url),
        "edition": EditionView(
            subject=edition.subject,
            preheader=edition.preheader,
            number=edition.number,
            dateline=date_in_words(edition.window_end.astimezone(zone)),
            notes=told.layout.notes,
        ),
        "subscriber": told.reader,
        "notice": told.notice,
        "greets": of.greets,
        "unsubscribe_url": Hole("unsubscribe_url"),
        "preferences_url": Hole("preferences_url"),
        "reason": f"You get this because you signed up for {of.name} at {host(house.settings.base_url)}.",
        "web_url": edition_url(of, edition.number, house.settings.base_url),
    }
    shown = len(views)
    while True:
        content = house.renderer.render(
            "digest", {**values, "articles": views[:shown], "left_out": len(views) - shown}
        )
        if len(content.html.encode()) <= HTML_LIMIT or shown == 1:
            return content
        shown = max(1, shown * 9 // 10)


def _views(told: Told, zone: ZoneInfo, house: House) -> list[ArticleView]:
    sites = source_titles({article.source_id for article in told.articles})
    views = [
        _view(each, zone, sites.get(each.source_id, ""), told.layout.sections.get(each.id, ""))
        for each in told.articles
    ]
    if not told.is_counted:
        return views
    urls = [click_url(house.signer, told.edition.id, each.id, house.settings.base_url) for each in told.articles]
    return [replace(view, url=url) for view, url in zip(views, urls, strict=True)]


def _view(article: Article, zone: ZoneInfo, site: str, section: str) -> ArticleView:
    return ArticleView(
        title=article.title,
        url=article.url,
        summary=article.summary_text,
        author=article.author,
        credit=article.credit,
        site=site,
        image_url=article.image_url or None,
        image_alt=article.image_alt,
        topics=article.topics,
        published_at=article.published_at.astimezone(zone),
        section=section,
    )
