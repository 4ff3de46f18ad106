"""Reading digests."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, or_, select

from newsletter.articles.models import Article
from newsletter.core.db import db
from newsletter.core.errors import NotFound
from newsletter.digests.models import Digest, DigestRun, DigestSource
from newsletter.editions.models import Edition, EditionArticle
from newsletter.editions.policy import PUBLIC
from newsletter.newsletters.models import Newsletter


def find_digest(slug: str) -> Digest | None:
    return db.session.scalar(select(Digest).where(Digest.slug == slug))


def digest(slug: str) -> Digest:
    """Raises NotFound."""
    found = find_digest(slug)
    if found is None:
        raise NotFound(kind="digest", name=slug)
    return found


def digests() -> Sequence[Digest]:
    """All, the one that is due next first."""
    return db.session.scalars(select(Digest).order_by(Digest.next_due_at, Digest.id)).all()


def due_digests(at: datetime) -> Sequence[int]:
    """The ids of those whose slot has come."""
    return db.session.scalars(select(Digest.id).where(Digest.next_due_at <= at).order_by(Digest.id)).all()


def source_ids(digest_id: int) -> Sequence[int]:
    return db.session.scalars(select(DigestSource.source_id).where(DigestSource.digest_id == digest_id)).all()


def runs(digest_id: int, limit: int = 20) -> Sequence[DigestRun]:
    """What came of its slots, newest first."""
    return db.session.scalars(
        select(DigestRun).where(DigestRun.digest_id == digest_id).order_by(DigestRun.due_at.desc()).limit(limit)
    ).all()


def newsletters_drawing_from(source_id: int) -> Sequence[Newsletter]:
    """Those with a digest that takes articles of this source, by name."""
    drawing = (
        select(Digest.newsletter_id)
        .join(DigestSource, DigestSource.digest_id == Digest.id)
        .where(DigestSource.source_id == source_id)
    )
    return db.session.scalars(
        select(Newsletter).where(Newsletter.id.in_(drawing)).order_by(Newsletter.name, Newsletter.id)
    ).all()


def shown_article(article_id: int, at: datetime) -> Article:
    """One that may be read by everybody: it is out, and a digest takes from its source or an edition carried it.

    Raises NotFound.
    """
    is_drawn_from = exists().where(DigestSource.source_id == Article.source_id)
    was_carried = exists().where(
        EditionArticle.article_id == Article.id,
        Edition.id == EditionArticle.edition_id,
        Edition.status.in_(PUBLIC),
    )
    found: Article | None = db.session.scalar(
        select(Article).where(
            Article.id == article_id,
            Article.available_at <= at,
            or_(is_drawn_from.correlate(Article), was_carried.correlate(Article)),
        )
    )
    if found is None:
        raise NotFound(kind="article", name=article_id)
    return found
