"""Queue, lease, record: every recipient is in exactly one state, and the states sum to the audience."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict
from newsletter.delivery import service
from newsletter.delivery.models import Attempt, Delivery, Lane, Mailing
from newsletter.delivery.policy import Rules, Status
from newsletter.delivery.queries import Wording, ledger, reasons
from newsletter.delivery.service.recording import Answer
from newsletter.editions import service as editions
from newsletter.editions.models import Edition
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
from newsletter.subscriptions.models import Subscription
from newsletter.suppressions.models import Reason
from newsletter.suppressions.queries import find_suppression
from newsletter.suppressions.service import suppress
from tests import make

WORKER = "a-worker"
HOLD = Rules(on_unknown="hold")
LEASE = service.Lessee(WORKER, "memory:").time


def sending(house: House, how_many: int) -> tuple[Edition, int]:
    """An edition on its way to so many subscribers, and its mailing's id."""
    of = make.newsletter()
    make.subscriptions(of, house, how_many)
    edition = editions.send(make.edition(of, [make.article(make.source())]).id, house)
    assert edition.mailing_id
    return edition, edition.mailing_id


def leased(limit: int = 10, worker: str = WORKER) -> list[service.Leased]:
    return list(service.lease(service.Lessee(worker, "memory:"), Lane.BULK, limit).leased)


def answer(each: service.Leased, result: Result, blame: Blame = Blame.NOBODY, words: str = "words") -> Answer:
    return Answer(each, Outcome(each.id, result, blame, Phase.RCPT, words))


def statuses(mailing_id: int) -> dict[str, int]:
    return {name: count for name, count in ledger(mailing_id).as_dict().items() if count}


def test_an_edition_is_queued_for_confirmed_and_not_suppressed_subscribers_only(
    house: House, outbox: list[Envelope]
) -> None:
    of = make.newsletter()
    reader = make.subscription(of, house)
    for status in ("pending", "unsubscribed"):
        make.subscription(of, house, status=status)
    suppress(make.subscription(of, house).subscriber.address_key, Reason.COMPLAINT)
    make.subscription(make.newsletter("other"), house)

    editions.send(make.edition(of, [make.article(make.source())]).id, house)
    make.send_all(house)

    assert [mail.recipient for mail in outbox] == [reader.subscriber.address]


def test_an_empty_audience_is_finished_and_sent_to_nobody(house: House) -> None:
    edition, mailing_id = sending(house, 0)

    service.finish_mailings()
    editions.follow_mailings()

    assert ledger(mailing_id).audience == 0
    assert db.session.get_one(Edition, edition.id, populate_existing=True).status == "sent"


def test_two_workers_never_hold_the_same_delivery(house: House) -> None:
    _, mailing_id = sending(house, 5)

    first, second = leased(3, "one"), leased(3, "two")

    assert len(first) == 3
    assert len(second) == 2
    assert {each.id for each in first}.isdisjoint({each.id for each in second})
    assert statuses(mailing_id) == {"audience": 5, "leased": 5}


def test_the_last_look_skips_who_was_suppressed_after_queueing(house: House) -> None:
    _, mailing_id = sending(house, 2)
    key = db.session.scalars(select(Delivery.address_key)).first()
    assert key
    suppress(key, Reason.COMPLAINT)

    assert len(leased()) == 1
    assert statuses(mailing_id) == {"audience": 2, "leased": 1, "skipped": 1}


def test_accepted_deliveries_finish_the_mailing_and_the_edition(house: House) -> None:
    edition, mailing_id = sending(house, 3)

    service.record([answer(each, Result.ACCEPTED) for each in leased()], WORKER, "memory:", HOLD)
    editions.follow_mailings()

    assert statuses(mailing_id) == {"audience": 3, "accepted": 3}
    assert db.session.get_one(Mailing, mailing_id, populate_existing=True).state == "finished"
    assert db.session.get_one(Edition, edition.id, populate_existing=True).status == "sent"


