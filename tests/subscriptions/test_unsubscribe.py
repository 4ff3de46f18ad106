"""Leaving: one click, at once, for ever, and nothing that was queued goes out any more."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import Delivery, Mailing
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import Consent, Subscription
from newsletter.subscriptions.policy import EndReason, SubscriptionStatus
from newsletter.subscriptions.queries import consent_of
from newsletter.subscriptions.service.consent import Named
from newsletter.subscriptions.service.joining import join
from newsletter.subscriptions.service.leaving import end
from tests import make

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def confirmed(house: House) -> tuple[Subscription, str]:
    """A confirmed subscription and the token of its unsubscribe link."""
    subscription = make.subscription(make.newsletter(), house, "ann@example.org")
    claims = {"n": subscription.newsletter_id, "s": subscription.subscriber_id}
    return subscription, house.signer.sign("unsubscribe", claims, at=now())


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_ends_the_subscription_without_cookie_or_redirect(
    client: FlaskClient, house: House, content_type: str
) -> None:
    subscription, token = confirmed(house)

    answer = client.post(f"/unsubscribe/{token}", data=ONE_CLICK, content_type=content_type)

    assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/plain", "You are unsubscribed.\n")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert subscription.status == "unsubscribed"
    assert [(event.kind, event.method) for event in consent_of(subscription.subscriber_id)] == [
        (Consent.WITHDRAWN, "one-click")
    ]


def test_the_page_has_one_button_and_looking_changes_nothing(client: FlaskClient, house: House) -> None:
    subscription, token = confirmed(house)

    answers = [client.open(f"/unsubscribe/{token}", method=method) for method in ("GET", "HEAD", "GET", "OPTIONS")]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200]
    assert answers[0].text.count("<button") == 1
    assert subscription.status == "confirmed"


def test_leaving_twice_is_fine_and_is_one_event(client: FlaskClient, house: House) -> None:
    subscription, token = confirmed(house)

    assert [client.post(f"/unsubscribe/{token}").status_code for _ in range(3)] == [200, 200, 200]

    assert len(consent_of(subscription.subscriber_id)) == 1


def test_the_link_works_ten_years_later(client: FlaskClient, house: House, clock: Traveller) -> None:
    subscription, token = confirmed(house)
    clock.shift(timedelta(days=3653))

    assert client.post(f"/unsubscribe/{token}", data=ONE_CLICK).status_code == 200
    assert subscription.status == "unsubscribed"


def test_what_was_queued_is_cancelled_in_the_same_transaction(
    client: FlaskClient, house: House, outbox: list[Envelope]
) -> None:
    subscription, token = confirmed(house)
    of = make.newsletter("evening")
    other = make.subscription(of, house, "bob@example.org")
    source = make.source()
    for newsletter_id in (subscription.newsletter_id, of.id):
        drafted = editions.draft(newsletter_id, editions.Window(now(), now()), [make.article(source)])
        editions.send(drafted.id, house)

    client.post(f"/unsubscribe/{token}", data=ONE_CLICK)
    status = db.session.scalar(select(Delivery.status).where(Delivery.subscriber_id == subscription.subscriber_id))
    make.send_all(house)

    assert status == "cancelled"
    assert [mail.recipient for mail in outbox] == [other.subscriber.address]


def test_somebody_who_left_while_the_edition_was_queued_gets_nothing(house: House, outbox: list[Envelope]) -> None:
    """The queueing statement may have read the subscription just before it ended; the lease looks again."""
    subscription, _ = confirmed(house)
    drafted = editions.draft(
        subscription.newsletter_id, editions.Window(now(), now()), [make.article(make.source())]
    )
    editions.send(drafted.id, house)
    with transaction():
        subscription.status = SubscriptionStatus.UNSUBSCRIBED

    make.send_all(house)

    assert outbox == []


def test_the_welcome_is_not_sent_to_who_left_before_it_went_out(
    client: FlaskClient, house: House, outbox: list[Envelope]
) -> None:
    subscription = make.subscription(make.newsletter(), house, "ann@example.org", status="pending")
    claims = {"n": subscription.newsletter_id, "s": subscription.subscriber_id}
    confirm = house.signer.sign("confirm", {**claims, "j": subscription.nonce}, at=now())
    client.post(f"/confirm/{confirm}")

    client.post(f"/unsubscribe/{house.signer.sign('unsubscribe', claims, at=now())}", data=ONE_CLICK)
    make.send_all(house)

    assert outbox == []


def test_nobody_is_mailed_after_leaving_unless_the_newsletter_says_goodbye(
    client: FlaskClient, house: House, outbox: list[Envelope]
) -> None:
    subscription, token = confirmed(house)

    client.post(f"/unsubscribe/{token}")
    make.send_all(house)
    assert outbox == []

    of = make.newsletter("evening")
    of.says_goodbye = True
    subscription = make.subscription(of, house, "bob@example.org")
    claims = {"n": of.id, "s": subscription.subscriber_id}
    client.post(f"/unsubscribe/{house.signer.sign('unsubscribe', claims, at=now())}")
    make.send_all(house)
    assert [mail.recipient for mail in outbox] == ["bob@example.org"]


def test_a_link_for_somebody_who_was_erased_answers_the_same(client: FlaskClient, house: House) -> None:
    subscription, token = confirmed(house)
    first = client.post(f"/unsubscribe/{token}", data=ONE_CLICK)
    stranger = house.signer.sign("unsubscribe", {"n": subscription.newsletter_id, "s": 999_999}, at=now())

    answer = client.post(f"/unsubscribe/{stranger}", data=ONE_CLICK)

    assert (answer.status_code, answer.data) == (first.status_code, first.data)


def test_one_click_for_a_newsletter_that_is_not_there_is_a_damaged_link(client: FlaskClient, house: House) -> None:
    subscription, _ = confirmed(house)
    claims = {"n": 999_999, "s": subscription.subscriber_id}

    answer = client.post(f"/unsubscribe/{house.signer.sign('unsubscribe', claims, at=now())}", data=ONE_CLICK)

    assert answer.status_code == 404
    assert subscription.status == "confirmed"


def test_a_forged_link_is_not_found(client: FlaskClient, house: House) -> None:
    subscription, token = confirmed(house)

    assert client.post(f"/unsubscribe/{token[:-6]}aaaaaa", data=ONE_CLICK).status_code == 404
    assert subscription.status == "confirmed"


def test_a_burst_of_clicks_from_one_address_is_answered(client: FlaskClient, house: House) -> None:
    """RFC 8058: mail providers click for their users, in bursts, from a few addresses."""
    _, token = confirmed(house)

    answers = {client.post(f"/unsubscribe/{token}", data=ONE_CLICK).status_code for _ in range(300)}

    assert answers == {200}


def test_who_leaves_takes_along_what_was_queued_for_them_alone_and_for_all_and_nothing_else(house: House) -> None:
    of = make.newsletter()
    ann, bob = (make.signed_up(each, house) for each in ("ann@example.org", "bob@example.org"))
    for each in (ann, bob):
        join(each.subscriber_id, of.slug, make.form(), house)
    editions.send(make.edition(of, [make.article(make.source())]).id, house)

    end(Named(ann.subscriber_id, of.id), EndReason.UNSUBSCRIBED, make.form())

    queued = select(Delivery.subscriber_id, Mailing.kind, Delivery.status)
    rows = db.session.execute(queued.join(Mailing, Mailing.id == Delivery.mailing_id))
    left = {(row.subscriber_id, row.kind): str(row.status) for row in rows}
    assert [left[ann.subscriber_id, kind] for kind in ("welcome", "edition")] == ["cancelled", "cancelled"]
    assert [left[bob.subscriber_id, kind] for kind in ("welcome", "edition")] == ["queued", "queued"]
