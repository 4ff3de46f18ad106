"""Reading sources and articles."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select
from sqlalchemy.orm import load_only

from newsletter.articles.models import Article, ArticleKey, ArticlePicture, Author, Source
from newsletter.articles.policy import canonical_url, name_key, names_in, spellings
from newsletter.core.clock import now
from newsletter.core.db import among, db
from newsletter.core.errors import NotFound
from newsletter.core.keyset import NEWEST, Place, Turned, turned
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.policy import Pictures

PAGE = 30
"""Articles on a page of the list."""

MOST_LEFT_OUT = 50

_WITHOUT_BODIES = load_only(
    *(Article.source_id, Article.url, Article.title, Article.author, Article.topics, Article.available_at),
    *(Article.published_at, Article.date_is_guess),
)


def source(source_id: int) -> Source:
    """Raises NotFound."""
    found = db.session.get(Source, source_id)
    if found is None:
        raise NotFound(kind="source", name=source_id)
    return found


def source_to_write(source_id: int) -> Source:
    """As `source`, in its newest state; nobody else may write about it until this transaction ends."""
    found = db.session.get(Source, source_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(kind="source", name=source_id)
    return found


def find_source(url: str) -> Source | None:
    return db.session.scalar(select(Source).where(Source.url == url))


def sources() -> Sequence[Source]:
    """All that were not removed, paused ones too, in the order in which they were added."""
    return db.session.scalars(select(Source).where(Source.removed_at.is_(None)).order_by(Source.id)).all()


def sources_to_read() -> Sequence[Source]:
    """As `sources`, without those that are paused."""
    return [each for each in sources() if each.is_read]


def removed_sources() -> Sequence[Source]:
    """Whose articles alone are left, the last that was removed first."""
    gone = select(Source).where(Source.removed_at.is_not(None))
    return db.session.scalars(gone.order_by(Source.removed_at.desc(), Source.id)).all()


def source_titles(source_ids: Collection[int]) -> dict[int, str]:
    """What each of these calls itself."""
    rows = db.session.execute(select(Source.id, Source.title).where(Source.id.in_(source_ids)))
    return {row.id: row.title for row in rows}


class Glance(NamedTuple):
    """What a rule looks at of an article: a plain row, because thousands are looked at for the twenty it takes."""

    id: int
    source_id: int
    url: str
    title: str
    summary: str
    author: str
    topics_as_json: str
    published_at: datetime
    date_is_guess: bool
    available_at: datetime

    @property
    def topics(self) -> Sequence[str]:
        return _topics(self.topics_as_json)

    @property
    def canonical(self) -> str:
        """The address in one spelling, "" where there is none."""
        return canonical_url(self.url)


@lru_cache(maxsize=4096)
def _topics(written: str) -> Sequence[str]:
    """Read once for all articles that have the same, because most of a paper do."""
    return tuple(json.loads(written))


def available(source_ids: Collection[int], start: datetime, end: datetime) -> Sequence[Glance]:
    """Articles of these sources that a digest could first take in [start, end), newest first.

    Those whose date is a guess come last: a feed without dates would otherwise push its whole past to the front.
    """
    return _glances(
        among(Article.source_id, source_ids), Article.available_at >= start, Article.available_at < end
    )


def glances(article_ids: Collection[int]) -> Sequence[Glance]:
    """Those of these articles that there are, as `available` orders them."""
    return _glances(among(Article.id, article_ids)) if article_ids else ()


def _glances(*those: ColumnElement[bool]) -> Sequence[Glance]:
    rows = db.session.execute(
        select(
            *(Article.id, Article.source_id, Article.url, Article.title, Article.summary_text, Article.author),
            *(cast(Article.topics, Text), Article.published_at, Article.date_is_guess, Article.available_at),
        )
        .where(*those)
        .order_by(Article.date_is_guess, Article.published_at.desc(), Article.id.desc())
    )
    return [Glance._make(row) for row in rows]


def newest(source_ids: Collection[int], since: datetime, most: int) -> Sequence[Article]:
    """Articles of these sources that could be taken since then, the newest first, without their texts."""
    told = (Article.source_id, Article.author, Article.topics)
    return db.session.scalars(
        select(Article)
        .options(load_only(*told, raiseload=True))
        .where(Article.source_id.in_(source_ids), Article.available_at >= since)
        .order_by(Article.available_at.desc(), Article.id.desc())
        .limit(most)
    ).all()


def article(article_id: int) -> Article:
    """Raises NotFound."""
    found = db.session.get(Article, article_id)
    if found is None:
        raise NotFound(kind="article", name=article_id)
    return found


def articles(article_ids: Collection[int]) -> Sequence[Article]:
    """Those of them that there are, in no particular order."""
    if not article_ids:
        return ()
    return db.session.scalars(select(Article).where(Article.id.in_(article_ids))).all()


RECENT, AT_ONCE, TRIES = 500, 20, 3
"""Of the newest articles, how many are looked at for pictures, how many are fetched in one go, and how often."""


def pictures_to_fetch() -> Sequence[Article]:
    """Recent articles whose picture nobody has fetched, or not with success, while a newsletter wants them."""
    wanted = select(Newsletter.id).where(Newsletter.pictures == Pictures.FETCH).limit(1)
    if db.session.scalar(wanted) is None:
        return ()
    newest = select(Article.id).order_by(Article.id.desc()).limit(RECENT).subquery()
    again = now() - timedelta(minutes=1)
    return db.session.scalars(
        select(Article)
        .join(newest, newest.c.id == Article.id)
        .outerjoin(ArticlePicture, ArticlePicture.article_id == Article.id)
        .where(
            Article.image_url != "",
            or_(
                ArticlePicture.article_id.is_(None),
                and_(ArticlePicture.problem != "", ArticlePicture.tries < TRIES, ArticlePicture.tried_at < again),
            ),
        )
        .order_by(Article.id.desc())
        .limit(AT_ONCE)
    ).all()


def pictures_of(article_ids: Collection[int]) -> dict[int, ArticlePicture]:
    """What came of fetching the pictures of these articles; those that nobody tried are not in it."""
    found = db.session.scalars(select(ArticlePicture).where(ArticlePicture.article_id.in_(article_ids)))
    return {each.article_id: each for each in found}


def listed(source_id: int | None = None, words: Sequence[str] = (), place: Place = NEWEST) -> Turned[Article]:
    """A page of articles, the last read first, without their bodies; places are ids.

    Of one source, None for all; with words only those in whose title or author each of them stands.
    """
    found = select(Article).options(_WITHOUT_BODIES)
    if source_id is not None:
        found = found.where(Article.source_id == source_id)
    for word in words:
        ways = (
            text.icontains(way, autoescape=True)
            for text in (Article.title, Article.author)
            for way in spellings(word)
        )
        found = found.where(or_(*ways))
    return turned(found, Article.id, place, PAGE)


def left_out(
    source_ids: Collection[int], start: datetime, end: datetime, but: Collection[int]
) -> Sequence[Article]:
    """As `available`, without those whose ids are given and without bodies; the newest fifty."""
    return db.session.scalars(
        select(Article)
        .options(_WITHOUT_BODIES)
        .where(
            Article.source_id.in_(source_ids),
            Article.available_at >= start,
            Article.available_at < end,
            Article.id.not_in(but),
        )
        .order_by(Article.available_at.desc(), Article.id.desc())
        .limit(MOST_LEFT_OUT)
    ).all()


def how_many() -> Mapping[int, int]:
    """The number of articles of each source that has any."""
    counted = select(Article.source_id, func.count().label("total")).group_by(Article.source_id)
    return {row.source_id: row.total for row in db.session.execute(counted)}


def known_keys(source_id: int, keys: Collection[str]) -> dict[str, int]:
    """Which of the keys articles of this source have already, and which article has them."""
    rows = db.session.execute(
        select(ArticleKey.key, ArticleKey.article_id).where(
            ArticleKey.source_id == source_id, ArticleKey.key.in_(keys)
        )
    )
    return {row.key: row.article_id for row in rows}


def authors() -> Sequence[Author]:
    """All of whom something is known, by name."""
    return db.session.scalars(select(Author).order_by(Author.key)).all()


def find_author(name: str) -> Author | None:
    return db.session.scalar(select(Author).where(Author.key == name_key(name)))


def authors_in(byline: str) -> list[Author]:
    """Those people of a byline of whom something is known, in its order."""
    keys = [name_key(name) for name in names_in(byline)]
    known = {each.key: each for each in db.session.scalars(select(Author).where(Author.key.in_(keys)))}
    return [known[key] for key in keys if key in known]


def failing_sources(since: datetime) -> Sequence[Source]:
    """Those that should be read and could not be since then or longer, the longest first."""
    return db.session.scalars(
        select(Source)
        .where(Source.failing_since <= since, Source.paused_at.is_(None), Source.removed_at.is_(None))
        .order_by(Source.failing_since, Source.id)
    ).all()
