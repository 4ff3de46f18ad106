"""Confirming: what a sign-up asked for becomes a subscription."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, exists, select, update

from newsletter.core.clock import now
from newsletter.core.db import db, execute, transaction
from newsletter.core.errors import LinkDamaged, LinkError, LinkExpired
from newsletter.delivery.service import Recipient, queue_to_one
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions import emails
from newsletter.subscriptions.links import CONFIRM, Requested, reader
from newsletter.subscriptions.models import Consent, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.queries import find_subscription
from newsletter.subscriptions.service.budgeting import note_confirmed
from newsletter.subscriptions.service.consent import Link, Named, Origin, note
from newsletter.subscriptions.service.counting import count_confirmed
from newsletter.subscriptions.service.reminding import stop_reminding
from newsletter.suppressions.service import lift_erasure

_SUBSCRIPTIONS = Subscription.__table__
_TURN_ON = (
    update(_SUBSCRIPTIONS)
    .where(
        _SUBSCRIPTIONS.c.subscriber_id == bindparam("whose"),
        _SUBSCRIPTIONS.c.newsletter_id == bindparam("which"),
        _SUBSCRIPTIONS.c.nonce == bindparam("asked_with"),
        _SUBSCRIPTIONS.c.status == SubscriptionStatus.PENDING,
    )
    .values(status=SubscriptionStatus.CONFIRMED, confirmed_at=bindparam("at"), ended_at=None)
)

_NEWSLETTERS = (
    select(Newsletter).where(Newsletter.id.in_(bindparam("these", expanding=True))).order_by(Newsletter.id)
)

IS_ON = (SubscriptionStatus.CONFIRMED, SubscriptionStatus.PAUSED)


def confirm(token: str, origin: Origin, house: House) -> Sequence[Newsletter]:
    """Confirm the subscriptions to the newsletters returned; again within the link's life changes nothing.

    Raises LinkDamaged, or LinkExpired, also when the person has left them all or signed up anew since.
    """
    requested = reader(house).confirmation(token, now())
    with transaction():
        moment = now()
        confirmed, begun = [], []
        for newsletter_id, nonce in requested.nonces.items():
            is_new = _turn_on(requested.subscriber_id, newsletter_id, nonce, moment)
            subscription = find_subscription(requested.subscriber_id, newsletter_id)
            if subscription is None or subscription.nonce != nonce or subscription.status not in IS_ON:
                continue
            of = db.session.get_one(Newsletter, newsletter_id)
            confirmed.append(of)
            if is_new:
                begin(subscription, of, origin, house)
                begun.append(subscription)
        if not confirmed:
            raise _why_none(requested)
        stop_reminding(requested.subscriber_id)
        count_confirmed(begun, moment)
        return confirmed


def newsletters_to_confirm(token: str, house: House) -> Sequence[Newsletter]:
    """Which newsletters a confirmation link is for; changes nothing. Raises LinkDamaged, LinkExpired."""
    requested = reader(house).confirmation(token, now())
    found = db.session.scalars(_NEWSLETTERS, {"these": list(requested.nonces)}).all()
    if not found:
        raise LinkDamaged(CONFIRM)
    return found


def _turn_on(subscriber_id: int, newsletter_id: int, nonce: str, moment: datetime) -> bool:
    """Whether it was this call that did it; of several at once only one is told so."""
    which = {"whose": subscriber_id, "which": newsletter_id, "asked_with": nonce}
    return execute(_TURN_ON, {**which, "at": moment}).rowcount > 0


def begin(subscription: Subscription, of: Newsletter, origin: Origin, house: House) -> None:
    """What follows from it in the caller's transaction, once it was turned on."""
    moment, subscriber = now(), subscription.subscriber
    subscriber.active_at = moment
    note_confirmed(subscriber.address_key)
    lift_erasure(subscriber.address_key)
    whose = Named(subscriber.id, of.id)
    note(Consent.CONFIRMED, whose, origin, moment, Link(nonce=subscription.nonce))
    if of.says_welcome:
        recipient = Recipient(subscriber.id, subscriber.address, subscriber.address_key)
        queue_to_one(emails.welcome(of, moment, house), recipient)


def _why_none(requested: Requested) -> LinkError:
    of_this_person = select(Subscription.id).where(Subscription.subscriber_id == requested.subscriber_id)
    is_known = db.session.scalar(select(exists(of_this_person)))
    return LinkExpired(CONFIRM) if is_known else LinkDamaged(CONFIRM)
