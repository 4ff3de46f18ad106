"""Editions and articles as pages show them: dates in the newsletter's zone, links that lead to the web only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from newsletter.articles.links import article_url
from newsletter.articles.models import Article
from newsletter.articles.parsers.urls import web_url
from newsletter.articles.queries import source_titles
from newsletter.core.words import said
from newsletter.editions.emails import Shown, pictured
from newsletter.editions.links import edition_url
from newsletter.editions.models import Edition
from newsletter.editions.policy import Layout
from newsletter.mail.languages import date_in_words
from newsletter.mail.notes import markdown
from newsletter.newsletters.models import Newsletter
from newsletter.web.current import house
from newsletter.web.words import language, translated


@dataclass(frozen=True)
class Issue:
    """An edition; `moment` is what its mail is dated by."""

    number: int
    subject: str
    preheader: str
    url: str
    moment: datetime

    @property
    def day(self) -> str:
        return date_in_words(self.moment, language())


@dataclass(frozen=True)
class Story:
    """An article in an edition. `credit` is "" where it would repeat the newsletter's name; URLs may be "".

    `url` is where it comes from, `page_url` our own page if that has the whole text.
    """

    title: str
    url: str
    page_url: str
    summary: str
    author: str
    credit: str
    topic: str
    image_url: str
    image_alt: str
    moment: datetime

    @property
    def day(self) -> str:
        return date_in_words(self.moment, language())


@dataclass(frozen=True)
class Part:
    """Articles that stand together; `title` and `note` are "" where the edition has no sections."""

    title: str
    note: str
    stories: Sequence[Story]


def issue(edition: Edition, of: Newsletter) -> Issue:
    return Issue(
        number=edition.number,
        subject=edition.subject,
        preheader=edition.preheader,
        url=edition_url(of, edition.number, house().settings.base_url),
        moment=printed(edition.window_end, ZoneInfo(of.timezone)),
    )


def stories(articles: Sequence[Article], of: Newsletter) -> list[Story]:
    """In the same order."""
    sites = source_titles({article.source_id for article in articles})
    shown = pictured(articles, of, house().settings.base_url)
    return [_story(each, sites.get(each.source_id, ""), shown.get(each.id), of) for each in articles]


def parts(articles: Sequence[Article], layout: Layout, of: Newsletter) -> list[Part]:
    """The sections of an edition in its order; what stands in none after one that does is headed `More`."""
    told = zip(articles, stories(articles, of), strict=True)
    made: list[Part] = []
    for section, group in groupby(told, key=lambda pair: layout.sections.get(pair[0].id, "")):
        title = section or (str(translated(said("More"))) if made else "")
        note = markdown(layout.notes.get(section, "")) if section else ""
        made.append(Part(title, note, [story for _, story in group]))
    return made


def first_picture(told: Sequence[Story]) -> Story | None:
    """The first story that has a picture."""
    return next((story for story in told if story.image_url), None)


def printed(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment in this zone, in whole seconds: HTML knows no millionths."""
    return moment.astimezone(zone).replace(microsecond=0)


def _story(article: Article, site: str, shown: Shown | None, of: Newsletter) -> Story:
    return Story(
        title=article.title,
        url=web_url(article.url, ""),
        page_url=article_url(article, house().settings.base_url) if article.body_html else "",
        summary=article.summary_text,
        author=article.author,
        credit=article.credit or (site if site != of.name else ""),
        topic=next(iter(article.topics), ""),
        image_url=web_url(shown.url, "") if shown else "",
        image_alt=article.image_alt,
        moment=printed(article.published_at, ZoneInfo(of.timezone)),
    )
