"""Reading editions."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select

from newsletter.articles.models import Article
from newsletter.core.db import db
from newsletter.core.errors import NotFound
from newsletter.delivery.queries import Ledger, ledger
from newsletter.editions.models import Edition, EditionArticle


def edition(edition_id: int) -> Edition:
    """In its newest state. Raises NotFound."""
    found = db.session.get(Edition, edition_id, populate_existing=True)
    if found is None:
        raise NotFound(kind="edition", name=edition_id)
    return found


def editions(newsletter_id: int | None = None, limit: int = 50) -> Sequence[Edition]:
    """Newest first; None for those of all newsletters."""
    statement = select(Edition).order_by(Edition.id.desc()).limit(limit)
    if newsletter_id is not None:
        statement = statement.where(Edition.newsletter_id == newsletter_id)
    return db.session.scalars(statement).all()


def articles_of(edition_id: int) -> Sequence[Article]:
    """In the order of the edition."""
    return db.session.scalars(
        select(Article)
        .join(EditionArticle, EditionArticle.article_id == Article.id)
        .where(EditionArticle.edition_id == edition_id)
        .order_by(EditionArticle.position)
    ).all()


def carried(newsletter_id: int, article_ids: Collection[int]) -> set[int]:
    """Which of these articles an edition of this newsletter has carried already."""
    if not article_ids:
        return set()
    return set(
        db.session.scalars(
            select(EditionArticle.article_id)
            .join(Edition, Edition.id == EditionArticle.edition_id)
            .where(Edition.newsletter_id == newsletter_id, EditionArticle.article_id.in_(article_ids))
        )
    )


def last_number(newsletter_id: int) -> int:
    """0 before the first edition."""
    last = db.session.scalar(select(func.max(Edition.number)).where(Edition.newsletter_id == newsletter_id))
    return last or 0


def progress(of: Edition) -> Ledger:
    """Where each recipient stands; an empty ledger for a draft."""
    return ledger(of.mailing_id) if of.mailing_id else Ledger(audience=0, states={})
