"""Leaving: it takes effect at once, also on what is queued already."""

from sqlalchemy import bindparam, update

from newsletter.core.clock import now
from newsletter.core.db import db, execute, transaction
from newsletter.core.errors import LinkDamaged
from newsletter.delivery.service import Recipient, cancel_for, queue_to_one
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions import emails
from newsletter.subscriptions.links import UNSUBSCRIBE, reader
from newsletter.subscriptions.models import Consent, Subscriber, Subscription
from newsletter.subscriptions.policy import EndReason, SubscriptionStatus
from newsletter.subscriptions.queries import subscriptions_of
from newsletter.subscriptions.service.consent import NO_LINK, Link, Named, Origin, note
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress

_SUBSCRIPTIONS = Subscription.__table__
_END = (
    update(_SUBSCRIPTIONS)
    .where(
        _SUBSCRIPTIONS.c.subscriber_id == bindparam("whose"),
        _SUBSCRIPTIONS.c.newsletter_id == bindparam("which"),
        _SUBSCRIPTIONS.c.status != SubscriptionStatus.UNSUBSCRIBED,
    )
    .values(
        status=SubscriptionStatus.UNSUBSCRIBED,
        end_reason=bindparam("why"),
        ended_at=bindparam("at"),
        paused_until=None,
    )
)


def unsubscribe(token: str, origin: Origin, house: House) -> Newsletter:
    """End the subscription and cancel what is queued for it; the newsletter that was left.

    Doing it again, or for somebody who was erased, changes nothing and is no error. Raises LinkDamaged.
    """
    named = reader(house).unsubscription(token, now())
    of, whose = _newsletter(named.newsletter_id), Named(named.subscriber_id, named.newsletter_id)
    with transaction():
        has_left = end(whose, EndReason.UNSUBSCRIBED, origin, Link(edition_id=named.edition_id))
        if has_left and of.says_goodbye and origin.method == "page":
            person = db.session.get_one(Subscriber, named.subscriber_id)
            letter = emails.goodbye(of, now(), house)
            queue_to_one(letter, Recipient(person.id, person.address, person.address_key))
        return of


def unsubscribe_by_click(token: str, origin: Origin, house: House) -> None:
    """As `unsubscribe`, for a mail provider that presses its own button: nobody is written to.

    Raises LinkDamaged.
    """
    named = reader(house).unsubscription(token, now())
    whose = Named(named.subscriber_id, named.newsletter_id)
    with transaction():
        if not end(whose, EndReason.UNSUBSCRIBED, origin, Link(edition_id=named.edition_id)):
            # There was nothing to end; the link must name a newsletter all the same.
            _newsletter(named.newsletter_id)


def never_write(token: str, origin: Origin, house: House) -> None:
    """Never mail the address of this link again, for whatever newsletter, whoever signs it up.

    Doing it again changes nothing, and neither does it for somebody who was erased. Raises LinkDamaged.
    """
    subscriber_id = reader(house).never(token, now())
    with transaction():
        person = db.session.get(Subscriber, subscriber_id)
        if person is None:
            return
        suppress(person.address_key, Reason.NEVER_WRITE)
        for subscription in subscriptions_of(person.id):
            end(Named(person.id, subscription.newsletter_id), EndReason.NEVER_WRITE, origin)


def find_never(token: str, house: House) -> Subscriber | None:
    """Whose link it is, None when nothing is kept of them any more; changes nothing. Raises LinkDamaged."""
    return db.session.get(Subscriber, reader(house).never(token, now()))


def end(whose: Named, reason: EndReason, origin: Origin, link: Link = NO_LINK) -> bool:
    """End it in the caller's transaction; False if there is none or it had ended: nothing is noted then."""
    moment = now()
    which = {"whose": whose.subscriber_id, "which": whose.newsletter_id}
    if not execute(_END, {**which, "why": reason, "at": moment}).rowcount:
        return False
    note(Consent.WITHDRAWN, whose, origin, moment, link)
    cancel_for(whose.subscriber_id, whose.newsletter_id)
    return True


def newsletter_to_leave(token: str, house: House) -> Newsletter:
    """Which newsletter an unsubscribe link is for; changes nothing. Raises LinkDamaged."""
    return _newsletter(reader(house).unsubscription(token, now()).newsletter_id)


def _newsletter(newsletter_id: int) -> Newsletter:
    found = db.session.get(Newsletter, newsletter_id)
    if found is None:
        raise LinkDamaged(UNSUBSCRIBE)
    return found
