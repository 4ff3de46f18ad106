"""The three verbs: sign up, confirm, unsubscribe. Each writes its consent event in the same transaction."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from newsletter.core.addresses import Address, parse, parse_and_ask_dns
from newsletter.core.clock import now
from newsletter.core.db import db, insert_ignoring, rows_written, transaction
from newsletter.core.errors import InvalidAddress, LinkDamaged, LinkExpired
from newsletter.delivery.service import Letter, Recipient, cancel_for, queue_to_one
from newsletter.mail.house import House
from newsletter.mail.message import plain
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions import emails
from newsletter.subscriptions.links import CONFIRM, UNSUBSCRIBE, Named, Reader
from newsletter.subscriptions.models import Consent, ConsentEvent, Subscriber, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus, may_ask
from newsletter.subscriptions.queries import find_subscriber, find_subscription
from newsletter.suppressions.queries import is_suppressed


@dataclass(frozen=True)
class Origin:
    """Where a wish came from, for the consent ledger; `method` is form, link, one-click, page or command.

    `wording` is the sentence next to the button that was pressed.
    """

    method: str
    ip: str = ""
    user_agent: str = ""
    page: str = ""
    wording: str = ""


def sign_up(address: str, slug: str, origin: Origin, house: House, name: str = "") -> Subscription:
    """Note the wish and queue a confirmation mail, unless one went out just now or none may be sent.

    Whatever the address's state, nothing that a caller could show differs. Raises InvalidAddress, NotFound.
    """
    mailbox = _acceptable(address, house)
    with transaction():
        of = newsletter(slug)
        moment = now()
        subscriber = _met(mailbox, plain(name)[:100], house, moment)
        subscription = _pending(subscriber, of, moment)
        _note(Consent.REQUESTED, Named(subscriber.id, of.id), origin, moment)
        allowed = may_ask(SubscriptionStatus(subscription.status), subscription.asked_at, moment)
        if allowed and not is_suppressed(subscriber.address_key):
            subscription.asked_at = moment
            _queue(emails.confirmation(of, subscription.nonce, moment, house), subscriber)
        return subscription


def confirm(token: str, origin: Origin, house: House) -> Newsletter:
    """Confirm the subscription to the newsletter returned; again within the link's life changes nothing.

    Raises LinkDamaged, or LinkExpired, also when the person has unsubscribed or signed up anew since.
    """
    named = _reader(house).confirmation(token, now())
    with transaction():
        moment = now()
        changed = rows_written(
            update(Subscription)
            .where(*_of(named), Subscription.nonce == named.nonce)
            .where(Subscription.status == SubscriptionStatus.PENDING)
            .values(status=SubscriptionStatus.CONFIRMED, confirmed_at=moment, ended_at=None)
        )
        subscription = find_subscription(named.subscriber_id, named.newsletter_id)
        if subscription is None:
            raise LinkDamaged(CONFIRM)
        is_current = subscription.nonce == named.nonce
        if not is_current or subscription.status != SubscriptionStatus.CONFIRMED:
            raise LinkExpired(CONFIRM)
        of = db.session.get_one(Newsletter, named.newsletter_id)
        if changed:
            _note(Consent.CONFIRMED, named, origin, moment)
            if of.says_welcome:
                _queue(emails.welcome(of, moment, house), subscription.subscriber)
        return of


def unsubscribe(token: str, origin: Origin, house: House) -> Newsletter:
    """End the subscription and cancel what is queued for it; the newsletter that was left.

    Doing it again, or for somebody who was erased, changes nothing and is no error. Raises LinkDamaged.
    """
    named = _reader(house).unsubscription(token, now())
    with transaction():
        moment = now()
        of = _newsletter_of(named, UNSUBSCRIBE)
        changed = rows_written(
            update(Subscription)
            .where(*_of(named), Subscription.status != SubscriptionStatus.UNSUBSCRIBED)
            .values(status=SubscriptionStatus.UNSUBSCRIBED, ended_at=moment, asked_at=None)
        )
        if changed:
            _note(Consent.WITHDRAWN, named, origin, moment)
            cancel_for(named.subscriber_id, of.id)
            if of.says_goodbye and origin.method == "page":
                _queue(emails.goodbye(of, moment, house), db.session.get_one(Subscriber, named.subscriber_id))
        return of


def newsletter_to_confirm(token: str, house: House) -> Newsletter:
    """Which newsletter a confirmation link is for; changes nothing. Raises LinkDamaged, LinkExpired."""
    return _newsletter_of(_reader(house).confirmation(token, now()), CONFIRM)


def newsletter_to_leave(token: str, house: House) -> Newsletter:
    """Which newsletter an unsubscribe link is for; changes nothing. Raises LinkDamaged."""
    return _newsletter_of(_reader(house).unsubscription(token, now()), UNSUBSCRIBE)


def _newsletter_of(named: Named, purpose: str) -> Newsletter:
    found = db.session.get(Newsletter, named.newsletter_id)
    if found is None:
        raise LinkDamaged(purpose)
    return found


def _acceptable(text: str, house: House) -> Address:
    mailbox = parse_and_ask_dns(text) if house.settings.check_dns else parse(text)
    if mailbox.is_international and not house.takes_international:
        problem = (
            "Our mail server cannot write to addresses with letters such as ü or 字 before the @; "
            "please use another address."
        )
        raise InvalidAddress(problem)
    return mailbox


def _met(mailbox: Address, name: str, house: House, moment: datetime) -> Subscriber:
    """The subscriber of this address, known or new; two sign-ups at once make one."""
    key = mailbox.key(house.settings.pepper)
    db.session.execute(
        insert_ignoring(Subscriber).values(
            address=str(mailbox), entered=mailbox.entered, address_key=key, name=name, created_at=moment
        )
    )
    found = find_subscriber(key)
    assert found  # noqa: S101 - it was inserted or was there, in this transaction.
    return found


def _pending(subscriber: Subscriber, of: Newsletter, moment: datetime) -> Subscription:
    """The subscription, new or as it is; one that had ended starts again, and its old links die."""
    db.session.execute(
        insert_ignoring(Subscription).values(
            subscriber_id=subscriber.id,
            newsletter_id=of.id,
            status=SubscriptionStatus.PENDING,
            nonce=secrets.token_urlsafe(12),
            requested_at=moment,
        )
    )
    subscription = db.session.scalars(
        select(Subscription)
        .where(Subscription.subscriber_id == subscriber.id, Subscription.newsletter_id == of.id)
        # On PostgreSQL a second sign-up waits here, so that it sees that the first has asked already.
        .with_for_update(of=Subscription)
        .execution_options(populate_existing=True)
    ).one()
    if subscription.status == SubscriptionStatus.UNSUBSCRIBED:
        subscription.status = SubscriptionStatus.PENDING
        subscription.nonce = secrets.token_urlsafe(12)
        subscription.requested_at = moment
    return subscription


def _note(kind: Consent, named: Named, origin: Origin, moment: datetime) -> None:
    db.session.add(
        ConsentEvent(
            subscriber_id=named.subscriber_id,
            newsletter_id=named.newsletter_id,
            kind=kind,
            method=origin.method,
            at=moment,
            ip=origin.ip[:45],
            user_agent=plain(origin.user_agent)[:300],
            page=plain(origin.page)[:300],
            wording=origin.wording[:500],
            edition_id=named.edition_id,
        )
    )


def _queue(letter: Letter, subscriber: Subscriber) -> None:
    queue_to_one(letter, Recipient(subscriber.id, subscriber.address, subscriber.address_key))


def _of(named: Named) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        Subscription.subscriber_id == named.subscriber_id,
        Subscription.newsletter_id == named.newsletter_id,
    )


def _reader(house: House) -> Reader:
    return Reader(house.signer, house.settings.confirm_within)
