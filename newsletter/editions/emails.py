"""An edition as a letter: rendered once, with holes for what differs by recipient."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.articles.models import Article
from newsletter.articles.queries import pictures_of, source_titles
from newsletter.core.clock import now
from newsletter.core.errors import TemplateRefused, UnsafeMessage
from newsletter.core.words import said
from newsletter.delivery.service import Letter
from newsletter.delivery.service.queueing import NAME
from newsletter.editions.links import Clicked, click_url, edition_url
from newsletter.editions.models import Edition
from newsletter.editions.policy import PLAIN_LAYOUT, EditionStatus, Layout
from newsletter.editions.policy.splitting import Arm
from newsletter.editions.queries.splits import split_of
from newsletter.mail.fields import Field, Renderings
from newsletter.mail.gate import Finding
from newsletter.mail.house import House
from newsletter.mail.languages import date_in_words
from newsletter.mail.message import MARKER, Content, Hole, plain
from newsletter.mail.render import HTML_LIMIT
from newsletter.newsletters.emails import image_url, list_letterhead, look, page_url, personal_letterhead
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.policy import Pictures
from newsletter.newsletters.queries import canary_rule
from newsletter.subscriptions.links import preferences_link, unsubscribe_link
from newsletter.templates.emails import Style, data_of, written
from newsletter.templates.queries import kept_sources


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
    small_image_url: str | None = None
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

    `sources` are the parts that operators wrote, to be looked at; None for those that are kept.
    `is_counted`: its links lead to the articles by way of the page that counts them, each subject's of two for
    itself, by the number of its `arm`.
    """

    edition: Edition
    articles: Sequence[Article]
    layout: Layout = PLAIN_LAYOUT
    reader: Reader = A_READER
    notice: str = ""
    sources: Mapping[str, str] | None = None
    is_counted: bool = False
    arm: int = 0


def called(edition: Edition, words: str, before: str) -> Edition:
    """The same edition with another subject and preheader, to be rendered and not kept."""
    return Edition(
        id=edition.id,
        newsletter_id=edition.newsletter_id,
        slot=edition.slot,
        number=edition.number,
        subject=words,
        preheader=before,
        notes=edition.notes,
        window_start=edition.window_start,
        window_end=edition.window_end,
    )


def told_by_subject(told: Told) -> Sequence[Told]:
    """The edition as it is or, where a second subject is tried, as each half is told it."""
    found = split_of(told.edition.id)
    if found is None:
        return [told]
    other = called(told.edition, found.subject, told.edition.preheader)
    return [replace(told, arm=Arm.OWN.number), replace(told, edition=other, arm=Arm.OTHER.number)]


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
    values, zone = values_of(told, of, house), ZoneInfo(of.timezone)
    articles = values["articles"]
    sources = kept_sources(of.id) if told.sources is None else told.sources
    shown, before = len(articles), math.inf
    while True:
        told_now = {**values, "articles": articles[:shown], "left_out": len(articles) - shown}
        parts = _written(sources, data_of(told_now, zone)) if sources else {}
        content = house.renderer.render("digest", {**told_now, "written": parts})
        size = len(content.html.encode())
        # What does not get smaller is long for another reason, an operator's; the gate says so.
        if size <= HTML_LIMIT or shown == 1 or size >= before:
            return content
        shown, before = max(1, shown * 9 // 10), size


def _written(sources: Mapping[str, str], values: Mapping[str, Any]) -> Mapping[str, str | Style]:
    try:
        return written(sources, values)
    except TemplateRefused as problem:
        # It was tried before it was kept; what it cannot stand is in this edition.
        raise UnsafeMessage(str(problem)) from problem


def values_of(told: Told, of: Newsletter, house: House) -> dict[str, Any]:
    """What the template of an edition is given, with all of its articles."""
    zone = ZoneInfo(of.timezone)
    edition = told.edition
    views = _views(told, of, house)
    return {
        "newsletter": look(of, house.settings.base_url),
        "edition": EditionView(
            subject=edition.subject,
            preheader=edition.preheader,
            number=edition.number,
            dateline=date_in_words(edition.window_end.astimezone(zone), of.language),
            notes=told.layout.notes,
        ),
        "articles": views,
        "left_out": 0,
        "subscriber": told.reader,
        "notice": told.notice,
        "greets": of.greets,
        "unsubscribe_url": Hole("unsubscribe_url"),
        "preferences_url": Hole("preferences_url"),
        "home_url": house.settings.base_url,
        "web_url": edition_url(of, edition.number, house.settings.base_url),
    }


def basis_of(told: Told, of: Newsletter, house: House) -> object:
    """All that the edition is made of, whichever of its articles are in it: equal where the outcome would be."""
    values = {name: value for name, value in values_of(told, of, house).items() if not isinstance(value, Hole)}
    return values, dict(kept_sources(of.id)), of.timezone


def _views(told: Told, of: Newsletter, house: House) -> list[ArticleView]:
    zone, sites = ZoneInfo(of.timezone), source_titles({article.source_id for article in told.articles})
    base_url = house.settings.base_url
    shown = pictured(told.articles, of, base_url)
    views = [
        replace(
            _view(each, zone, sites.get(each.source_id, ""), shown.get(each.id)),
            section=told.layout.sections.get(each.id, ""),
        )
        for each in told.articles
    ]
    if not told.is_counted:
        return views
    clicks = [Clicked(told.edition.id, each.id, told.arm) for each in told.articles]
    urls = [click_url(house.signer, each, base_url) for each in clicks]
    return [replace(view, url=url) for view, url in zip(views, urls, strict=True)]


def missing_pictures(articles: Sequence[Article], of: Newsletter) -> list[Finding]:
    """Why articles go without their picture, where ours are shown."""
    if of.pictures != Pictures.FETCH:
        return []
    kept = pictures_of({each.id for each in articles})
    return [
        Finding(
            "picture",
            is_error=False,
            words=said("'%(title)s' goes without its picture: %(why)s", title=plain(each.title)[:60], why=why),
        )
        for each in articles
        if each.image_url
        and (why := kept[each.id].problem if each.id in kept else said("It was not fetched yet."))
    ]


@dataclass(frozen=True)
class Shown:
    """Where the picture of an article is loaded from: the wide one and the small one; `width` if it is known."""

    url: str
    small_url: str
    width: int | None = None


def pictured(articles: Sequence[Article], of: Newsletter, base_url: str) -> dict[int, Shown]:
    """Those of the articles that are shown with a picture, as the newsletter wants it; in mails and on the web.

    The URLs of those that are linked are as the feed had them.
    """
    if of.pictures == Pictures.LINK:
        return {each.id: Shown(each.image_url, each.image_url) for each in articles if each.image_url}
    kept = pictures_of({each.id for each in articles}) if of.pictures == Pictures.FETCH else {}
    return {
        number: Shown(image_url(each.name, base_url), image_url(each.small_name, base_url), each.width)
        for number, each in kept.items()
        if each.name
    }


def _view(article: Article, zone: ZoneInfo, site: str, shown: Shown | None) -> ArticleView:
    return ArticleView(
        title=article.title,
        url=article.url,
        summary=article.summary_text,
        author=article.author,
        credit=article.credit,
        site=site,
        image_url=shown.url if shown else None,
        small_image_url=shown.small_url if shown else None,
        image_width=shown.width if shown else None,
        image_alt=article.image_alt,
        topics=article.topics,
        published_at=article.published_at.astimezone(zone),
    )
