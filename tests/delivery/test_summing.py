"""Old deliveries become sums: the account of an edition stays, and nobody in it does."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict
from newsletter.delivery.models import Attempt, Delivery, Mailing, MailingVariant
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import ledger
from newsletter.delivery.service import count_to_sum_up, finish_mailings, requeue, sum_up
from newsletter.delivery.service.summing import ROWS_AT_A_TIME
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from tests import make


def edition_of(house: House, how_many: int = 5) -> int:
    """A mailing that has ended: one failed, one skipped, the others accepted."""
    of = make.newsletter()
    people = make.subscriptions(of, house, how_many)
    mailing_id = editions.send(make.edition(of, [make.article(make.source())]).id, house).mailing_id or 0
    make.send_all(house)
    with transaction():
        for person, status in zip(people, (Status.FAILED, Status.SKIPPED), strict=False):
            mine = Delivery.mailing_id == mailing_id, Delivery.subscriber_id == person.subscriber_id
            db.session.execute(update(Delivery).where(*mine).values(status=status))
        failed = db.session.scalars(select(Delivery.id).where(Delivery.status == Status.FAILED)).one()
        facts = {"backend": "memory:", "phase": "rcpt", "result": "failed", "blame": "address", "words": "550 no"}
        db.session.add(Attempt(delivery_id=failed, at=now(), **facts))
        db.session.add(MailingVariant(mailing_id=mailing_id, number=9, template=b"Dear Ann"))
    finish_mailings()
    return mailing_id


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_account_still_sums_to_its_audience_and_the_people_are_gone(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    mailing_id = edition_of(house)
    before = ledger(mailing_id)

    clock.shift(timedelta(seconds=1))
    assert count_to_sum_up(now()) == 1
    assert [sum_up(now()), sum_up(now()), count_to_sum_up(now())] == [1, 0, 0]

    after = ledger(mailing_id)
    assert after == before
    assert after.is_balanced
    assert [after.count(each) for each in (Status.ACCEPTED, Status.FAILED, Status.SKIPPED)] == [3, 1, 1]
    assert [count(each) for each in (Delivery, Attempt, MailingVariant)] == [0, 0, 0]


def test_neither_what_is_younger_nor_what_is_open_is_summed_up(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    mailing_id = edition_of(house)
    assert sum_up(now()) == 0
    clock.shift(timedelta(days=600))
    for state in ("sending", "paused"):
        with transaction():
            db.session.execute(update(Mailing).values(state=state))
        assert (sum_up(now()), count_to_sum_up(now())) == (0, 0)

    assert ledger(mailing_id).is_balanced
    assert count(Delivery) == 5


def test_what_a_killed_one_has_left_is_deleted_the_next_time(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    mailing_id = edition_of(house)
    before = ledger(mailing_id)
    with transaction():
        states = {str(status): number for status, number in before.states.items()}
        db.session.execute(update(Mailing).where(Mailing.id == mailing_id).values(summary=states))

    assert ledger(mailing_id) == before
    assert sum_up(now()) == 0
    assert (ledger(mailing_id), count(Delivery)) == (before, 0)


def test_a_large_mailing_goes_in_parts(house: House, outbox: list[Envelope], clock: Traveller) -> None:
    mailing_id = edition_of(house, 3)
    with transaction():
        facts = {
            "mailing_id": mailing_id,
            "address": "x@example.org",
            "address_key": "",
            "status": Status.ACCEPTED,
        }
        rows = [{**facts, "due_at": now(), "words": ""} for _ in range(2 * ROWS_AT_A_TIME)]
        db.session.execute(Delivery.__table__.insert(), rows)
        db.session.execute(update(Mailing).values(audience=2 * ROWS_AT_A_TIME + 3))
    clock.shift(timedelta(seconds=1))

    with make.statements() as seen:
        sum_up(now())

    assert len([each for each in seen if each.startswith("DELETE FROM deliveries")]) >= 3
    assert (ledger(mailing_id).count(Status.ACCEPTED), count(Delivery)) == (2 * ROWS_AT_A_TIME + 1, 0)
    assert ledger(mailing_id).is_balanced


def test_what_was_summed_up_is_not_sent_again(house: House, outbox: list[Envelope], clock: Traveller) -> None:
    mailing_id = edition_of(house)
    clock.shift(timedelta(seconds=1))
    sum_up(now())

    with pytest.raises(Conflict, match="summed up"):
        requeue(mailing_id, [Status.FAILED])
