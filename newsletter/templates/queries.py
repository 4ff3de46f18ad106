"""Reading what operators wrote."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from newsletter.core.db import db
from newsletter.core.errors import NotFound
from newsletter.templates.models import TemplateVersion


def current(newsletter_id: int) -> Mapping[str, TemplateVersion]:
    """By part, the version that counts; parts that nobody has written are not in it."""
    newest = (
        select(TemplateVersion.part, func.max(TemplateVersion.number).label("number"))
        .where(TemplateVersion.newsletter_id == newsletter_id)
        .group_by(TemplateVersion.part)
        .subquery()
    )
    found = db.session.scalars(
        select(TemplateVersion)
        .join(newest, (TemplateVersion.part == newest.c.part) & (TemplateVersion.number == newest.c.number))
        .where(TemplateVersion.newsletter_id == newsletter_id)
    )
    return {each.part: each for each in found}


def kept_sources(newsletter_id: int) -> Mapping[str, str]:
    """By part, what counts; only what is not left to the theme."""
    return {part: each.source for part, each in current(newsletter_id).items() if each.source}


def versions(newsletter_id: int, part: str) -> Sequence[TemplateVersion]:
    """Newest first."""
    return db.session.scalars(
        select(TemplateVersion)
        .where(TemplateVersion.newsletter_id == newsletter_id, TemplateVersion.part == part)
        .order_by(TemplateVersion.number.desc())
    ).all()


def version(newsletter_id: int, part: str, number: int) -> TemplateVersion:
    """Raises NotFound."""
    found: TemplateVersion | None = db.session.scalar(
        select(TemplateVersion).where(
            TemplateVersion.newsletter_id == newsletter_id,
            TemplateVersion.part == part,
            TemplateVersion.number == number,
        )
    )
    if found is None:
        raise NotFound(kind=f"version of {part}", name=number)
    return found
