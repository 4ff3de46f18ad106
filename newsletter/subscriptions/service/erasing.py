"""Erasing a person: all that is left is a key by which the address is recognised, so that nobody writes to it."""

from sqlalchemy import delete, update

from newsletter.core.db import db, transaction
from newsletter.core.errors import NotFound
from newsletter.delivery.service import forget, scrub
from newsletter.subscriptions.models import SignUp, Subscriber
from newsletter.subscriptions.service.counting import places_of, unname
from newsletter.suppressions.models import Reason, Suppression
from newsletter.suppressions.service import suppress


def erase(subscriber_id: int) -> None:
    """Erase all that is known of this person (GDPR Art. 17). Raises NotFound.

    Their consent events go with them. Only a sign-up that they confirm brings them back.
    """
    with transaction():
        person = db.session.get(Subscriber, subscriber_id)
        if person is None:
            raise NotFound(kind="subscriber", name=subscriber_id)
        key, places = person.address_key, places_of(subscriber_id)
        suppress(key, Reason.ERASED)
        # The words of a server that refused it may hold the address.
        db.session.execute(update(Suppression).where(Suppression.address_key == key).values(words=""))
        # By now: a delivery that is leased from here on finds neither the address nor a subscription.
        forget([subscriber_id])
        db.session.execute(delete(SignUp).where(SignUp.address_key == key))
        db.session.execute(delete(Subscriber).where(Subscriber.id == subscriber_id))
        unname(places)
        db.session.flush()
        db.session.expire_all()
    scrub()
