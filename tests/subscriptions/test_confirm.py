"""Confirming: one button, one transition, and links that can be forwarded, scanned and pressed twice."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.errors import LinkDamaged, LinkExpired
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions import service
from newsletter.subscriptions.models import Consent, Subscription
from newsletter.subscriptions.queries import consent_of
from newsletter.subscriptions.service import Origin
from tests import make

LINK = Origin("link")


def pending(house: House) -> tuple[Subscription, str]:
    """A pending subscription and the token of its confirmation."""
    subscription = make.subscription(make.newsletter(), house, "ann@example.org", status="pending")
    return subscription, house.signer.sign("confirm", claims(subscription), at=now())


def claims(subscription: Subscription) -> dict[str, object]:
    return {"n": {str(subscription.newsletter_id): subscription.nonce}, "s": subscription.subscriber_id}


def test_the_button_confirms_and_a_welcome_follows(
    client: FlaskClient, house: House, outbox: list[Envelope]
) -> None:
    subscription, token = pending(house)

    answer = client.post(f"/confirm/{token}")
    make.send_all(house)

    assert answer.status_code == 200
    assert "You are subscribed" in answer.text
    assert subscription.status == "confirmed"
    assert [make.parsed(mail)["Subject"] for mail in outbox] == ["Welcome to The Courier"]


def test_looking_at_the_link_changes_nothing(client: FlaskClient, house: House) -> None:
    subscription, token = pending(house)

    for method in ("GET", "HEAD", "OPTIONS", "GET", "GET"):
        headers = {"Sec-Purpose": "prefetch", "User-Agent": "SafeLinks"}
        assert client.open(f"/confirm/{token}", method=method, headers=headers).status_code == 200

    assert subscription.status == "pending"


def test_confirming_twice_is_fine_and_is_one_event(client: FlaskClient, house: House) -> None:
    subscription, token = pending(house)

    answers = [client.post(f"/confirm/{token}") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [event.kind for event in consent_of(subscription.subscriber_id)] == [Consent.CONFIRMED]


def test_all_textual_variants_of_one_signature_make_one_transition(house: House) -> None:
    subscription, token = pending(house)
    variants = [token, token + "=", token + "==", *(token[:-1] + last for last in "AQgw")]

    accepted = 0
    for variant in variants:
        try:
            service.confirm(variant, LINK, house)
            accepted += 1
        except LinkDamaged:
            continue

    assert accepted >= 1
    assert len(consent_of(subscription.subscriber_id)) == 1


def test_a_link_works_for_72_hours(client: FlaskClient, house: House, clock: Traveller) -> None:
    _, token = pending(house)
    clock.shift(timedelta(hours=72))

    assert client.post(f"/confirm/{token}").status_code == 200


def test_an_expired_link_says_what_to_do_next(client: FlaskClient, house: House, clock: Traveller) -> None:
    subscription, token = pending(house)
    clock.shift(timedelta(hours=72, seconds=1))

    for answer in (client.get(f"/confirm/{token}"), client.post(f"/confirm/{token}")):
        assert answer.status_code == 410
        assert "Sign up again" in answer.text
    assert subscription.status == "pending"


@pytest.mark.parametrize("token", ["x", "..", "eyJ2IjoxfQ.aaaaaa.bbbb", "a" * 5000, "%00", "ü"])
def test_a_damaged_link_says_so_and_is_no_server_error(client: FlaskClient, token: str) -> None:
    make.newsletter()

    for answer in (client.get(f"/confirm/{token}"), client.post(f"/confirm/{token}")):
        assert answer.status_code == 404
        assert "link" in answer.text


def test_an_unsubscribe_link_confirms_nothing(house: House) -> None:
    subscription, _ = pending(house)

    with pytest.raises(LinkDamaged):
        service.confirm(house.signer.sign("unsubscribe", claims(subscription), at=now()), LINK, house)


def test_an_old_link_does_not_bring_back_who_left(house: House) -> None:
    subscription, token = pending(house)
    service.confirm(token, LINK, house)
    leave = {"n": subscription.newsletter_id, "s": subscription.subscriber_id}
    service.unsubscribe(house.signer.sign("unsubscribe", leave, at=now()), LINK, house)

    with pytest.raises(LinkExpired):
        service.confirm(token, LINK, house)


def test_a_link_from_before_leaving_is_dead_after_signing_up_anew(house: House) -> None:
    subscription, token = pending(house)
    service.confirm(token, LINK, house)
    leave = {"n": subscription.newsletter_id, "s": subscription.subscriber_id}
    service.unsubscribe(house.signer.sign("unsubscribe", leave, at=now()), LINK, house)
    make.signed_up("ann@example.org", house)

    with pytest.raises(LinkExpired):
        service.confirm(token, LINK, house)


def test_the_page_of_a_link_leaves_no_trace_of_it(client: FlaskClient, house: House) -> None:
    _, token = pending(house)

    headers = client.get(f"/confirm/{token}").headers

    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex"
