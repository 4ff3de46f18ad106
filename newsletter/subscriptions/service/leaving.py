"""Leaving: it takes effect at once, also on what is queued already."""

from sqlalchemy import update

from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.errors import LinkDamaged
from newsletter.delivery.service import Recipient, cancel_for, queue_to_one
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions import emails
from newsletter.subscriptions.links import UNSUBSCRIBE, reader
from newsletter.subscriptions.models import Consent, Subscription
from newsletter.subscriptions.policy import EndReason, SubscriptionStatus
from newsletter.subscriptions.queries import find_subscription
from newsletter.subscriptions.service.consent import Link, Origin, note


def unsubscribe(token: str, origin: Origin, house: House) -> Newsletter:
    """End the subscription and cancel what is queued for it; the newsletter that was left.

    Doing it again, or for somebody who was erased, changes nothing and is no error. Raises LinkDamaged.
    """
    named = reader(house).unsubscription(token, now())
    with transaction():
        of = _newsletter(named.newsletter_id)
        subscription = find_subscription(named.subscriber_id, of.id)
        if subscription is None:
            return of
        has_left = end(subscription, EndReason.UNSUBSCRIBED, origin, Link(edition_id=named.edition_id))
        if has_left and of.says_goodbye and origin.method == "page":
            person = subscription.subscriber
            letter = emails.goodbye(of, now(), house)
            queue_to_one(letter, Recipient(person.id, person.address, person.address_key))
        return of


def end(subscription: Subscription, reason: EndReason, origin: Origin, link: Link) -> bool:
    """End it in the caller's transaction; False if it had ended already, then nothing is noted."""
    moment = now()
    changed = rows_written(
        update(Subscription)
        .where(Subscription.id == subscription.id, Subscription.status != SubscriptionStatus.UNSUBSCRIBED)
        .values(status=SubscriptionStatus.UNSUBSCRIBED, end_reason=reason, ended_at=moment, paused_until=None)
    )
    if not changed:
        return False
    note(Consent.WITHDRAWN, subscription, origin, moment, link)
    cancel_for(subscription.subscriber_id, subscription.newsletter_id)
    return True


def newsletter_to_leave(token: str, house: House) -> Newsletter:
    """Which newsletter an unsubscribe link is for; changes nothing. Raises LinkDamaged."""
    return _newsletter(reader(house).unsubscription(token, now()).newsletter_id)


def _newsletter(newsletter_id: int) -> Newsletter:
    found = db.session.get(Newsletter, newsletter_id)
    if found is None:
        raise LinkDamaged(UNSUBSCRIBE)
    return found
