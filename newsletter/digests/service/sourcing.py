"""What hangs on a source, and what a digest does not get because one rests or is gone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from newsletter.articles.models import Article, Source
from newsletter.core.db import db
from newsletter.core.words import said, series
from newsletter.digests.models import Digest
from newsletter.digests.queries import digests_naming, named_sources
from newsletter.editions.models import EditionArticle


@dataclass(frozen=True)
class Ties:
    """Its articles, the editions that carry any of them, the digests that take from it, and their sections that
    name it, each as `digest: title`.
    """

    articles: int
    editions: int
    digests: Sequence[str]
    sections: Sequence[str]


def ties(source_id: int) -> Ties:
    """What is to be known before the source is removed; nothing of one that is not there."""
    of_it = Article.source_id == source_id
    carrying = select(func.count(EditionArticle.edition_id.distinct())).join(
        Article, Article.id == EditionArticle.article_id
    )
    naming = digests_naming(source_id)
    return Ties(
        articles=db.session.scalar(select(func.count()).select_from(Article).where(of_it)) or 0,
        editions=db.session.scalar(carrying.where(of_it)) or 0,
        digests=[each.slug for each in naming],
        sections=[f"{each.slug}: {title}" for each in naming for title in _sections_with(each, source_id)],
    )


def gaps(digest: Digest) -> Sequence[str]:
    """What it gets nothing from although it was told to, as sentences that say what to do; none if all is well."""
    named = named_sources(digest.id)
    found = [_gap(digest, each) for each in named if not each.is_read]
    if named and all(each.removed_at is not None for each in named):
        found.append(
            said("No source is left, so it makes no edition; add one of them again, or make another digest.")
        )
    return found


def _gap(digest: Digest, of: Source) -> str:
    sections = _sections_with(digest, of.id)
    facts = {
        "source": of.id,
        "name": of.title or of.url,
        "where": series(said("“%(title)s”", title=title) for title in sections),
    }
    if of.removed_at is None:
        return said(
            "Source %(source)s (%(name)s) is paused; nothing new comes from it until it is resumed.", **facts
        )
    if not sections:
        return said("Source %(source)s (%(name)s) was removed; nothing more comes from it.", **facts)
    return said(
        "Source %(source)s (%(name)s) was removed, and the rule names it in %(where)s: take it out there, or"
        " add its address again.",
        **facts,
    )


def _sections_with(digest: Digest, source_id: int) -> Sequence[str]:
    return [section.title for section in digest.rule.sections if source_id in section.sources]
