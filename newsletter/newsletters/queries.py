"""Reading newsletters."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import bindparam, select

from newsletter.core.db import db, execute
from newsletter.core.errors import NotFound
from newsletter.delivery.policy import CanaryRule
from newsletter.newsletters.models import Newsletter


def newsletters() -> Sequence[Newsletter]:
    """All of them, by name."""
    return db.session.scalars(select(Newsletter).order_by(Newsletter.name)).all()


# Built once: each page of a newsletter asks for it.
_BY_SLUG = select(Newsletter).where(Newsletter.slug == bindparam("slug"))


def find_newsletter(slug: str) -> Newsletter | None:
    # PostgreSQL takes no NUL in a text, and visitors send what they like.
    if "\0" in slug:
        return None
    found: Newsletter | None = db.session.scalar(_BY_SLUG, {"slug": slug})
    return found


_ID = select(Newsletter.__table__.c.id).where(Newsletter.__table__.c.slug == bindparam("slug"))


def newsletter_id(slug: str) -> int:
    """Of the newsletter, for who needs no more of it. Raises NotFound."""
    found: int | None = execute(_ID, {"slug": slug}).scalar()
    if found is None:
        raise NotFound(kind="newsletter", name=slug)
    return found


def newsletter(slug: str) -> Newsletter:
    """Raises NotFound."""
    found = find_newsletter(slug)
    if found is None:
        msg = "newsletter"
        raise NotFound(msg, slug)
    return found


_DRESS = ("theme", "fonts", "pictures", "accent", "accent_dark", "logo", "header", "footer")


def is_dressed(of: Newsletter) -> bool:
    """Whether it looks otherwise than one of which nobody has said how it looks."""
    columns = Newsletter.__table__.c
    return any(getattr(of, name) != columns[name].default.arg for name in _DRESS)


def canary_rule(of: Newsletter) -> CanaryRule | None:
    """How some of its readers get an edition first; None when all get it together."""
    if not of.canary_share:
        return None
    return CanaryRule(of.canary_share, of.canary_least, timedelta(minutes=of.canary_minutes), of.canary_most)