def test_a_deferred_delivery_is_not_leased_before_its_time(house: House, clock: Traveller) -> None:
    _, mailing_id = sending(house, 1)
    service.record([answer(leased()[0], Result.DEFERRED)], WORKER, "memory:", HOLD)

    assert leased() == []
    clock.shift(timedelta(minutes=7))
    assert len(leased()) == 1
    assert statuses(mailing_id)["audience"] == 1


def test_a_missing_mailbox_is_suppressed_with_the_servers_words(house: House) -> None:
    sending(house, 1)
    [each] = leased()

    service.record([answer(each, Result.FAILED, Blame.ADDRESS, "550 5.1.1 no such user")], WORKER, "memory:", HOLD)

    found = find_suppression(each.address_key)
    assert found
    assert (found.reason, found.words) == (Reason.HARD_BOUNCE, "550 5.1.1 no such user")


def test_each_conversation_that_was_not_accepted_is_an_attempt(house: House) -> None:
    _, mailing_id = sending(house, 2)
    one, two = leased()

    service.record([answer(one, Result.ACCEPTED), answer(two, Result.FAILED)], WORKER, "memory:", HOLD)

    assert [attempt.delivery_id for attempt in db.session.scalars(select(Attempt))] == [two.id]
    [reason] = reasons(mailing_id)
    assert (reason.status, reason.count, reason.wordings) == (Status.FAILED, 1, [Wording("words", 1, "words")])


def test_a_worker_whose_lease_was_taken_over_cannot_record(house: House) -> None:
    _, mailing_id = sending(house, 1)
    [mine] = leased()
    service.release([mine], WORKER)
    [theirs] = leased(worker="another")

    service.record([answer(mine, Result.ACCEPTED)], WORKER, "memory:", HOLD)

    assert theirs.fence == mine.fence + 1
    assert statuses(mailing_id) == {"audience": 1, "leased": 1}


def test_an_expired_lease_counts_as_unknown_and_is_sent_once_more(house: House, clock: Traveller) -> None:
    _, mailing_id = sending(house, 1)
    leased()
    clock.shift(LEASE + timedelta(seconds=1))

    assert service.settle_expired(house.settings.spool, Rules()) == 1
    assert statuses(mailing_id) == {"audience": 1, "queued": 1}
    leased()
    clock.shift(LEASE + timedelta(seconds=1))
    service.settle_expired(house.settings.spool, Rules())
    assert statuses(mailing_id) == {"audience": 1, "unknown": 1}


def test_a_paused_mailing_is_not_leased_and_resumes_where_it_was(house: House) -> None:
    edition, mailing_id = sending(house, 4)
    service.record([answer(each, Result.ACCEPTED) for each in leased(2)], WORKER, "memory:", HOLD)

    editions.pause(edition.id)
    assert leased() == []
    editions.resume(edition.id)

    assert len(leased()) == 2
    assert statuses(mailing_id)["accepted"] == 2


def test_a_cancelled_edition_is_never_sent_and_still_adds_up(house: House, outbox: list[Envelope]) -> None:
    edition, mailing_id = sending(house, 4)
    service.record([answer(each, Result.ACCEPTED) for each in leased(1)], WORKER, "memory:", HOLD)

    editions.cancel(edition.id)
    make.send_all(house)

    assert outbox == []
    assert statuses(mailing_id) == {"audience": 4, "accepted": 1, "cancelled": 3}
    assert ledger(mailing_id).is_balanced


def test_an_edition_is_sent_once(house: House) -> None:
    edition, mailing_id = sending(house, 2)

    with pytest.raises(Conflict, match="only a draft"):
        editions.send(edition.id, house)
    assert statuses(mailing_id) == {"audience": 2, "queued": 2}


