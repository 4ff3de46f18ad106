"""A sender in trouble: what it has leased is neither lost nor left in its hands, and what it knows is kept."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from newsletter.core.db import db, transaction
from newsletter.delivery import service
from newsletter.delivery.models import Lane
from newsletter.delivery.policy import Rules
from newsletter.delivery.sender import make_shares, open_sender
from newsletter.mail.backends.base import Connection
from newsletter.mail.backends.storing import StoringConnection
from newsletter.mail.house import House
from newsletter.mail.limits import Grant, Rate, spend
from newsletter.mail.message import Envelope
from newsletter.mail.pool import Member
from tests import make
from tests.delivery.test_ledger import leased, sending, statuses


@dataclass
class Storing:
    """A backend that calls `store` for each message."""

    store: Callable[[Envelope], None]
    name: str = "storing:"
    takes_international: bool = True

    def connect(self) -> Connection:
        return StoringConnection(self.store)


def rename(old: str, new: str) -> None:
    with transaction():
        db.session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


class ThatLoseTheLedger:
    """Limits that let one message through; while they are asked, the table of the deliveries goes away."""

    def take(self, _key: str, wanted: int, rate: Rate) -> Grant:
        rename("deliveries", "gone")
        return spend(0, 0, min(wanted, 1), rate)[0]


def test_a_sender_that_is_stopped_while_the_database_is_away_leaves_its_answers_to_others(house: House) -> None:
    _, mailing_id = sending(house, 3)
    stop = Event()

    def store(_envelope: Envelope) -> None:
        if not stop.is_set():
            stop.set()
            rename("deliveries", "gone")

    with open_sender(house, Member(Storing(store)), make_shares(house), Lane.BULK) as sender:
        sender.run(stop)
    rename("gone", "deliveries")
    service.settle_estates(house.settings.spool, Rules())

    assert statuses(mailing_id) == {"audience": 3, "accepted": 3}


def test_what_was_leased_and_could_not_be_given_back_is_given_back_at_the_next_round(
    house: House, outbox: list[Envelope]
) -> None:
    _, mailing_id = sending(house, 3)
    limited = replace(house, limits=ThatLoseTheLedger())
    member = replace(house.pool[0], rate=Rate(10))
    with open_sender(limited, member, make_shares(house), Lane.BULK) as sender:
        with pytest.raises(SQLAlchemyError):
            sender.send_slice()
        rename("gone", "deliveries")
    service.settle_estates(house.settings.spool, Rules())
    make.send_all(house)

    assert len(outbox) == 3
    assert statuses(mailing_id) == {"audience": 3, "accepted": 3}


def test_a_lease_is_not_given_back_by_who_knows_only_the_one_before(house: House) -> None:
    _, mailing_id = sending(house, 1)
    before = leased()
    service.release(before, "a-worker")
    now = leased()

    service.release(before, "a-worker")

    assert [each.fence for each in now] == [2]
    assert statuses(mailing_id) == {"audience": 1, "leased": 1}
