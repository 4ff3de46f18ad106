"""Subscribers by the million, as an installation has them that has been running for long."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, insert, literal, select

from newsletter.bench.stage import key_of, numbers_up_to
from newsletter.core.clock import now
from newsletter.core.db import UtcDateTime, db, transaction
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Consent, ConsentEvent, Follow, Subscriber, Subscription
from newsletter.subscriptions.policy import Cadence, FollowKind, SubscriptionStatus

PENDING, UNSUBSCRIBED = 10, 15
"""Of each hundred subscribers those up to here are pending, and from there up to here unsubscribed."""

MONTHS = 24
"""Over so many months people have signed up, as many in each."""

FORMS = ("footer", "article", "popup")
TOPIC = "Harbour"


def fill(of: Newsletter, subscribers: int) -> None:
    """Four statements, however many they are."""
    with transaction():
        _add_people(subscribers)
        _subscribe(of.id)
        _follow()
        _note_consent(of.id)


def _add_people(how_many: int) -> None:
    number = numbers_up_to(how_many)
    # As text: unlike others SQLite joins before it divides, and everybody would have the same address.
    domain = literal("d").concat(cast(number % 1000, String)).concat(".example.org")
    large = case((number % 5 == 0, "gmail.com"), (number % 5 == 1, "gmx.de"), else_=domain)
    address = literal("reader").concat(cast(number, String)).concat("@").concat(large)
    values: dict[Any, Any] = {
        Subscriber.address: address,
        Subscriber.entered: address,
        Subscriber.address_key: key_of(number),
        Subscriber.created_at: _month_by_month(number),
    }
    db.session.execute(insert(Subscriber).from_select([*values], select(*values.values())))


def _subscribe(newsletter_id: int) -> None:
    is_pending, has_left = _place() < PENDING, _place() < UNSUBSCRIBED
    status = case(
        (is_pending, SubscriptionStatus.PENDING.value),
        (has_left, SubscriptionStatus.UNSUBSCRIBED.value),
        else_=SubscriptionStatus.CONFIRMED.value,
    )
    places = ((Subscriber.id % 7 == place, name) for place, name in enumerate(FORMS))
    values = {
        Subscription.subscriber_id: Subscriber.id,
        Subscription.newsletter_id: literal(newsletter_id),
        Subscription.status: status,
        Subscription.nonce: Subscriber.address_key,
        Subscription.cadence: case((Subscriber.id % 20 == 0, Cadence.WEEKLY.value), else_=Cadence.EACH.value),
        Subscription.form: case(*places, else_=""),
        Subscription.requested_at: case((is_pending, _long_ago()), else_=_month_by_month(Subscriber.id)),
        Subscription.asked_at: _long_ago(),
        Subscription.confirmed_at: case((is_pending, None), else_=_long_ago()),
        Subscription.ended_at: case((is_pending, None), (has_left, _long_ago())),
    }
    db.session.execute(insert(Subscription).from_select([*values], select(*values.values())))


def _follow() -> None:
    values: dict[Any, Any] = {
        Follow.subscription_id: Subscription.id,
        Follow.kind: literal(FollowKind.TOPIC.value),
        Follow.value: literal(TOPIC),
    }
    chosen = select(*values.values()).where(Subscription.subscriber_id % 25 == 0)
    db.session.execute(insert(Follow).from_select([*values], chosen))


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
    return _ago(2)


def _month_by_month(number: Any) -> ColumnElement[Any]:  # noqa: ANN401 - a column, or what is made of one.
    months = ((number % MONTHS == month, _ago(2 + 30 * month)) for month in range(1, MONTHS))
    return case(*months, else_=_long_ago())


def _ago(days: int) -> ColumnElement[object]:
    return literal(now() - timedelta(days=days), UtcDateTime)
