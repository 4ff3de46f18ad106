"""Reading the ledger."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, column, exists, func, select, table
from sqlalchemy.orm import QueryableAttribute, undefer

from newsletter.core.db import db
from newsletter.delivery.models import IS_OPEN, Delivery, Mailing
from newsletter.delivery.policy import OPEN, Status
from newsletter.suppressions.models import Suppression

_SUBSCRIPTIONS = table("subscriptions", column("subscriber_id"), column("newsletter_id"), column("status"))
"""Named, not imported: delivery stands below the feature whose table this is, as foreign keys do."""


@dataclass(frozen=True)
class Ledger:
    """Where each recipient of a mailing stands; the states sum to the audience at every moment."""

    audience: int
    states: Mapping[Status, int]

    def count(self, status: Status) -> int:
        return self.states.get(status, 0)

    @property
    def is_balanced(self) -> bool:
        return sum(self.states.values()) == self.audience

    @property
    def open(self) -> int:
        """For how many something will still happen."""
        return sum(self.count(status) for status in OPEN)

    def as_dict(self) -> dict[str, int]:
        """The audience and each state, also those that are 0, in the order people read them."""
        return {"audience": self.audience} | {status.value: self.count(status) for status in Status}


def mailings(mailing_ids: Collection[int]) -> Sequence[Mailing]:
    """These mailings with their templates, which other queries leave where they are."""
    if not mailing_ids:
        return ()
    return db.session.scalars(
        select(Mailing).where(Mailing.id.in_(mailing_ids)).options(undefer(Mailing.template))
    ).all()


def ledger(mailing_id: int) -> Ledger:
    """One query over the mailing's deliveries."""
    rows = db.session.execute(
        select(Delivery.status, func.count()).where(Delivery.mailing_id == mailing_id).group_by(Delivery.status)
    )
    audience = db.session.scalar(select(Mailing.audience).where(Mailing.id == mailing_id))
    return Ledger(audience=audience or 0, states={Status(status): count for status, count in rows})


def reasons(mailing_id: int) -> Sequence[tuple[Status, str, int]]:
    """Why deliveries ended otherwise than accepted: state, words and how many, most frequent first."""
    rows = db.session.execute(
        select(Delivery.status, Delivery.words, func.count())
        .where(Delivery.mailing_id == mailing_id, Delivery.status != Status.ACCEPTED, Delivery.words != "")
        .group_by(Delivery.status, Delivery.words)
        .order_by(func.count().desc(), Delivery.words)
        .limit(50)
    )
    return [(Status(status), words, count) for status, words, count in rows]


def has_open(mailing_id: QueryableAttribute[int]) -> ColumnElement[bool]:
    """As a condition: something will still happen in this mailing."""
    return exists(select(Delivery.id).where(Delivery.mailing_id == mailing_id, IS_OPEN))


def is_suppressed() -> ColumnElement[bool]:
    """As a condition on a delivery: its address must not be mailed."""
    return exists(select(Suppression.address_key).where(Suppression.address_key == Delivery.address_key))


def lacks_consent() -> ColumnElement[bool]:
    """As a condition on a delivery: its mailing is for confirmed subscribers, and this one is none any more."""
    newsletter_id = (
        select(Mailing.newsletter_id)
        .where(Mailing.id == Delivery.mailing_id)
        .correlate(Delivery)
        .scalar_subquery()
    )
    confirmed: Select[Any] = select(_SUBSCRIPTIONS.c.subscriber_id).where(
        _SUBSCRIPTIONS.c.subscriber_id == Delivery.subscriber_id,
        _SUBSCRIPTIONS.c.newsletter_id == newsletter_id,
        _SUBSCRIPTIONS.c.status == "confirmed",
    )
    return newsletter_id.is_not(None) & ~exists(confirmed.correlate(Delivery))
