"""What becomes of mails that wait for somebody whose address changes."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict
from newsletter.delivery.models import Delivery
from newsletter.delivery.policy import Status
from newsletter.delivery.service import requeue
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.service import answer_sign_ups
from tests import make
from tests.subscriptions.test_address_change import NEW, OLD, asked


@pytest.fixture
def ann(house: House) -> Subscription:
    """A confirmed reader."""
    return make.subscription(make.newsletter(), house, OLD)


def queued_edition(ann: Subscription, house: House) -> int:
    """An edition waits for her: its mailing."""
    of = db.session.get_one(Newsletter, ann.newsletter_id)
    sent = editions.send(make.edition(of, [make.article(make.source())]).id, house)
    assert sent.mailing_id
    return sent.mailing_id


def test_a_waiting_edition_goes_to_the_new_address_and_a_waiting_link_to_nobody(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    path = asked(client, ann, house, outbox)
    queued_edition(ann, house)
    client.post("/preferences", data={"email": OLD})
    answer_sign_ups(house)
    outbox.clear()

    client.post(path)
    make.send_all(house)
    assert sorted((mail.recipient, str(make.parsed(mail)["Subject"])[:8]) for mail in outbox) == [
        (OLD, "Your add"),
        (NEW, "Headline"),
    ]
    states = db.session.execute(select(Delivery.status, func.count()).group_by(Delivery.status)).all()
    assert dict(states) == {"accepted": 3, "cancelled": 1}


def test_an_edition_that_may_have_arrived_at_the_old_address_goes_to_neither(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    path = asked(client, ann, house, outbox)
    mailing_id = queued_edition(ann, house)
    with transaction():
        db.session.execute(update(Delivery).where(Delivery.mailing_id == mailing_id).values(unknowns=1))
    outbox.clear()

    client.post(path)
    make.send_all(house)
    assert [str(make.parsed(mail)["Subject"]) for mail in outbox] == ["Your address was changed"]


def test_an_edition_is_not_sent_again_to_an_address_that_somebody_has_left(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    path = asked(client, ann, house, outbox)
    mailing_id = queued_edition(ann, house)
    with transaction():
        failed = {"status": Status.FAILED, "words": "452 4.2.2 mailbox full"}
        db.session.execute(update(Delivery).where(Delivery.mailing_id == mailing_id).values(failed))
    client.post(path)

    with pytest.raises(Conflict):
        requeue(mailing_id, {Status.FAILED})
