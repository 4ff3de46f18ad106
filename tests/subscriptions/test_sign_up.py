"""Signing up: what is written, what is mailed, and that the answer never tells."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from time_machine import Traveller

from newsletter.core.db import db
from newsletter.core.errors import InvalidAddress, NotFound
from newsletter.mail.backends.smtp import Server, SmtpBackend
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.mail.pool import Member
from newsletter.subscriptions import service
from newsletter.subscriptions.models import Consent, Subscriber
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.queries import consent_of
from newsletter.subscriptions.service import Origin, Wish, answer_sign_ups, sign_up
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make

FORM = Origin(method="form", ip="192.0.2.7", user_agent="Netscape", wording="Sign up")


def test_a_sign_up_is_pending_and_mails_one_confirmation(house: House, outbox: list[Envelope]) -> None:
    make.newsletter()

    subscription = make.signed_up("Ann@Example.ORG", house)
    make.send_all(house)

    assert subscription.status == SubscriptionStatus.PENDING
    assert [mail.recipient for mail in outbox] == ["Ann@example.org"]


def test_a_sign_up_is_in_the_consent_ledger_with_its_origin(house: House) -> None:
    make.newsletter()

    subscription = make.signed_up("ann@example.org", house)

    [event] = consent_of(subscription.subscriber_id)
    assert event.origin
    assert event.wording
    assert (event.kind, event.method, event.origin.ip, event.wording.text) == (
        Consent.REQUESTED,
        "form",
        "192.0.2.7",
        "Sign up",
    )


def test_two_spellings_are_one_person(house: House) -> None:
    make.newsletter()

    first = make.signed_up("ann@example.org", house)
    second = make.signed_up("ANN@EXAMPLE.ORG", house)

    assert first.id == second.id
    assert db.session.scalar(select(func.count()).select_from(Subscriber)) == 1


def test_a_second_sign_up_within_ten_minutes_mails_nothing(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    make.signed_up("ann@example.org", house)
    clock.shift(timedelta(minutes=9, seconds=59))

    make.signed_up("ann@example.org", house)
    make.send_all(house)

    assert len(outbox) == 1


def test_a_second_sign_up_after_ten_minutes_mails_again_and_both_links_work(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    make.signed_up("ann@example.org", house)
    clock.shift(timedelta(minutes=10))
    make.signed_up("ann@example.org", house)
    make.send_all(house)

    tokens = [make.token_in(mail, "confirm") for mail in outbox]

    assert len(tokens) == 2
    for token in tokens:
        assert [each.slug for each in service.confirm(token, Origin("link"), house)] == ["courier"]


def test_a_confirmed_subscriber_who_signs_up_again_gets_no_mail_and_stays_confirmed(
    house: House, outbox: list[Envelope]
) -> None:
    of = make.newsletter()
    make.subscription(of, house, "ann@example.org")

    again = make.signed_up("ann@example.org", house)
    make.send_all(house)

    assert again.status == SubscriptionStatus.CONFIRMED
    assert outbox == []


def test_a_suppressed_address_gets_no_mail(house: House, outbox: list[Envelope]) -> None:
    of = make.newsletter()
    known = make.subscription(of, house, "ann@example.org", status="pending")
    suppress(known.subscriber.address_key, Reason.NEVER_WRITE)

    make.signed_up("ann@example.org", house)
    make.send_all(house)

    assert outbox == []


def test_the_confirmation_holds_nothing_that_the_visitor_typed(house: House, outbox: list[Envelope]) -> None:
    make.newsletter()

    origin = replace(FORM, page="https://evil.example/pills")
    wish = Wish(name="Buy pills", topics=["pills"], authors=["Dr pills"])
    sign_up("ann@example.org", ["courier"], origin, house, wish)
    answer_sign_ups(house)
    make.send_all(house)

    [mail] = outbox
    assert b"pills" not in mail.data
    assert mail.data.count(b"ann@example.org") == 1


def test_a_confirmation_is_marked_as_written_by_a_machine_and_as_no_list_mail(
    house: House, outbox: list[Envelope]
) -> None:
    make.newsletter()

    make.signed_up("ann@example.org", house)
    make.send_all(house)

    message = make.parsed(outbox[0])
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None


@pytest.mark.parametrize("state", ["unknown", "pending", "confirmed", "unsubscribed", "suppressed"])
def test_the_answer_is_the_same_whatever_the_state(client: FlaskClient, house: House, state: str) -> None:
    of = make.newsletter()
    if state != "unknown":
        status = "confirmed" if state == "suppressed" else state
        known = make.subscription(of, house, "ann@example.org", status=status)
        if state == "suppressed":
            suppress(known.subscriber.address_key, Reason.COMPLAINT)

    answer = client.post("/courier/subscribe", data={"email": "ann@example.org"}, follow_redirects=True)
    stranger = client.post("/courier/subscribe", data={"email": "bob@example.org"}, follow_redirects=True)

    assert (answer.status, answer.headers.to_wsgi_list(), answer.data) == (
        stranger.status,
        stranger.headers.to_wsgi_list(),
        stranger.data,
    )
    assert "Check your inbox" in answer.text


def test_a_mistyped_address_comes_back_with_the_problem_at_the_field(client: FlaskClient) -> None:
    make.newsletter()

    answer = client.post("/courier/subscribe", data={"email": "ann at <b>example</b>", "name": "Ann"})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "ann at &lt;b&gt;example" in answer.text
    assert 'value="Ann"' in answer.text


def test_an_unknown_newsletter_is_not_found(client: FlaskClient, house: House) -> None:
    assert client.post("/nowhere/subscribe", data={"email": "ann@example.org"}).status_code == 404
    with pytest.raises(NotFound):
        sign_up("ann@example.org", ["nowhere"], FORM, house)


def test_an_international_domain_is_mailed_as_a_labels(house: House, outbox: list[Envelope]) -> None:
    make.newsletter()

    make.signed_up("ann@straße.example", house)
    make.send_all(house)

    assert outbox[0].recipient == "ann@xn--strae-oqa.example"


def test_a_local_part_that_the_backend_cannot_send_is_refused_in_plain_words(house: House) -> None:
    make.newsletter()
    plain = replace(house, pool=(Member(SmtpBackend(Server("127.0.0.1", 25, "none"))),))

    with pytest.raises(InvalidAddress, match="before the @"):
        sign_up("änn@example.org", ["courier"], FORM, plain)
    assert make.signed_up("änn@example.org", house).status == SubscriptionStatus.PENDING


def test_a_sign_up_that_cannot_be_answered_waits_and_keeps_no_other_waiting(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    broken, _ = make.newsletter("broken"), make.newsletter()
    broken.accent = "colour?"
    db.session.commit()
    sign_up("ann@example.org", ["broken"], FORM, house)
    sign_up("bob@example.org", ["courier"], FORM, house)

    answer_sign_ups(house)
    make.send_all(house)
    assert [mail.recipient for mail in outbox] == ["bob@example.org"]
    assert db.session.scalars(select(Subscriber.address)).all() == ["bob@example.org"]

    broken.accent = "#8a1f1f"
    db.session.commit()
    clock.shift(timedelta(minutes=5))
    answer_sign_ups(house)
    make.send_all(house)
    assert [mail.recipient for mail in outbox] == ["bob@example.org", "ann@example.org"]


def test_no_public_page_sets_a_cookie(client: FlaskClient) -> None:
    make.newsletter()

    for answer in (
        client.get("/"),
        client.get("/courier"),
        client.post("/courier/subscribe", data={"email": "a"}),
    ):
        assert "Set-Cookie" not in answer.headers
