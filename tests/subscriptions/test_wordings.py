"""What the ledger keeps of a page is what the page said: all of it, and nothing else."""

import hashlib
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy import select
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import ConsentEvent, SignUp, Subscription
from newsletter.subscriptions.service import answer_sign_ups
from tests import make

NAME = 'Fish & "Chips" <b>daily</b> أخبار'


def said_on(page: str) -> list[str]:
    """The words in the main part of a page, as people read them; not the label of the field that nobody sees."""
    found = re.search(r"<main[^>]*>(.*)</main>", page, re.DOTALL)
    assert found
    return Markup(found[1].replace("Leave this empty", "")).striptags().split()  # noqa: S704 - taken apart only.


def kept() -> list[str]:
    """The wordings of all events, in the order in which these were noted."""
    found = [each.wording for each in db.session.scalars(select(ConsentEvent).order_by(ConsentEvent.id))]
    assert all(each and each.digest == hashlib.sha256(each.text.encode()).hexdigest() for each in found)
    return [each.text for each in found if each]


def stamp_in(page: str) -> str:
    found = re.search(r'name="stamp" value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.fixture(params=["", "at 06:30 on Monday"])
def courier(house: House, request: pytest.FixtureRequest) -> Newsletter:
    of = make.newsletter(name=NAME, language="ar")
    of.schedule_words = request.param
    db.session.commit()
    return of


def test_signing_up_keeps_the_whole_page_with_the_form(
    client: FlaskClient, house: House, courier: Newsletter, clock: Traveller
) -> None:
    page = client.get("/courier").text
    clock.shift(timedelta(seconds=30))
    client.post("/courier/subscribe", data={"email": "ann@example.org", "stamp": stamp_in(page)})
    answer_sign_ups(house)

    [text] = kept()
    assert text.split() == said_on(page)
    assert NAME in text
    assert "Nothing else comes until you say yes in it." in text


def test_confirming_leaving_and_never_keep_the_whole_page(
    client: FlaskClient, house: House, courier: Newsletter
) -> None:
    subscription = make.subscription(courier, house, "ann@example.org", status="pending")
    claims = {"s": subscription.subscriber_id}
    tokens: dict[str, dict[str, object]] = {
        "confirm": {**claims, "n": {str(courier.id): subscription.nonce}},
        "unsubscribe": {**claims, "n": courier.id},
    }
    pages = []
    for purpose, said in tokens.items():
        link = f"/{purpose}/{house.signer.sign(purpose, said, at=now())}"
        pages.append(client.get(link).text)
        assert client.post(link).status_code == 200

    assert [text.split() for text in kept()] == [said_on(page) for page in pages]


def test_never_keeps_the_whole_page(client: FlaskClient, house: House, courier: Newsletter) -> None:
    subscription = make.subscription(courier, house, "ann@example.org")
    link = f"/never/{house.signer.sign('never', {'s': subscription.subscriber_id}, at=now())}"
    page = client.get(link).text
    client.post(link)

    assert [text.split() for text in kept()] == [said_on(page)]


def test_one_link_for_two_newsletters_keeps_both_their_names(client: FlaskClient, house: House) -> None:
    for slug, name in (("courier", "The Courier"), ("evening", "The Evening")):
        make.newsletter(slug, name=name)
        subscription = make.signed_up("ann@example.org", house, slug)
    nonces = {str(each.newsletter_id): each.nonce for each in db.session.scalars(select(Subscription))}
    claims = {"s": subscription.subscriber_id, "n": nonces}
    link = f"/confirm/{house.signer.sign('confirm', claims, at=now())}"
    page = client.get(link).text
    client.post(link)

    *_, first, second = kept()
    assert first == second
    assert first.split() == said_on(page)
    assert "Do you want The Courier and The Evening by mail?" in first


def test_joining_and_leaving_by_the_preferences_keep_the_button(
    client: FlaskClient, house: House, courier: Newsletter
) -> None:
    make.newsletter("evening", name="The Evening")
    subscription = make.subscription(courier, house, "ann@example.org")
    link = f"/account/{house.signer.sign('account', {'s': subscription.subscriber_id}, at=now())}"
    page = " ".join(said_on(client.get(link).text))
    client.post(link, data={"do": "join", "newsletter": "evening"})
    client.post(link, data={"do": "leave", "newsletter": "courier"})

    assert kept() == ["Subscribe to The Evening", f"Unsubscribe from {NAME}"]
    assert all(text in page for text in kept())


def test_what_is_not_our_page_keeps_no_wording(client: FlaskClient, house: House) -> None:
    said = {"List-Unsubscribe": "One-Click"}
    subscription = make.subscription(make.newsletter(), house, "ann@example.org")
    claims = {"s": subscription.subscriber_id, "n": subscription.newsletter_id}
    client.post(f"/unsubscribe/{house.signer.sign('unsubscribe', claims, at=now())}", data=said)
    client.post("/courier/subscribe", data={"email": "bob@example.org"})
    answer_sign_ups(house)

    assert [each.wording_id for each in db.session.scalars(select(ConsentEvent))] == [None, None]


def test_a_sign_up_that_was_answered_keeps_no_second_copy(house: House, outbox: list[Envelope]) -> None:
    make.newsletter()
    make.signed_up("ann@example.org", house)

    assert kept() == ["Sign up"]
    assert db.session.scalars(select(SignUp.wording)).all() == [""]
