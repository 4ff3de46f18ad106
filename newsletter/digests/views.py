"""An article as on a news site; here, because the sign-up at its foot is for the newsletters of digests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from newsletter.articles.links import article_url
from newsletter.articles.models import Article, Author
from newsletter.articles.parsers.urls import web_url
from newsletter.articles.policy import begins_like, name_key, people_in, slug_of, under_headline
from newsletter.articles.queries import authors_in, source
from newsletter.core.clock import now
from newsletter.core.words import said
from newsletter.digests.queries import newsletters_drawing_from, shown_article
from newsletter.editions.emails import pictured
from newsletter.editions.queries import editions_with
from newsletter.editions.views.printed import Issue, issue, printed
from newsletter.mail.languages import date_in_words
from newsletter.mail.render import host, time_in_words
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.policy import FollowKind
from newsletter.subscriptions.queries import followables
from newsletter.subscriptions.service.guarding import stamp
from newsletter.subscriptions.views.answers import about, speak_as
from newsletter.subscriptions.views.foot import foot
from newsletter.subscriptions.views.proofs import with_script
from newsletter.web.caching import shared_with_form
from newsletter.web.current import house
from newsletter.web.headers import with_pictures
from newsletter.web.numbers import MOST_DIGITS, whole_number
from newsletter.web.words import language

blueprint = Blueprint("articles", __name__)


@dataclass(frozen=True)
class Piece:
    """An article as its page shows it; `url` is where it comes from. Texts and URLs but its own may be "".

    `image_url` is "" where the body shows the picture, `picture_url` is the picture all the same.
    """

    title: str
    url: str
    own_url: str
    moment: datetime
    dateline: str
    author: str
    credit: str
    standfirst: str
    body: Markup
    picture_url: str
    image_url: str
    image_alt: str
    topics: Sequence[str]
    description: str


@blueprint.get("/articles/<article_id>/<slug>")
def article(article_id: str, slug: str) -> Response:
    shown = shown_article(whole_number(article_id, MOST_DIGITS), now())
    if slug != slug_of(shown.title):
        return redirect(url_for(".article", article_id=shown.id, slug=slug_of(shown.title)), 301)
    carried, writers = editions_with(shown.id), authors_in(shown.author)
    first, *others = _newsletters(shown, [of for _, of in carried])
    speak_as(first)
    body = about(
        "pages/article.html",
        first,
        piece=_piece(shown, first),
        writers=[(each, web_url(each.url, "")) for each in writers],
        carried=[(issue(edition, of), of) for edition, of in carried],
        others=others,
        follow=_follow(shown, first),
        foot=foot(first),
    )
    changed_at = _changed_at(shown, writers, [issue(edition, of) for edition, of in carried])
    return with_script(with_pictures(shared_with_form(body, changed_at, stamp(house()))))


@dataclass(frozen=True)
class Following:
    """One thing of an article that can be followed, and where that is done."""

    kind: str
    value: str
    url: str


def _follow(shown: Article, of: Newsletter) -> Sequence[Following]:
    """Topics, authors and source of the article, as far as the newsletter offers them."""
    has = {(FollowKind.TOPIC, name_key(topic)) for topic in shown.topics}
    has |= {(FollowKind.AUTHOR, name_key(name)) for name in people_in(shown.author)}
    has.add((FollowKind.SOURCE, name_key(source(shown.source_id).title)))
    return [
        Following(each.kind, each.value, url_for("public.page", slug=of.slug, follow=each.id, _anchor="sign-up"))
        for each in followables(of.id)
        if (FollowKind(each.kind), name_key(each.value)) in has
    ]


def _newsletters(shown: Article, carriers: Sequence[Newsletter]) -> list[Newsletter]:
    """Whose readers get such articles; those that once carried it where no digest takes from its source now."""
    return list(newsletters_drawing_from(shown.source_id)) or list(dict.fromkeys(carriers))


def _changed_at(shown: Article, writers: Sequence[Author], carried: Sequence[Issue]) -> datetime:
    moments = [*(each.updated_at for each in writers), *(each.moment for each in carried)]
    return max(shown.available_at, *moments) if moments else shown.available_at


def _dateline(moment: datetime, *, is_guess: bool) -> str:
    day = date_in_words(moment, language())
    return day if is_guess else said("%(day)s, %(time)s", day=day, time=time_in_words(moment))


def _piece(shown: Article, of: Newsletter) -> Piece:
    url, theirs = web_url(shown.url, ""), web_url(shown.image_url, "")
    moment, base_url = printed(shown.published_at, ZoneInfo(of.timezone)), house().settings.base_url
    place = pictured([shown], of, base_url).get(shown.id)
    picture = web_url(place.url, "") if place else ""
    is_repeated = shown.body_html and begins_like(shown.body_html, shown.summary_text)
    return Piece(
        title=shown.title,
        url=url,
        own_url=article_url(shown, base_url),
        moment=moment,
        dateline=_dateline(moment, is_guess=shown.date_is_guess),
        author=shown.author,
        credit=shown.credit or source(shown.source_id).title or host(url),
        standfirst="" if is_repeated else shown.summary_text,
        # What nh3 let through when the article was recorded.
        body=Markup(under_headline(shown.body_html)),  # noqa: S704
        picture_url=picture,
        image_url="" if theirs and escape(theirs) in shown.body_html else picture,
        image_alt=shown.image_alt,
        topics=shown.topics,
        description=shown.summary_text or shown.title,
    )
