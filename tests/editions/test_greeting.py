"""Editions that begin with the reader's name: few renderings, frozen names, nobody greeted as somebody else."""

import pytest
from sqlalchemy import select, update

from newsletter.core.db import db, transaction
from newsletter.delivery.models import Delivery, MailingVariant
from newsletter.delivery.policy import Status
from newsletter.delivery.service import requeue
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Subscriber
from tests import make

NAMES = {
    "ann@example.org": "Ann Lee",
    "bo@example.org": "",
    "cleo@example.org": "Cléo <b>",
    "dan@example.org": "Dan",
}


@pytest.fixture
def greeting(house: House) -> Newsletter:
    """A newsletter that greets, and its readers."""
    of = make.newsletter(greets=True)
    for address, name in NAMES.items():
        made = make.subscription(of, house, address)
        with transaction():
            db.session.execute(update(Subscriber).where(Subscriber.id == made.subscriber_id).values(name=name))
    return of


def sent(of: Newsletter, house: House) -> int:
    chosen = editions.send(make.edition(of, [make.article(make.source())]).id, house)
    make.send_all(house)
    return chosen.mailing_id or 0


def greetings(outbox: list[Envelope]) -> dict[str, str]:
    return {
        mail.recipient: next(line for line in make.text_of(mail).splitlines() if line.startswith("Dear "))
        for mail in outbox
    }


def test_each_reader_is_greeted_by_their_own_name(
    greeting: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    mailing_id = sent(greeting, house)

    assert greetings(outbox) == {
        "ann@example.org": "Dear Ann Lee,",
        "bo@example.org": "Dear reader,",
        "cleo@example.org": "Dear Cléo <b>,",
        "dan@example.org": "Dear Dan,",
    }
    page = make.parsed(next(mail for mail in outbox if mail.recipient == "cleo@example.org")).get_body(("html",))
    assert page
    assert "Dear Cléo &lt;b&gt;," in page.get_content().replace("\n", "")
    numbers = db.session.scalars(
        select(MailingVariant.number).where(MailingVariant.mailing_id == mailing_id)
    ).all()
    assert numbers == [1]


def test_a_message_sent_again_has_the_name_of_the_first_time(
    greeting: Newsletter, house: House, outbox: list[Envelope]
) -> None:
    mailing_id = sent(greeting, house)
    with transaction():
        db.session.execute(update(Subscriber).values(name="Somebody else"))
        db.session.execute(update(Delivery).where(Delivery.mailing_id == mailing_id).values(status=Status.UNKNOWN))
    requeue(mailing_id, frozenset({Status.UNKNOWN}))
    make.send_all(house)

    first, again = outbox[: len(NAMES)], outbox[len(NAMES) :]
    assert {mail.recipient: mail.data for mail in first} == {mail.recipient: mail.data for mail in again}


def test_what_prints_no_name_keeps_none(house: House, outbox: list[Envelope]) -> None:
    of = make.newsletter()
    made = make.subscription(of, house, "ann@example.org")
    with transaction():
        db.session.execute(update(Subscriber).where(Subscriber.id == made.subscriber_id).values(name="Ann"))

    mailing_id = sent(of, house)

    kept = db.session.execute(
        select(Delivery.name, Delivery.variant).where(Delivery.mailing_id == mailing_id)
    ).all()
    assert kept == [(None, 0)]
    assert b"Dear" not in outbox[0].data
