"""A slice is short whatever the server does, and nobody waits for a backend that has nothing to send."""

import time

from sqlalchemy import update

from newsletter.core.db import db, transaction
from newsletter.delivery.models import Delivery, Lane
from newsletter.delivery.sender import open_sender
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.mail.pool import Member
from newsletter.mail.shares import Shares
from tests.delivery.test_ledger import sending, statuses
from tests.delivery.test_sender_trouble import Storing


def test_a_server_that_becomes_slow_gets_no_more_of_the_slice_than_two_seconds_take(house: House) -> None:
    _, mailing_id = sending(house, 10)
    shares = Shares({"storing:": 1}, 500)

    with open_sender(house, Member(Storing(lambda _envelope: time.sleep(0.6))), shares, Lane.BULK) as sender:
        sender.send_slice()

        assert statuses(mailing_id) == {"audience": 10, "queued": 7, "accepted": 3}


def test_what_only_one_backend_may_take_does_not_wait_for_another_that_takes_none_of_it(house: House) -> None:
    _, mailing_id = sending(house, 40)
    with transaction():
        db.session.execute(update(Delivery).values(via="one:"))
    taken: list[Envelope] = []
    shares = Shares({"one:": 1, "two:": 1}, lead=5)
    one, two = Member(Storing(taken.append, "one:")), Member(Storing(taken.append, "two:"))

    with (
        open_sender(house, one, shares, Lane.BULK) as first,
        open_sender(house, two, shares, Lane.BULK) as second,
    ):
        for _ in range(20):
            second.send_slice()
            first.send_slice()

    assert len(taken) == 40
    assert statuses(mailing_id) == {"audience": 40, "accepted": 40}
