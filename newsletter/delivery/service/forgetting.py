"""Forgetting people: the states and their sums stay, whose they were does not."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, or_, select, update

from newsletter.core.clock import now
from newsletter.core.db import among, db, transaction
from newsletter.delivery.models import IS_BULK, IS_WAITING, Attempt, Delivery, Mailing, MailingVariant
from newsletter.delivery.policy import Status


def forget(subscriber_ids: Collection[int]) -> None:
    """Cancel what waits for these people, and take out of all deliveries who they were.

    What is in a worker's hands ends, and is recorded without its words.
    """
    if not subscriber_ids:
        return
    # Their own mails by the mailing, editions by the unique key: readers of editions have no index of their own.
    theirs = select(Mailing.id).where(or_(among(Mailing.subscriber_id, subscriber_ids), IS_BULK))
    these = Delivery.mailing_id.in_(theirs), among(Delivery.subscriber_id, subscriber_ids)
    with transaction():
        _blank(db.session.scalars(select(Delivery.id).where(*these)).all())
        db.session.execute(
            update(Mailing)
            .where(among(Mailing.subscriber_id, subscriber_ids))
            .values(subscriber_id=None)
            .execution_options(synchronize_session=False)
        )


def forget_address(address_key: str) -> int:
    """As `forget`, for all mail to one address, whoever it was for; how many deliveries that were.

    It reads the whole table, so it is for an operator and not for a click.
    """
    with transaction():
        ids = db.session.scalars(select(Delivery.id).where(Delivery.address_key == address_key)).all()
        _blank(ids)
        return len(ids)


def _blank(ids: Sequence[int]) -> None:
    if not ids:
        return
    known = among(Delivery.id, ids)
    _unname_variants(known)
    db.session.execute(
        update(Delivery)
        .where(known, IS_WAITING)
        .values(status=Status.CANCELLED, ended_at=now())
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Delivery)
        .where(known)
        .values(subscriber_id=None, address="", address_key="", name=None, words="", variant=0)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Attempt)
        .where(among(Attempt.delivery_id, ids))
        .values(words="")
        .execution_options(synchronize_session=False)
    )


def _unname_variants(known: ColumnElement[bool]) -> None:
    """A variant that nobody else gets may have been written for their name alone, and so becomes the usual one.

    It stays as a row, because a worker that has a message of theirs in its hands may still ask for it.
    """
    own = select(Delivery.mailing_id, Delivery.variant).where(known, Delivery.variant > 0).distinct()
    for mailing_id, variant in db.session.execute(own).all():
        same = select(Delivery.id).where(Delivery.mailing_id == mailing_id, Delivery.variant == variant, ~known)
        if db.session.scalar(same.limit(1)) is None:
            usual = select(Mailing.template).where(Mailing.id == mailing_id).scalar_subquery()
            db.session.execute(
                update(MailingVariant)
                .where(MailingVariant.mailing_id == mailing_id, MailingVariant.number == variant)
                .values(template=usual)
                .execution_options(synchronize_session=False)
            )
