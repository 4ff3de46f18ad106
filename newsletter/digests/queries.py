"""Reading digests."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Select, and_, exists, func, or_, select

from newsletter.articles.models import Article, Source
from newsletter.core.db import db
from newsletter.core.errors import NotFound
from newsletter.delivery.models import Mailing
from newsletter.digests.models import Digest, DigestMark, DigestRun, DigestSource
from newsletter.digests.policy import Mark, MarkKind, Outcome
from newsletter.digests.policy.watching import Slot
from newsletter.editions.models import Edition, EditionArticle
from newsletter.editions.policy import OPEN, PUBLIC
from newsletter.editions.queries import was_recalled
from newsletter.editions.queries.audiences import reach
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.policy import Cadence


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
    """What it takes articles from: without what was removed."""
    return [each.id for each in named_sources(digest_id) if each.removed_at is None]


def named_sources(digest_id: int) -> Sequence[Source]:
    """What it was told to take from, also what was removed since, in the order in which they were added."""
    named = select(DigestSource.source_id).where(DigestSource.digest_id == digest_id)
    return db.session.scalars(select(Source).where(Source.id.in_(named)).order_by(Source.id)).all()


def digests_naming(source_id: int) -> Sequence[Digest]:
    """Those that were told to take from this source, by name."""
    naming = select(DigestSource.digest_id).where(DigestSource.source_id == source_id)
    return db.session.scalars(select(Digest).where(Digest.id.in_(naming)).order_by(Digest.slug)).all()


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


def last_window_end(digest_id: int, before: datetime, cadence: Cadence = Cadence.EACH) -> datetime | None:
    """Where the window of its last edition for a slot before that moment ended; None where there was none."""
    return db.session.scalar(_window_ends(digest_id, cadence).where(DigestRun.due_at < before))


def window_end_until(digest_id: int, moment: datetime) -> datetime | None:
    """The last end of a window of its editions for everybody that is not after the moment; None without one."""
    return db.session.scalar(_window_ends(digest_id, Cadence.EACH).where(Edition.window_end <= moment))


def has_run_since(digest_id: int, cadence: Cadence, moment: datetime) -> bool:
    """Whether a slot of this cadence, that moment's or a later one, has been run."""
    ran = select(DigestRun.id).where(
        DigestRun.digest_id == digest_id, DigestRun.cadence == cadence, DigestRun.due_at >= moment
    )
    return bool(db.session.scalar(select(ran.exists())))


def carried_within(digest_id: int, start: datetime, end: datetime) -> Sequence[int]:
    """The ids of what its editions for everybody carried whose windows ended in (start, end]."""
    return db.session.scalars(
        select(EditionArticle.article_id)
        .join(Edition, Edition.id == EditionArticle.edition_id)
        .join(DigestRun, DigestRun.edition_id == Edition.id)
        .where(
            DigestRun.digest_id == digest_id,
            DigestRun.cadence == Cadence.EACH,
            Edition.window_end > start,
            Edition.window_end <= end,
            ~was_recalled(),
        )
        .distinct()
    ).all()


def _window_ends(digest_id: int, cadence: Cadence) -> Select[datetime]:
    return (
        select(Edition.window_end)
        .join(DigestRun, DigestRun.edition_id == Edition.id)
        .where(DigestRun.digest_id == digest_id, DigestRun.cadence == cadence, ~was_recalled())
        .order_by(DigestRun.due_at.desc())
        .limit(1)
    )


def last_audience(digest_id: int, before: datetime, cadence: Cadence = Cadence.EACH) -> int | None:
    """How many its last edition for a slot before that moment had to reach; None where none has left."""
    return db.session.scalar(
        select(Mailing.audience)
        .join(Edition, Edition.mailing_id == Mailing.id)
        .join(DigestRun, DigestRun.edition_id == Edition.id)
        .where(DigestRun.digest_id == digest_id, DigestRun.cadence == cadence, DigestRun.due_at < before)
        .order_by(DigestRun.due_at.desc())
        .limit(1)
    )


def last_slot(digest_id: int) -> Slot | None:
    """What came of its last slot for who wants each edition, as the watchdog sees it; None before the first."""
    run = db.session.scalar(
        select(DigestRun)
        .where(DigestRun.digest_id == digest_id, DigestRun.cadence == Cadence.EACH)
        .order_by(DigestRun.due_at.desc())
        .limit(1)
    )
    if run is None:
        return None
    slot = Slot(run.due_at, run.outcome, run.reason, run.edition_id)
    of = db.session.get(Edition, run.edition_id, populate_existing=True) if run.edition_id else None
    if of is None:
        return slot
    count = select(func.count()).select_from(EditionArticle).where(EditionArticle.edition_id == of.id)
    return replace(
        slot,
        status=of.status,
        problem=of.problem,
        articles=db.session.scalar(count) or 0,
        readers=reach(of) if of.mailing_id or of.status in OPEN else None,
        last=last_audience(digest_id, run.due_at),
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


def sources_by_newsletter() -> Mapping[int, Sequence[int]]:
    """The ids of what all digests of a newsletter draw from, by its id; newsletters without digests are left out.

    Where all that they drew from was removed, there is none.
    """
    rows = db.session.execute(
        select(Digest.newsletter_id, Source.id)
        .join(DigestSource, DigestSource.digest_id == Digest.id)
        .outerjoin(Source, and_(Source.id == DigestSource.source_id, Source.removed_at.is_(None)))
        .distinct()
        .order_by(Digest.newsletter_id, Source.id)
    )
    found: dict[int, list[int]] = {}
    for newsletter_id, source_id in rows:
        kept = found.setdefault(newsletter_id, [])
        # Where all were removed, the row has no source.
        kept += [source_id] if source_id else []
    return found


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
