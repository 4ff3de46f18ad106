"""Reading digests."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select

from newsletter.articles.models import Article
from newsletter.core.db import db
from newsletter.core.errors import NotFound
from newsletter.digests.models import Digest, DigestMark, DigestRun, DigestSource
from newsletter.digests.policy import Mark, MarkKind, Outcome
from newsletter.editions.models import Edition, EditionArticle
from newsletter.editions.policy import PUBLIC
from newsletter.editions.queries import was_recalled
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
    """The ids of those whose next edition is to be drafted."""
    return db.session.scalars(select(Digest.id).where(Digest.drafts_at <= at).order_by(Digest.id)).all()


def source_ids(digest_id: int) -> Sequence[int]:
    return db.session.scalars(select(DigestSource.source_id).where(DigestSource.digest_id == digest_id)).all()


def runs(digest_id: int, limit: int = 20) -> Sequence[DigestRun]:
    """What came of its slots, newest first."""
    return db.session.scalars(
        select(DigestRun).where(DigestRun.digest_id == digest_id).order_by(DigestRun.due_at.desc()).limit(limit)
    ).all()


def last_runs(digest_ids: Collection[int]) -> Mapping[int, DigestRun]:
    """The last run of each of these that has run, by the digest's id."""
    last = (
        select(DigestRun.digest_id, func.max(DigestRun.due_at).label("due_at"))
        .where(DigestRun.digest_id.in_(digest_ids))
        .group_by(DigestRun.digest_id)
        .subquery()
    )
    rows = db.session.scalars(
        select(DigestRun).join(
            last, and_(DigestRun.digest_id == last.c.digest_id, DigestRun.due_at == last.c.due_at)
        )
    )
    return {row.digest_id: row for row in rows}


def digest_behind(edition_id: int) -> Digest | None:
    """The digest by whose slot the edition was made; None for one that no digest has made."""
    return db.session.scalar(
        select(Digest).join(DigestRun, DigestRun.digest_id == Digest.id).where(DigestRun.edition_id == edition_id)
    )


def marks(digest_id: int) -> Mapping[int, Mark]:
    """What an editor said of articles, by the article's id."""
    rows = db.session.scalars(select(DigestMark).where(DigestMark.digest_id == digest_id))
    return {row.article_id: Mark(MarkKind(row.kind), row.until) for row in rows}


def last_window_end(digest_id: int, before: datetime) -> datetime | None:
    """Where the window of its last edition for a slot before that moment ended; None where there was none."""
    return db.session.scalar(
        select(Edition.window_end)
        .join(DigestRun, DigestRun.edition_id == Edition.id)
        .where(DigestRun.digest_id == digest_id, DigestRun.due_at < before, ~was_recalled())
        .order_by(DigestRun.due_at.desc())
        .limit(1)
    )


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


def coming(of: Collection[int] | None, limit: int) -> Sequence[tuple[Digest, Newsletter]]:
    """The digests of these newsletters, the one that is due next first; None for those of all."""
    among = () if of is None else (Digest.newsletter_id.in_(of),)
    rows = db.session.execute(
        select(Digest, Newsletter)
        .join(Newsletter, Newsletter.id == Digest.newsletter_id)
        .where(*among)
        .order_by(Digest.next_due_at, Digest.id)
        .limit(limit)
    )
    return [(digest, newsletter) for digest, newsletter in rows]


def missed_slots(of: Collection[int] | None, since: datetime) -> Sequence[tuple[DigestRun, Digest]]:
    """The slots since then that nothing was there to run, newest first."""
    among = () if of is None else (Digest.newsletter_id.in_(of),)
    rows = db.session.execute(
        select(DigestRun, Digest)
        .join(Digest, Digest.id == DigestRun.digest_id)
        .where(DigestRun.outcome == Outcome.MISSED, DigestRun.due_at >= since, *among)
        .order_by(DigestRun.due_at.desc())
    )
    return [(run, digest) for run, digest in rows]
