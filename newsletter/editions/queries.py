"""Reading editions."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import load_only

from newsletter.articles.models import Article
from newsletter.core.db import db
from newsletter.core.errors import NotFound
from newsletter.delivery.queries import Ledger, ledger
from newsletter.editions.models import Edition, EditionArticle
from newsletter.editions.policy import EditionStatus, Layout
from newsletter.newsletters.models import Newsletter


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


def layout_of(edition: Edition) -> Layout:
    """Where its articles stand, and the notes between them."""
    rows = db.session.execute(
        select(EditionArticle.article_id, EditionArticle.section).where(
            EditionArticle.edition_id == edition.id, EditionArticle.section != ""
        )
    )
    return Layout(sections={row.article_id: row.section for row in rows}, notes=edition.notes)


def scheduled_until(moment: datetime) -> Sequence[tuple[int, datetime]]:
    """The editions that should have left by then, and when."""
    rows = db.session.execute(
        select(Edition.id, Edition.sends_at)
        .where(Edition.status == EditionStatus.SCHEDULED, Edition.sends_at <= moment)
        .order_by(Edition.sends_at)
    )
    return [(row.id, row.sends_at) for row in rows]


def was_recalled() -> ColumnElement[bool]:
    """Cancelled before anything of it left, so that its articles may go again."""
    return and_(Edition.status == EditionStatus.CANCELLED, Edition.mailing_id.is_(None))


def earlier(newsletter_id: int, slot: datetime) -> ColumnElement[bool]:
    """Editions of this newsletter for slots before that one."""
    return and_(Edition.newsletter_id == newsletter_id, Edition.window_end < slot, ~was_recalled())


def earlier_in_house(newsletter_id: int, slot: datetime) -> ColumnElement[bool]:
    """As `earlier`, and those of all other newsletters up to that slot."""
    is_of_another = and_(Edition.newsletter_id != newsletter_id, Edition.window_end == slot)
    return and_(or_(Edition.window_end < slot, is_of_another), ~was_recalled())


def carriers(article_ids: Collection[int], among: ColumnElement[bool]) -> Mapping[int, str]:
    """Which of these articles went into one of those editions, with words that say which."""
    if not article_ids:
        return {}
    rows = db.session.execute(
        select(EditionArticle.article_id, Edition.number, Edition.window_end, Newsletter.name)
        .join(Edition, Edition.id == EditionArticle.edition_id)
        .join(Newsletter, Newsletter.id == Edition.newsletter_id)
        .where(EditionArticle.article_id.in_(article_ids), among)
        .order_by(Edition.window_end)
    )
    return {
        row.article_id: f"No. {row.number} of {row.name} carried it ({row.window_end:%Y-%m-%d})" for row in rows
    }


def lately_carried(since: datetime, among: ColumnElement[bool]) -> Sequence[Article]:
    """What those editions carried whose slot is not before `since`; without the bodies."""
    carried = (
        select(EditionArticle.article_id)
        .join(Edition, Edition.id == EditionArticle.edition_id)
        .where(Edition.window_end >= since, among)
    )
    without_bodies = load_only(
        *(Article.source_id, Article.url, Article.title, Article.summary_text),
        *(Article.author, Article.topics, Article.published_at),
    )
    return db.session.scalars(select(Article).where(Article.id.in_(carried)).options(without_bodies)).all()


def last_number(newsletter_id: int) -> int:
    """0 before the first edition."""
    last = db.session.scalar(select(func.max(Edition.number)).where(Edition.newsletter_id == newsletter_id))
    return last or 0


def progress(of: Edition) -> Ledger:
    """Where each recipient stands; an empty ledger for a draft."""
    return ledger(of.mailing_id) if of.mailing_id else Ledger(audience=0, states={})
