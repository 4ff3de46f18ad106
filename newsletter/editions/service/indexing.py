"""Letting a search find what is on the web."""

from collections.abc import Collection

from sqlalchemy import select

from newsletter.core.db import db, insert_ignoring, transaction
from newsletter.editions.models import Edition, EditionText
from newsletter.editions.policy.words import kept_words
from newsletter.editions.queries import articles_by_edition
from newsletter.editions.queries.searching import without_text

AT_A_TIME = 100
"""Editions of one transaction, so that nobody waits for long meanwhile on SQLite."""


def index(edition_ids: Collection[int]) -> None:
    """Write down the words of these; what is written already stays as it is, for nothing in it changes."""
    with transaction():
        carried = articles_by_edition(edition_ids)
        rows = db.session.execute(select(Edition.id, Edition.subject).where(Edition.id.in_(edition_ids)))
        for edition_id, subject in rows.all():
            texts = [subject, *(text for each in carried[edition_id] for text in (each.title, each.summary_text))]
            db.session.execute(insert_ignoring(EditionText).values(edition_id=edition_id, words=kept_words(texts)))


def index_all() -> None:
    """Those of all editions on the web that have been there before there was a search like this."""
    while ids := without_text(AT_A_TIME):
        index(ids)
