"""Counting what became of an edition once it has ended, so that no page has to count a million rows."""

from collections.abc import Sequence

from sqlalchemy import case, delete, func, insert, literal, select, text, update

from newsletter.core.clock import now
from newsletter.core.db import any_of, db, transaction
from newsletter.delivery.models import IS_TO_COUNT, Delivery, DeliveryCount, Mailing
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import domain_of_delivery, has_open

FEWEST, MOST_DOMAINS = 5, 100
"""A domain is named where at least so many failed, because few may share it; and no more than so many are."""


def count_ended() -> int:
    """Count each mailing to many that has ended and was not counted since; how many they were."""
    ids = db.session.scalars(
        select(Mailing.id).where(IS_TO_COUNT, ~has_open(Mailing.id)).order_by(Mailing.id)
    ).all()
    for mailing_id in ids:
        _count(mailing_id)
    return len(ids)


def _count(mailing_id: int) -> None:
    with transaction():
        mailing = db.session.get_one(Mailing, mailing_id, populate_existing=True, with_for_update=True)
        db.session.execute(delete(DeliveryCount).where(DeliveryCount.mailing_id == mailing_id))
        if mailing.summary is None:
            _add(mailing_id)
        else:
            rows = [
                {"mailing_id": mailing_id, "status": status, "domain": "", "how_many": how_many}
                for status, how_many in mailing.summary.items()
            ]
            if rows:
                db.session.execute(insert(DeliveryCount), rows)
        db.session.execute(update(Mailing).where(Mailing.id == mailing_id).values(counted_at=now()))


def _add(mailing_id: int) -> None:
    named = case((any_of(domain_of_delivery(), _failing(mailing_id)), domain_of_delivery()), else_="")
    chosen = (
        select(literal(mailing_id), Delivery.status, named.label("domain"), func.count())
        .where(Delivery.mailing_id == mailing_id)
        .group_by(Delivery.status, text("3"))
    )
    columns = ["mailing_id", "status", "domain", "how_many"]
    db.session.execute(insert(DeliveryCount).from_select(columns, chosen))


def _failing(mailing_id: int) -> Sequence[str]:
    domain, failed = domain_of_delivery(), func.count()
    frequent = (
        select(domain)
        .where(Delivery.mailing_id == mailing_id, Delivery.status == Status.FAILED)
        .group_by(domain)
        .having(failed >= FEWEST)
        .order_by(failed.desc(), domain)
        .limit(MOST_DOMAINS)
    )
    return db.session.scalars(frequent).all()
