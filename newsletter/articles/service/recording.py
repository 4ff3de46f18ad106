"""Writes down what polling sources brought, and the pictures of articles."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import insert

from newsletter.articles.models import Article, ArticleKey, ArticlePicture, Source
from newsletter.articles.parsers import Draft, Entry, ParsedFeed, finish, identity
from newsletter.articles.policy import Keys, identity_keys, published_or_guessed
from newsletter.articles.queries import TRIES, find_source, known_keys, source_to_write
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.fetcher import parse_url

MAX_PROBLEM = 300


@dataclass(frozen=True)
class Recorded:
    """How many entries of a document were new, and how many we had."""

    new: int
    known: int


@dataclass(frozen=True)
class _Incoming:
    keys: Keys
    draft: Draft
    entry: Entry | None


def record(source_id: int, feed: ParsedFeed) -> Recorded:
    """Keep what is new in a document; what the source already had stays as it is.

    A feed that moved for good keeps its articles under its new URL, unless another source has that one. Nothing is
    kept for a source that was paused or removed while it was asked.
    """
    incoming = _incoming(source_id, feed)
    with transaction():
        # Two polls of one source at once take turns here, so the second sees what the first added.
        source = source_to_write(source_id)
        if not source.is_read:
            return Recorded(0, 0)
        at = now()
        recorded = _record_incoming(source, incoming, at)
        source.title = feed.title or source.title or parse_url(source.url).host
        source.site_url = feed.site_url or source.site_url
        source.kind = feed.kind
        source.etag, source.last_modified = feed.etag, feed.last_modified
        if feed.permanent_url and find_source(feed.permanent_url) is None:
            source.url = feed.permanent_url
        _mark_well(source, at)
    return recorded


class Fetched(Protocol):
    """What came of fetching a picture; see `articles.feeds.pictures`."""

    @property
    def name(self) -> str: ...
    @property
    def small_name(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def problem(self) -> str: ...
    @property
    def is_final(self) -> bool: ...


def keep_picture(article_id: int, fetched: Fetched) -> None:
    """Note what came of it; an article that is gone meanwhile is left alone."""
    with transaction():
        if db.session.get(Article, article_id) is None:
            return
        row = db.session.get(ArticlePicture, article_id) or ArticlePicture(article_id=article_id, tries=0)
        row.name, row.small_name, row.width = fetched.name, fetched.small_name, fetched.width
        row.problem, row.tried_at = fetched.problem[:MAX_PROBLEM], now()
        row.tries = TRIES if fetched.is_final else row.tries + 1
        db.session.add(row)


def mark_unchanged(source_id: int) -> None:
    """The source answered that there is nothing new."""
    with transaction():
        source = source_to_write(source_id)
        if source.is_read:
            _mark_well(source, now())


def mark_failing(source_id: int, problem: str) -> None:
    """The source could not be read, for this reason; it is still polled, as it may come back.

    Of one that was paused or removed meanwhile nothing is said.
    """
    with transaction():
        source = source_to_write(source_id)
        if not source.is_read:
            return
        source.polled_at = now()
        source.failing_since = source.failing_since or source.polled_at
        source.problem = problem[:MAX_PROBLEM]
        source.failures += 1


def _mark_well(source: Source, at: datetime) -> None:
    source.polled_at = at
    source.forget_trouble()


def _incoming(source_id: int, feed: ParsedFeed) -> list[_Incoming]:
    """The entries of a document, those that seem new made ready to be kept.

    That is the slow part, and so it is done while nobody waits for us; what is really new is decided later.
    """
    keys = identity_keys([identity(draft) for draft in feed.drafts], site_url=feed.site_url)
    owners = known_keys(source_id, {key for each in keys for key in each.known_by})
    return [
        _Incoming(each, draft, None if any(key in owners for key in each.known_by) else finish(draft))
        for draft, each in zip(feed.drafts, keys, strict=True)
    ]


def _record_incoming(source: Source, incoming: list[_Incoming], at: datetime) -> Recorded:
    owners = known_keys(source.id, {key for each in incoming for key in each.keys.remembered})
    new: list[_Incoming] = []
    claimed: set[str] = set()
    of_known: list[tuple[str, int]] = []
    for each in incoming:
        owner = next((owners[key] for key in each.keys.known_by if key in owners), None)
        if owner is not None:
            of_known += [(key, owner) for key in each.keys.remembered]
        elif claimed.isdisjoint(each.keys.known_by):
            claimed.update(each.keys.known_by)
            new.append(each)
    # Feeds put the newest first; the newest is to have the highest id.
    new.reverse()
    article_ids = _insert_articles([_row(source, each.entry or finish(each.draft), at) for each in new])
    of_new = [
        (key, article_id)
        for each, article_id in zip(new, article_ids, strict=True)
        for key in each.keys.remembered
    ]
    _insert_keys(source.id, owners, of_known + of_new)
    return Recorded(new=len(new), known=len(incoming) - len(new))


def _row(source: Source, entry: Entry, at: datetime) -> dict[str, Any]:
    published_at, is_guess = published_or_guessed(entry.published_at, recorded_at=at)
    return {
        "source_id": source.id,
        "url": entry.url,
        "title": entry.title,
        "summary_html": entry.summary_html,
        "summary_text": entry.summary_text,
        "body_html": entry.body_html,
        "author": entry.author,
        "credit": entry.credit or source.credit,
        "image_url": entry.image_url,
        "image_alt": entry.image_alt,
        "topics": list(entry.topics),
        "published_at": published_at,
        "date_is_guess": is_guess,
        "recorded_at": at,
        "available_at": max(at, published_at),
    }


def _insert_articles(rows: list[dict[str, Any]]) -> list[int]:
    if not rows:
        return []
    statement = insert(Article).returning(Article.id, sort_by_parameter_order=True)
    return list(db.session.scalars(statement, rows))


def _insert_keys(source_id: int, owners: dict[str, int], wanted: Iterable[tuple[str, int]]) -> None:
    # A key that two articles share belongs to the first of them.
    missing: dict[str, int] = {}
    for key, article_id in wanted:
        if key not in owners:
            missing.setdefault(key, article_id)
    if missing:
        db.session.execute(
            insert(ArticleKey),
            [{"source_id": source_id, "article_id": owner, "key": key} for key, owner in missing.items()],
        )
