"""Sending again to those whom a mailing has missed, and to nobody else."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, NotFound
from newsletter.delivery import service
from newsletter.delivery.models import Delivery, Mailing
from newsletter.delivery.policy import Rules, Standing, Status
from newsletter.delivery.queries import ledger
from newsletter.editions import service as editions
from newsletter.editions.models import Edition
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Blame, Result
from newsletter.subscriptions.models import Subscription
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make
from tests.delivery.test_ledger import HOLD, WORKER, answer, leased, sending, statuses

BOTH = frozenset({Status.FAILED, Status.UNKNOWN})
FAILED, UNKNOWN = frozenset({Status.FAILED}), frozenset({Status.UNKNOWN})


def ended(house: House) -> tuple[Edition, int, dict[Status, service.Leased]]:
    """An edition to four people that is over: accepted, failed, unknown, and one whose address was wrong."""
    edition, mailing_id = sending(house, 4)
    accepted, failed, unknown, wrong = leased()
    service.record(
        [
            answer(accepted, Result.ACCEPTED),
            answer(failed, Result.FAILED, Blame.MAILBOX),
            answer(unknown, Result.UNKNOWN),
            answer(wrong, Result.FAILED, Blame.ADDRESS),
        ],
        WORKER,
        "memory:",
        HOLD,
    )
    editions.follow_mailings()
    return edition, mailing_id, {Status.ACCEPTED: accepted, Status.FAILED: failed, Status.UNKNOWN: unknown}


@pytest.mark.parametrize(
    ("which", "queued"), [(FAILED, {Status.FAILED}), (UNKNOWN, {Status.UNKNOWN}), (BOTH, set(BOTH))]
)
def test_only_those_are_queued_again_whom_the_operator_chose(
    house: House, which: frozenset[Status], queued: set[Status]
) -> None:
    edition, mailing_id, whom = ended(house)

    editions.resend(edition.id, which)

    assert {each.id for each in leased()} == {whom[status].id for status in queued}
    assert ledger(mailing_id).is_balanced


def test_mailing_and_edition_are_sending_until_the_last_one_has_ended_again(
    house: House, outbox: list[Envelope]
) -> None:
    edition, mailing_id, _ = ended(house)

    assert editions.resend(edition.id, BOTH).status == "sending"
    make.send_all(house)
    editions.follow_mailings()

    assert len(outbox) == 2
    assert statuses(mailing_id) == {"audience": 4, "accepted": 3, "failed": 1}
    assert db.session.get_one(Mailing, mailing_id, populate_existing=True).state == "finished"
    assert db.session.get_one(Edition, edition.id, populate_existing=True).status == "sent"


def test_whose_address_was_wrong_and_who_has_left_keep_their_reasons(house: House) -> None:
    edition, mailing_id, whom = ended(house)
    left = whom[Status.UNKNOWN].subscriber_id
    with transaction():
        db.session.execute(
            update(Subscription).where(Subscription.subscriber_id == left).values(status="unsubscribed")
        )

    editions.resend(edition.id, BOTH)

    assert statuses(mailing_id) == {"audience": 4, "accepted": 1, "queued": 1, "failed": 1, "unknown": 1}


def test_who_leaves_after_that_is_still_found_at_the_lease(house: House) -> None:
    edition, mailing_id, whom = ended(house)

    editions.resend(edition.id, FAILED)
    suppress(whom[Status.FAILED].address_key, Reason.COMPLAINT)

    assert leased() == []
    assert statuses(mailing_id)["skipped"] == 1


def test_the_copy_has_the_message_id_and_the_bytes_of_the_first_one(house: House, outbox: list[Envelope]) -> None:
    edition, _ = sending(house, 1)
    make.send_all(house)
    with transaction():
        db.session.execute(update(Delivery).values(status=Status.UNKNOWN))

    editions.resend(edition.id, UNKNOWN)
    make.send_all(house)

    first, second = outbox
    assert first.data == second.data


def test_the_time_to_expiry_and_the_count_of_unknowns_begin_anew(house: House, clock: Traveller) -> None:
    edition, mailing_id, _ = ended(house)
    clock.shift(timedelta(days=3))

    editions.resend(edition.id, UNKNOWN)
    [again] = leased()
    service.record([answer(again, Result.DEFERRED)], WORKER, "memory:", HOLD)

    assert again.standing == Standing(attempts=1, unknowns=0, queued_at=now())
    assert statuses(mailing_id)["deferred"] == 1


def test_what_only_one_backend_may_take_is_not_given_up_before_its_new_time_is_over(
    house: House, clock: Traveller
) -> None:
    edition, mailing_id, _ = ended(house)
    clock.shift(timedelta(days=3))
    editions.resend(edition.id, UNKNOWN)
    service.record([answer(leased()[0], Result.UNKNOWN)], WORKER, "memory:", Rules())

    service.settle_expired(house.settings.spool, Rules())

    assert statuses(mailing_id)["queued"] == 1


def test_a_paused_edition_goes_on(house: House) -> None:
    edition, mailing_id = sending(house, 2)
    service.record([answer(leased(1)[0], Result.FAILED)], WORKER, "memory:", HOLD)
    editions.pause(edition.id)

    editions.resend(edition.id, FAILED)

    mailing = db.session.get_one(Mailing, mailing_id, populate_existing=True)
    assert (mailing.state, mailing.problem) == ("sending", "")
    assert len(leased()) == 2


def test_there_must_be_somebody_to_send_to(house: House) -> None:
    edition, mailing_id = sending(house, 1)
    make.send_all(house)
    editions.follow_mailings()

    with pytest.raises(Conflict, match="Nobody who may still be mailed is failed or unknown"):
        editions.resend(edition.id, BOTH)
    assert db.session.get_one(Mailing, mailing_id, populate_existing=True).state == "finished"
    assert db.session.get_one(Edition, edition.id, populate_existing=True).status == "sent"


def test_neither_a_draft_nor_what_was_cancelled_is_sent_again(house: House) -> None:
    edition, mailing_id = sending(house, 2)
    service.record([answer(leased(1)[0], Result.FAILED)], WORKER, "memory:", HOLD)
    editions.cancel(edition.id)
    draft = make.edition(make.newsletter("other"), [make.article(make.source())])

    with pytest.raises(Conflict, match="cancelled"):
        editions.resend(edition.id, FAILED)
    with pytest.raises(Conflict, match="cancelled"):
        service.requeue(mailing_id, FAILED)
    with pytest.raises(Conflict, match="has not been sent"):
        editions.resend(draft.id, FAILED)
    with pytest.raises(NotFound):
        editions.resend(draft.id + 1, FAILED)
    assert statuses(mailing_id) == {"audience": 2, "failed": 1, "cancelled": 1}


@pytest.mark.parametrize("status", [each for each in Status if each not in BOTH])
def test_no_other_end_can_be_undone(house: House, status: Status) -> None:
    _, mailing_id, _ = ended(house)

    with pytest.raises(ValueError, match="Only failed and unknown"):
        service.requeue(mailing_id, {Status.FAILED, status})


def test_what_is_bulk_is_paused_when_we_ourselves_are_refused_and_what_a_person_waits_for_is_not(
    house: House,
) -> None:
    _, mailing_id = sending(house, 1)
    make.confirmation_for("ann@example.org", house)
    ids = db.session.scalars(select(Mailing.id)).all()

    service.pause_bulk(ids, "535 5.7.8 who are you")
    service.pause_bulk(ids, "535 5.7.8 who are you")

    states = {row.id: row.state for row in db.session.execute(select(Mailing.id, Mailing.state))}
    assert states.pop(mailing_id) == "paused"
    assert list(states.values()) == ["sending"]
