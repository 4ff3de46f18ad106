"""Reading editions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, asc, desc, func, select
from sqlalchemy.orm import load_only

from newsletter.articles.models import Article
from newsletter.core.db import db
from newsletter.core.errors import NotFound
from newsletter.core.keyset import NEWEST, Place, turned
from newsletter.core.words import said
from newsletter.delivery.models import Mailing
from newsletter.delivery.queries import Ledger, ledger
from newsletter.editions.models import Edition, EditionArticle, EditionClick
from newsletter.editions.policy import PUBLIC, ClickKind, EditionStatus, Layout
from newsletter.editions.queries.searching import first_of
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.policy import Cadence

PAGE = 20
"""Editions on a page of the archive."""


@dataclass(frozen=True)
class Page:
    """Editions, newest first, and whether there are older and newer ones than these."""

    editions: Sequence[Edition]
    has_older: bool
    has_newer: bool


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


def mailed_editions(newsletter_id: int, limit: int) -> Sequence[Edition]:
    """The last of a newsletter that were queued for their audience, newest first; only what lists show of them."""
    return db.session.scalars(
        select(Edition)
        .where(Edition.newsletter_id == newsletter_id, Edition.mailing_id.is_not(None))
        .order_by(Edition.slot.desc())
        .options(load_only(Edition.id, Edition.slot, Edition.subject, Edition.mailing_id, Edition.status))
        .limit(limit)
    ).all()


def archive_page(newsletter_id: int, place: Place = NEWEST, words: Sequence[str] | None = None) -> Page:
    """What has been sent; with words only the editions that have all of them, and with () none."""
    found = select(Edition).where(*_on_the_web(newsletter_id))
    if words is None:
        page = turned(found, Edition.number, place, PAGE)
        return Page(page.rows, has_older=page.has_older, has_newer=page.has_newer)
    if place.after is not None:
        nearest = first_of(found.where(Edition.number > place.after), asc, PAGE + 1, words)
        if len(nearest) > PAGE:
            shown = nearest[PAGE - 1 :: -1]
            older = found.where(Edition.number < shown[-1].number)
            return Page(shown, has_older=bool(first_of(older, desc, 1, words)), has_newer=True)
        place = NEWEST
    if place.before is not None:
        older = found.where(Edition.number < place.before)
        has_newer = bool(first_of(found.where(Edition.number >= place.before), asc, 1, words))
    else:
        older, has_newer = found, False
    rows = first_of(older, desc, PAGE + 1, words)
    return Page(rows[:PAGE], has_older=len(rows) > PAGE, has_newer=has_newer)


def public_edition(newsletter_id: int, number: int) -> Edition:
    """Raises NotFound, also for one that is not on the web."""
    found: Edition | None = db.session.scalar(
        select(Edition).where(*_on_the_web(newsletter_id), Edition.number == number)
    )
    if found is None:
        raise NotFound(kind="edition", name=number)
    return found


def neighbours(of: Edition) -> tuple[Edition | None, Edition | None]:
    """The edition before it and the one after it on the web."""
    on_the_web = select(Edition).where(*_on_the_web(of.newsletter_id)).limit(1)
    older = on_the_web.where(Edition.number < of.number).order_by(Edition.number.desc())
    newer = on_the_web.where(Edition.number > of.number).order_by(Edition.number)
    return db.session.scalar(older), db.session.scalar(newer)


def articles_of(edition_id: int) -> Sequence[Article]:
    """In the order of the edition."""
    return db.session.scalars(
        select(Article)
        .join(EditionArticle, EditionArticle.article_id == Article.id)
        .where(EditionArticle.edition_id == edition_id)
        .order_by(EditionArticle.position)
    ).all()


def editions_with(article_id: int, limit: int = 5) -> list[tuple[Edition, Newsletter]]:
    """The editions on the web that carried the article, newest first, each with its newsletter."""
    rows = db.session.execute(
        select(Edition, Newsletter)
        .join(EditionArticle, EditionArticle.edition_id == Edition.id)
        .join(Newsletter, Newsletter.id == Edition.newsletter_id)
        .where(EditionArticle.article_id == article_id, Edition.status.in_(PUBLIC))
        .order_by(Edition.id.desc())
        .limit(limit)
    )
    return [(edition, of) for edition, of in rows]


def other_carriers(article_id: int, newsletter_id: int) -> Sequence[Edition]:
    """The last edition of each other newsletter that carried the article and has left, but for corrections."""
    last = (
        select(func.max(Edition.id))
        .join(EditionArticle, EditionArticle.edition_id == Edition.id)
        .where(
            EditionArticle.article_id == article_id,
            Edition.newsletter_id != newsletter_id,
            Edition.mailing_id.is_not(None),
            Edition.corrects.is_(None),
        )
        .group_by(Edition.newsletter_id)
    )
    return db.session.scalars(select(Edition).where(Edition.id.in_(last)).order_by(Edition.id)).all()


def articles_by_edition(edition_ids: Collection[int]) -> dict[int, list[Article]]:
    """For each of these editions its articles in order, in one query."""
    found: dict[int, list[Article]] = {each: [] for each in edition_ids}
    rows = db.session.execute(
        select(EditionArticle.edition_id, Article)
        .join(Article, Article.id == EditionArticle.article_id)
        .where(EditionArticle.edition_id.in_(found))
        .order_by(EditionArticle.edition_id, EditionArticle.position)
    )
    for edition_id, article in rows:
        found[edition_id].append(article)
    return found


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
        .order_by(Edition.sends_at, Edition.id)
    )
    return [(row.id, row.sends_at) for row in rows]


def was_recalled() -> ColumnElement[bool]:
    """Cancelled before anything of it left, so that its articles may go again."""
    return and_(Edition.status == EditionStatus.CANCELLED, Edition.mailing_id.is_(None))


def earlier(newsletter_id: int, slot: datetime, cadence: Cadence = Cadence.EACH) -> ColumnElement[bool]:
    """Editions of this newsletter and cadence for slots before that one."""
    return and_(
        Edition.newsletter_id == newsletter_id,
        Edition.cadence == cadence,
        Edition.window_end < slot,
        ~was_recalled(),
    )


def other_editions(than: Edition) -> ColumnElement[bool]:
    """All of the same newsletter."""
    return and_(Edition.newsletter_id == than.newsletter_id, Edition.id != than.id, ~was_recalled())


def carriers(article_ids: Collection[int], among: ColumnElement[bool]) -> Mapping[int, str]:
    """Which of these articles went into one of those editions, with words that say which.

    They are asked for by the first and the last of them: few of the thousands that a digest looks at were carried.
    """
    if not article_ids:
        return {}
    rows = db.session.execute(
        select(EditionArticle.article_id, Edition.number, Edition.window_end, Newsletter.name)
        .join(Edition, Edition.id == EditionArticle.edition_id)
        .join(Newsletter, Newsletter.id == Edition.newsletter_id)
        .where(EditionArticle.article_id.between(min(article_ids), max(article_ids)), among)
        .order_by(Edition.window_end)
    )
    asked = set(article_ids)
    return {
        row.article_id: said(
            "No. %(number)s of %(name)s carried it (%(date)s)",
            number=row.number,
            name=row.name,
            date=f"{row.window_end:%Y-%m-%d}",
        )
        for row in rows
        if row.article_id in asked
    }


def lately_carried(since: datetime, among: ColumnElement[bool]) -> Sequence[int]:
    """The ids of what those editions carried whose slot is not before `since`."""
    return db.session.scalars(
        select(EditionArticle.article_id)
        .join(Edition, Edition.id == EditionArticle.edition_id)
        .where(Edition.window_end >= since, among)
        .distinct()
    ).all()


def last_number(newsletter_id: int) -> int:
    """0 before the first edition."""
    last = db.session.scalar(select(func.max(Edition.number)).where(Edition.newsletter_id == newsletter_id))
    return last or 0


def progress(of: Edition) -> Ledger:
    """Where each recipient stands; an empty ledger for a draft."""
    return ledger(of.mailing_id) if of.mailing_id else Ledger(audience=0, states={})


def _on_the_web(newsletter_id: int) -> tuple[ColumnElement[bool], ...]:
    return Edition.newsletter_id == newsletter_id, Edition.status.in_(PUBLIC)


@dataclass(frozen=True)
class Listed:
    """An edition with its newsletter, and its mailing once it has one."""

    edition: Edition
    newsletter: Newsletter
    mailing: Mailing | None


def listed(
    statuses: Collection[EditionStatus], of: Collection[int] | None, limit: int, *those: ColumnElement[bool]
) -> Sequence[Listed]:
    """The newest in one of these states, of these newsletters; None for those of all."""
    among = () if of is None else (Edition.newsletter_id.in_(of),)
    rows = db.session.execute(
        select(Edition, Newsletter, Mailing)
        .join(Newsletter, Newsletter.id == Edition.newsletter_id)
        .outerjoin(Mailing, Mailing.id == Edition.mailing_id)
        .where(Edition.status.in_(statuses), *among, *those)
        .order_by(Edition.id.desc())
        .limit(limit)
    )
    return [Listed(*row) for row in rows]


def is_late(moment: datetime) -> ColumnElement[bool]:
    """As a condition: it was to leave before that moment."""
    return Edition.sends_at < moment


def click_target(edition_id: int, article_id: int) -> tuple[str, Edition]:
    """Where the article is, if this edition carried it and has left. Raises NotFound."""
    row = db.session.execute(
        select(Article.url, Edition)
        .join(EditionArticle, EditionArticle.article_id == Article.id)
        .join(Edition, Edition.id == EditionArticle.edition_id)
        .where(Edition.id == edition_id, Article.id == article_id, Edition.mailing_id.is_not(None))
    ).first()
    if row is None:
        raise NotFound(kind="article", name=article_id)
    return row.url, row.Edition


def clicks_of(edition_id: int) -> Sequence[tuple[Article, Mapping[str, int]]]:
    """Each article of the edition in its order, and how often it was opened from it by each `ClickKind`."""
    rows = db.session.execute(
        select(EditionClick.article_id, EditionClick.kind, func.sum(EditionClick.count).label("total"))
        .where(EditionClick.edition_id == edition_id)
        .group_by(EditionClick.article_id, EditionClick.kind)
    )
    counts = {(row.article_id, row.kind): int(row.total) for row in rows}
    return [
        (each, {kind.value: counts.get((each.id, kind), 0) for kind in ClickKind})
        for each in articles_of(edition_id)
    ]
