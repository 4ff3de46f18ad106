"""Pictures that were fetched for articles that no edition has carried: most of those that are fetched."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, and_, exists, func, select

from newsletter.articles.models import ArticlePicture
from newsletter.articles.queries import TRIES
from newsletter.core.db import any_of, db, transaction
from newsletter.digests.models import DigestMark
from newsletter.editions.models import EditionArticle
from newsletter.mail.images import Images
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.service.retaining import AT_A_TIME, Step

UNUSED_FOR = timedelta(days=90)
"""How long a picture waits for an edition. What one carried stays: mails in inboxes and the archive show it."""

GONE = "No edition carried the article in time, so its picture was let go of."


def pictures_step(images: Images) -> Step:
    """For the retention job."""
    what = "pictures of articles that no edition carried"
    return Step("pictures", what, UNUSED_FOR, _count, partial(_let_go, images))


def _unused(before: datetime) -> ColumnElement[bool]:
    """Fetched before then, in no edition, also in none that is still a draft, and not said by an editor to go."""
    was_carried = exists().where(EditionArticle.article_id == ArticlePicture.article_id)
    is_marked = exists().where(DigestMark.article_id == ArticlePicture.article_id)
    return and_(ArticlePicture.name != "", ArticlePicture.tried_at < before, ~was_carried, ~is_marked)


def _count(before: datetime) -> int:
    return db.session.scalar(select(func.count()).select_from(ArticlePicture).where(_unused(before))) or 0


def _let_go(images: Images, before: datetime) -> int:
    done = 0
    while gone := _let_go_of_some(images, before):
        done += gone
    return done


def _let_go_of_some(images: Images, before: datetime) -> int:
    with transaction():
        rows = db.session.scalars(select(ArticlePicture).where(_unused(before)).limit(AT_A_TIME)).all()
        names = {name for row in rows for name in (row.name, row.small_name)}
        for row in rows:
            # The row stays and says that it was tried, or the picture of a recent article would be fetched again.
            row.name, row.small_name, row.width, row.problem, row.tries = "", "", 0, GONE, TRIES
        db.session.flush()
        # Before the end of the transaction: who dies here does it again, and leaves no file that nobody knows.
        for name in names - _still_shown(names):
            images.forget(name)
        return len(rows)


def _still_shown(names: set[str]) -> set[str]:
    """The same picture may belong to several articles, or be a logo."""
    asked: Sequence[str] = sorted(names)
    found: set[str] = set()
    for column in (ArticlePicture.name, ArticlePicture.small_name, Newsletter.logo):
        found |= set(db.session.scalars(select(column).where(any_of(column, asked))))
    return found
