"""Whom editions reach, and which sendings do not come on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from newsletter.core.db import db
from newsletter.delivery.models import IS_SENDING, IS_WAITING, Delivery, Mailing, MailingState
from newsletter.delivery.policy import Status
from newsletter.editions.models import Edition, EditionArticle
from newsletter.editions.policy import BY_HAND, OPEN, EditionStatus
from newsletter.editions.queries.readers import readers_of
from newsletter.subscriptions.models import Subscriber
from newsletter.subscriptions.queries import audience

_GOT_IT = (Status.ACCEPTED, Status.UNKNOWN)
_NEVER_GOT_IT = (Status.FAILED, Status.SKIPPED, Status.CANCELLED)


def recipients(of: Edition) -> Select[Any, Any, Any, Any]:
    """Whom the edition would reach now, as `subscriptions.queries.audience` has them.

    A correction goes to those who have got the article by this newsletter, or may have; whoever was told the same
    words by another newsletter of the house is not told twice.
    """
    if of.corrects is None:
        return readers_of(of)
    carriers = (
        select(Edition.mailing_id)
        .join(EditionArticle, EditionArticle.edition_id == Edition.id)
        .where(
            EditionArticle.article_id == of.corrects,
            Edition.newsletter_id == of.newsletter_id,
            Edition.corrects.is_(None),
            Edition.mailing_id.is_not(None),
        )
    )
    has_it = _has_delivery(Delivery.mailing_id.in_(carriers), Delivery.status.in_(_GOT_IT))
    found = audience(of.newsletter_id).where(has_it)
    if told := _told_elsewhere(of):
        found = found.where(~_has_delivery(Delivery.mailing_id.in_(told), Delivery.status.not_in(_NEVER_GOT_IT)))
    return found


def reach(of: Edition) -> int:
    """How many it has reached, or would reach now."""
    if of.mailing_id:
        return db.session.scalar(select(Mailing.audience).where(Mailing.id == of.mailing_id)) or 0
    if of.status not in OPEN:
        return 0
    return db.session.scalar(select(func.count()).select_from(recipients(of).subquery())) or 0


def standing_still(since: datetime) -> Sequence[tuple[Edition, str]]:
    """Editions on their way that should come on and do not, with the reason, "" where nobody has said one.

    Something of it has been due since then and nothing has come to an end since, or delivery has paused it.
    """
    is_due = exists().where(Delivery.mailing_id == Mailing.id, IS_WAITING, Delivery.due_at <= since)
    comes_on = exists().where(Delivery.mailing_id == Mailing.id, Delivery.ended_at > since)
    stands = and_(Edition.status == EditionStatus.SENDING, IS_SENDING, is_due, ~comes_on)
    is_stopped = and_(Mailing.state == MailingState.PAUSED, Mailing.problem != BY_HAND)
    is_open = Edition.status.in_((EditionStatus.SENDING, EditionStatus.PAUSED))
    rows = db.session.execute(
        select(Edition, Mailing.problem)
        .join(Mailing, Mailing.id == Edition.mailing_id)
        .where(is_open, or_(stands, is_stopped))
        .order_by(Edition.id)
    )
    return [(edition, problem) for edition, problem in rows]


def _has_delivery(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(Delivery.id).where(Delivery.subscriber_id == Subscriber.id, *conditions))


def _told_elsewhere(of: Edition) -> list[int]:
    """The mailings by which other newsletters have told the same correction."""
    rows = db.session.execute(
        select(Edition.mailing_id, Edition.notes).where(
            Edition.corrects == of.corrects,
            Edition.newsletter_id != of.newsletter_id,
            Edition.mailing_id.is_not(None),
        )
    )
    return [row.mailing_id for row in rows if row.notes == of.notes]
