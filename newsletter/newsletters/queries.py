"""Reading newsletters."""

from collections.abc import Sequence

from sqlalchemy import select

from newsletter.core.db import db
from newsletter.core.errors import NotFound
from newsletter.newsletters.models import Newsletter


def newsletters() -> Sequence[Newsletter]:
    """All of them, by name."""
    return db.session.scalars(select(Newsletter).order_by(Newsletter.name)).all()


def find_newsletter(slug: str) -> Newsletter | None:
    # PostgreSQL takes no NUL in a text, and visitors send what they like.
    if "\0" in slug:
        return None
    return db.session.scalar(select(Newsletter).where(Newsletter.slug == slug))


def newsletter(slug: str) -> Newsletter:
    """Raises NotFound."""
    found = find_newsletter(slug)
    if found is None:
        msg = "newsletter"
        raise NotFound(msg, slug)
    return found