def test_our_own_fault_pauses_the_mailing_with_the_servers_words(house: House) -> None:
    edition, mailing_id = sending(house, 20)
    words = "550 5.7.1 blocked"

    service.record([answer(each, Result.FAILED, Blame.SENDER, words) for each in leased(6)], WORKER, "m", HOLD)
    editions.follow_mailings()

    paused = db.session.get_one(Mailing, mailing_id, populate_existing=True)
    assert (paused.state, paused.problem) == ("paused", words)
    assert db.session.get_one(Edition, edition.id, populate_existing=True).status == "paused"
    assert leased() == []


def test_what_a_person_waits_for_has_a_sender_of_its_own(house: House, outbox: list[Envelope]) -> None:
    sending(house, 3)
    make.confirmation_for("ann@example.org", house)

    with make.sender(house, Lane.PERSON) as sender:
        sender.send_slice()

    assert [mail.recipient for mail in outbox] == ["ann@example.org"]


def test_the_last_look_cancels_whose_subscription_ended_without_a_word_to_the_ledger(house: House) -> None:
    _, mailing_id = sending(house, 3)
    gone = db.session.scalars(select(Delivery.subscriber_id)).first()
    with transaction():
        db.session.execute(
            update(Subscription).where(Subscription.subscriber_id == gone).values(status="unsubscribed")
        )

    assert len(leased()) == 2
    assert statuses(mailing_id) == {"audience": 3, "leased": 2, "cancelled": 1}


def test_queueing_is_one_statement_whatever_the_size(house: House) -> None:
    of = make.newsletter()
    make.subscriptions(of, house, 50)
    drafted = make.edition(of, [make.article(make.source())])

    with make.statements() as seen:
        editions.send(drafted.id, house)

    assert sum("INSERT INTO deliveries" in statement for statement in seen) == 1


def test_the_database_refuses_a_second_row_for_one_recipient(house: House) -> None:
    _, mailing_id = sending(house, 2)
    one, two = db.session.scalars(select(Delivery.id).where(Delivery.mailing_id == mailing_id)).all()
    first = db.session.scalar(select(Delivery.subscriber_id).where(Delivery.id == one))

    with pytest.raises(Exception, match=r"(?i)unique"), transaction():
        db.session.execute(update(Delivery).where(Delivery.id == two).values(subscriber_id=first))


def test_times_are_kept_in_utc(house: House) -> None:
    _, mailing_id = sending(house, 1)

    created = db.session.get_one(Mailing, mailing_id, populate_existing=True).created_at

    assert created.utcoffset() == timedelta(0)
    assert abs(created - now()) < timedelta(minutes=1)


def test_what_comes_back_from_a_worker_after_the_cancel_is_cancelled(house: House) -> None:
    edition, mailing_id = sending(house, 3)
    mine = leased()
    editions.cancel(edition.id)

    service.record([answer(mine[0], Result.DEFERRED)], WORKER, "memory:", HOLD)
    service.release(mine[1:], WORKER)

    assert statuses(mailing_id) == {"audience": 3, "cancelled": 3}


def test_a_refused_sender_address_pauses_and_charges_nobody(house: House) -> None:
    edition, mailing_id = sending(house, 3)
    refused = [
        Answer(each, Outcome(each.id, Result.FAILED, Blame.SENDER, Phase.MAIL, "553 not yours"))
        for each in leased()
    ]

    service.record(refused, WORKER, "memory:", HOLD)
    editions.follow_mailings()

    assert statuses(mailing_id) == {"audience": 3, "deferred": 3}
    assert db.session.get_one(Edition, edition.id, populate_existing=True).status == "paused"


def test_the_templates_of_a_slice_are_fetched_at_once(house: House, outbox: list[Envelope]) -> None:
    make.newsletter()
    for number in range(5):
        make.confirmation_for(f"reader{number}@example.org", house)

    with make.statements() as seen:
        make.send_all(house)

    assert len(outbox) == 5
    assert sum("mailings.template" in statement for statement in seen) == 1
