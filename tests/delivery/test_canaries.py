"""Some get an edition first: the rest follows when it went well, and waits for an operator when it did not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from time_machine import Traveller

from newsletter.core.db import db, transaction
from newsletter.core.errors import InvalidInput
from newsletter.delivery.models import Delivery, Lane, Mailing, MailingState
from newsletter.delivery.policy import CanaryRule, CanaryState, Status
from newsletter.delivery.queries import canary, due_mailings, ledger
from newsletter.editions import service as editions
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import edition as newest
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.service import send_first
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make

RULE = CanaryRule(share=0.1, least=4, wait=timedelta(minutes=30), most=0.25)
READERS = 30


def sent(house: House, rule: CanaryRule | None = RULE, readers: int = READERS) -> Edition:
    of = make.newsletter()
    make.subscriptions(of, house, readers)
    send_first(of.slug, rule)
    return editions.send(make.edition(of, [make.article(make.source())]).id, house)


def mailing_of(edition: Edition) -> Mailing:
    return db.session.get_one(Mailing, edition.mailing_id, populate_existing=True)


def round_of(house: House) -> None:
    make.send_all(house)
    editions.watch_canaries(house)


def spoil(edition: Edition, how_many: int, status: Status) -> None:
    """So many of those who have it got into this state instead."""
    with transaction():
        rows = db.session.scalars(
            select(Delivery).where(Delivery.mailing_id == edition.mailing_id, Delivery.status == Status.ACCEPTED)
        )
        for each in rows.all()[:how_many]:
            each.status = status


def test_a_few_get_it_first_and_the_rest_once_it_went_well(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    edition = sent(house)

    round_of(house)
    assert len(outbox) == 4
    clock.shift(timedelta(minutes=29))
    round_of(house)
    assert len(outbox) == 4
    assert due_mailings(Lane.BULK, 100) == []
    clock.shift(timedelta(minutes=1))
    round_of(house)
    round_of(house)

    assert len({each.recipient for each in outbox}) == len(outbox) == READERS
    account = ledger(edition.mailing_id or 0)
    assert account.is_balanced
    assert (account.audience, account.count(Status.ACCEPTED)) == (READERS, READERS)
    assert mailing_of(edition).state == MailingState.FINISHED


@pytest.mark.parametrize("status", [Status.FAILED, Status.DEFERRED, Status.UNKNOWN])
def test_when_it_went_badly_the_rest_waits_and_the_operator_is_told(
    house: House, outbox: list[Envelope], clock: Traveller, status: Status
) -> None:
    told = replace(house, settings=replace(house.settings, operator="desk@paper.example"))
    edition = sent(told)
    round_of(told)
    spoil(edition, 2, status)

    editions.watch_canaries(told)
    clock.shift(timedelta(hours=2))
    round_of(told)
    round_of(told)

    assert newest(edition.id).status == EditionStatus.PAUSED
    assert "Of the 4 who got it first, 2 failed" in mailing_of(edition).problem
    assert [each.recipient for each in outbox[4:]] == ["desk@paper.example"]
    assert make.parsed(outbox[4])["Subject"].startswith("[Paused] ")
    assert f"newsletter edition resume {edition.id}" in make.text_of(outbox[4]).replace("\r\n", " ")
    assert ledger(edition.mailing_id or 0).is_balanced


def test_complaints_count_as_trouble(house: House, outbox: list[Envelope]) -> None:
    edition = sent(house)
    round_of(house)
    rows = select(Delivery.address_key).where(Delivery.status == Status.ACCEPTED)
    for key in db.session.scalars(rows).all()[:2]:
        suppress(key, Reason.COMPLAINT)

    editions.watch_canaries(house)

    assert mailing_of(edition).state == MailingState.PAUSED


def test_an_operator_who_has_looked_lets_the_rest_go(house: House, outbox: list[Envelope]) -> None:
    edition = sent(house)
    round_of(house)
    spoil(edition, 2, Status.FAILED)
    editions.watch_canaries(house)

    editions.resume(edition.id)
    round_of(house)

    assert len({each.recipient for each in outbox}) == READERS


def test_sending_again_to_who_failed_lets_the_rest_go_too(house: House, outbox: list[Envelope]) -> None:
    edition = sent(house)
    round_of(house)
    spoil(edition, 2, Status.FAILED)
    editions.watch_canaries(house)

    editions.resend(edition.id, frozenset({Status.FAILED}))
    round_of(house)

    assert ledger(edition.mailing_id or 0).count(Status.ACCEPTED) == READERS


def test_pausing_and_resuming_by_hand_does_not_let_the_rest_go(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    edition = sent(house)
    editions.pause(edition.id)
    round_of(house)
    assert outbox == []

    editions.resume(edition.id)
    round_of(house)
    editions.pause(edition.id)
    clock.shift(timedelta(hours=1))
    editions.watch_canaries(house)
    editions.resume(edition.id)
    make.send_all(house)

    assert len(outbox) == 4


def test_who_was_cancelled_stays_cancelled(house: House, outbox: list[Envelope], clock: Traveller) -> None:
    edition = sent(house)
    round_of(house)

    editions.cancel(edition.id)
    clock.shift(timedelta(hours=1))
    round_of(house)

    account = ledger(edition.mailing_id or 0)
    assert (account.count(Status.ACCEPTED), account.count(Status.CANCELLED)) == (4, READERS - 4)


def test_who_goes_first_is_chance_and_their_rows_come_first(house: House) -> None:
    edition = sent(house)
    first = canary(edition.mailing_id or 0)
    assert first
    assert first.state == CanaryState.FIRST
    ids = select(Delivery.id).where(Delivery.mailing_id == edition.mailing_id).order_by(Delivery.id)
    assert list(db.session.scalars(ids))[: first.size][-1] == first.last_id
    people = select(func.count(Delivery.subscriber_id.distinct())).where(Delivery.mailing_id == edition.mailing_id)
    assert db.session.scalar(people) == READERS


@pytest.mark.parametrize(("rule", "readers"), [(None, 6), (RULE, 4), (RULE, 0)])
def test_without_a_rule_or_enough_readers_all_go_together(
    house: House, outbox: list[Envelope], rule: CanaryRule | None, readers: int
) -> None:
    edition = sent(house, rule, readers)
    round_of(house)

    assert len(outbox) == readers
    assert canary(edition.mailing_id or 0) is None


def test_an_edition_that_nobody_of_the_first_got_goes_on(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    edition = sent(house)
    with transaction():
        keys = select(Delivery.address_key).where(Delivery.mailing_id == edition.mailing_id).order_by(Delivery.id)
        for key in db.session.scalars(keys).all()[:4]:
            suppress(key, Reason.MANUAL)

    round_of(house)
    clock.shift(timedelta(minutes=31))
    round_of(house)
    round_of(house)

    assert len(outbox) == READERS - 4


@pytest.mark.parametrize(
    "changes",
    [
        {"share": 0.0},
        {"share": 0.6},
        {"share": float("nan")},
        {"least": 0},
        {"wait": timedelta(0)},
        {"wait": timedelta(days=2)},
        {"most": 1.0},
        {"most": -0.1},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_words(house: House, changes: dict[str, object]) -> None:
    make.newsletter()

    with pytest.raises(InvalidInput):
        send_first("courier", replace(RULE, **changes))  # type: ignore[arg-type]
