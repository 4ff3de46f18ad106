"""Finding editions by their words, through the index of the database."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, column, false, select, table, text

from newsletter.core.db import db
from newsletter.editions.models import AS_LEXEMES, Edition, EditionText
from newsletter.editions.policy import PUBLIC
from newsletter.editions.policy.words import is_beginning

_MATCHES = {
    # The words are letters and digits alone, so none can leave its quotes.
    "sqlite": select(column("rowid"))
    .select_from(table("edition_words"))
    .where(text("edition_words MATCH :typed")),
    "postgresql": select(EditionText.edition_id).where(text(f"{AS_LEXEMES} @@ CAST(:typed AS tsquery)")),
}


def tells_of(words: Sequence[str]) -> ColumnElement[bool]:
    """As a condition on an edition: all of these words stand in it, or some that begin like them; none with ()."""
    if not words:
        return false()
    if db.engine.dialect.name == "postgresql":
        typed = " & ".join(f"'{word}':*" if is_beginning(word) else f"'{word}'" for word in words)
        # Apart from the rest: else it may look at each edition, newest first, and take its words apart each time.
        found = _MATCHES["postgresql"].params(typed=typed).cte("found").prefix_with("MATERIALIZED")
        return Edition.id.in_(select(found.c.edition_id))
    typed = " AND ".join(f'"{word}" *' if is_beginning(word) else f'"{word}"' for word in words)
    return Edition.id.in_(_MATCHES["sqlite"].params(typed=typed))


def without_text(at_most: int) -> Sequence[int]:
    """Editions on the web that no search finds yet."""
    is_known = select(EditionText.edition_id).where(EditionText.edition_id == Edition.id).exists()
    return db.session.scalars(
        select(Edition.id).where(Edition.status.in_(PUBLIC), ~is_known).order_by(Edition.id).limit(at_most)
    ).all()
