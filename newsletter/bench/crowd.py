"""Subscribers by the million, as an installation has them that has been running for long."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, insert, literal, select

from newsletter.bench.stage import key_of, numbers_up_to
from newsletter.core.clock import now
from newsletter.core.db import UtcDateTime, db, transaction
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Consent, ConsentEvent, Subscriber, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus

PENDING, UNSUBSCRIBED = 10, 15
"""Of each hundred subscribers those up to here are pending, and from there up to here unsubscribed."""


def fill(of: Newsletter, subscribers: int) -> None:
    """Three statements, however many they are."""
    with transaction():
        _add_people(subscribers)
        _subscribe(of.id)
        _note_consent(of.id)


def _add_people(how_many: int) -> None:
    number = numbers_up_to(how_many)
    # As text: unlike others SQLite joins before it divides, and everybody would have the same address.
    domain = cast(number % 1000, String)
    address = literal("reader").concat(cast(number, String)).concat("@d").concat(domain).concat(".example.org")
    values: dict[Any, Any] = {
        Subscriber.address: address,
        Subscriber.entered: address,
        Subscriber.address_key: key_of(number),
        Subscriber.created_at: _long_ago(),
    }
    db.session.execute(insert(Subscriber).from_select([*values], select(*values.values())))


def _subscribe(newsletter_id: int) -> None:
    is_pending, has_left = _place() < PENDING, _place() < UNSUBSCRIBED
    status = case(
        (is_pending, SubscriptionStatus.PENDING.value),
        (has_left, SubscriptionStatus.UNSUBSCRIBED.value),
        else_=SubscriptionStatus.CONFIRMED.value,
    )
    values = {
        Subscription.subscriber_id: Subscriber.id,
        Subscription.newsletter_id: literal(newsletter_id),
        Subscription.status: status,
        Subscription.nonce: Subscriber.address_key,
        Subscription.requested_at: _long_ago(),
        Subscription.asked_at: _long_ago(),
        Subscription.confirmed_at: case((is_pending, None), else_=_long_ago()),
        Subscription.ended_at: case((is_pending, None), (has_left, _long_ago())),
    }
    db.session.execute(insert(Subscription).from_select([*values], select(*values.values())))


def _note_consent(newsletter_id: int) -> None:
    values = {
        ConsentEvent.subscriber_id: Subscriber.id,
        ConsentEvent.newsletter_id: literal(newsletter_id),
        ConsentEvent.kind: literal(Consent.REQUESTED.value),
        ConsentEvent.method: literal("form"),
        ConsentEvent.at: _long_ago(),
    }
    db.session.execute(insert(ConsentEvent).from_select([*values], select(*values.values())))


def _place() -> ColumnElement[int]:
    place: ColumnElement[int] = Subscriber.id % 100
    return place


def _long_ago() -> ColumnElement[object]:
    return literal(now() - timedelta(days=2), UtcDateTime)
