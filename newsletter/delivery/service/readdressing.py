"""A person has another address from now on: what becomes of the mails that wait for them at the old one."""

from sqlalchemy import or_, select, update

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import IS_BULK, IS_OPEN, IS_WAITING, Delivery, Mailing
from newsletter.delivery.policy import Status
from newsletter.delivery.service.queueing import Recipient


def readdress(old: Recipient, new: Recipient) -> None:
    """Editions follow to the new address; what was made for this person alone is cancelled.

    Its links are for whoever reads the old address. So is an edition that may have arrived there already, and what
    is in a worker's hands ends where it began: nothing is ever sent to both.
    """
    with transaction():
        waiting = IS_WAITING, Delivery.subscriber_id == old.subscriber_id, Delivery.address_key == old.address_key
        editions = select(Mailing.id).where(IS_OPEN, IS_BULK)
        theirs = select(Mailing.id).where(IS_OPEN, or_(Mailing.subscriber_id == old.subscriber_id, IS_BULK))
        db.session.execute(
            update(Delivery)
            .where(*waiting, Delivery.mailing_id.in_(editions), Delivery.unknowns == 0)
            .values(address=new.address, address_key=new.address_key)
            .execution_options(synchronize_session=False)
        )
        db.session.execute(
            update(Delivery)
            .where(*waiting, Delivery.mailing_id.in_(theirs))
            .values(status=Status.CANCELLED, words="the subscriber has another address", ended_at=now())
            .execution_options(synchronize_session=False)
        )
