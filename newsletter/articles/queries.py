"""Reading sources and articles."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from newsletter.articles.models import Article, ArticleKey, Author, Source
from newsletter.articles.policy import name_key, names_in
from newsletter.core.db import db
from newsletter.core.errors import NotFound


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
    """All, in the order in which they were added."""
    return db.session.scalars(select(Source).order_by(Source.id)).all()


def source_titles(source_ids: Collection[int]) -> dict[int, str]:
    """What each of these calls itself."""
    rows = db.session.execute(select(Source.id, Source.title).where(Source.id.in_(source_ids)))
    return {row.id: row.title for row in rows}


def available(source_ids: Collection[int], start: datetime, end: datetime) -> Sequence[Article]:
    """Articles of these sources that a digest could first take in [start, end), newest first.

    Those whose date is a guess come last: a feed without dates would otherwise push its whole past to the front.
    """
    return db.session.scalars(
        select(Article)
        .where(Article.source_id.in_(source_ids), Article.available_at >= start, Article.available_at < end)
        .order_by(Article.date_is_guess, Article.published_at.desc(), Article.id.desc())
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
    """Those that could not be read since then or longer, the longest first."""
    return db.session.scalars(
        select(Source).where(Source.failing_since <= since).order_by(Source.failing_since, Source.id)
    ).all()
