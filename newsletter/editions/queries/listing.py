"""The list of editions for those who make them, drafts included."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from newsletter.core.db import db
from newsletter.core.keyset import NEWEST, Place, Turned, turned
from newsletter.delivery.models import Mailing
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus

PAGE = 25
"""Editions on a page of the list."""


@dataclass(frozen=True)
class Wanted:
    """Which editions: of these newsletters, None for all; in this state, None for any."""

    newsletter_ids: Collection[int] | None = None
    status: EditionStatus | None = None


def listed(wanted: Wanted, place: Place = NEWEST) -> Turned[Edition]:
    """A page of them, newest first; places are ids."""
    found = select(Edition)
    if wanted.newsletter_ids is not None and len(wanted.newsletter_ids) == 1:
        # Said like this, the index of one newsletter has them in their order, and nothing is sorted.
        found = found.where(Edition.newsletter_id == next(iter(wanted.newsletter_ids)))
    elif wanted.newsletter_ids is not None:
        found = found.where(Edition.newsletter_id.in_(wanted.newsletter_ids))
    if wanted.status is not None:
        found = found.where(Edition.status == wanted.status)
    return turned(found, Edition.id, place, PAGE)


def audiences(editions: Sequence[Edition]) -> Mapping[int, int]:
    """For how many people each of them was queued, by the edition's id; nothing for those that were not.

    The number was written down when it was frozen: to count the deliveries of a page of editions takes seconds.
    """
    rows = db.session.execute(
        select(Edition.id, Mailing.audience)
        .join(Mailing, Mailing.id == Edition.mailing_id)
        .where(Edition.id.in_([each.id for each in editions]))
    )
    return {row.id: row.audience for row in rows}


def states(newsletter_ids: Collection[int] | None = None) -> Mapping[EditionStatus, int]:
    """How many editions of these newsletters, None for all, are in each state that there is one in."""
    found = select(Edition.status, func.count()).group_by(Edition.status)
    if newsletter_ids is not None:
        found = found.where(Edition.newsletter_id.in_(newsletter_ids))
    return {EditionStatus(status): count for status, count in db.session.execute(found)}
