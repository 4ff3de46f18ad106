"""Leases that run out while their worker lives: who may settle them, when, and as what."""

from datetime import timedelta

import pytest
from time_machine import Traveller

from newsletter.core.db import db
from newsletter.delivery import service
from newsletter.delivery.models import Lane
from newsletter.delivery.policy import Rules
from newsletter.delivery.queries import ledger
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.journal import FileJournal
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
from tests import make

HOLD = Rules(on_unknown="hold")
LEASE = timedelta(minutes=15)
ELSEWHERE = timedelta(minutes=5)


def leased_by(worker: str, house: House) -> int:
    """A mailing to three subscribers, all of it in this worker's hands."""
    of = make.newsletter()
    make.subscriptions(of, house, 3)
    mailing_id = editions.send(make.edition(of, [make.article(make.source())]).id, house).mailing_id
    assert mailing_id
    service.lease(service.Lessee(worker, "memory:", LEASE), Lane.BULK, 10)
    return mailing_id


def states(mailing_id: int) -> dict[str, int]:
    db.session.rollback()
    return {name: count for name, count in ledger(mailing_id).as_dict().items() if count and name != "audience"}


def test_on_its_own_machine_the_journal_of_a_frozen_worker_is_believed(house: House, clock: Traveller) -> None:
    journal = FileJournal(house.settings.spool)
    mailing_id = leased_by(journal.worker, house)
    journal.dotting(1, 2)
    journal.answered(Outcome(1, Result.ACCEPTED, Blame.NOBODY, Phase.DOT, "250 ok"))
    journal.dotting(2)
    clock.shift(LEASE + timedelta(seconds=1))

    service.settle_expired(house.settings.spool, HOLD, ELSEWHERE)

    journal.close()
    assert states(mailing_id) == {"accepted": 1, "unknown": 1, "queued": 1}


@pytest.mark.parametrize(("late", "state"), [(timedelta(seconds=1), "leased"), (ELSEWHERE * 1.01, "unknown")])
def test_the_workers_of_other_machines_are_left_to_those_for_a_while(
    house: House, clock: Traveller, late: timedelta, state: str
) -> None:
    mailing_id = leased_by("of-another-machine", house)
    clock.shift(LEASE + late)

    service.settle_expired(house.settings.spool, HOLD, ELSEWHERE)

    assert states(mailing_id) == {state: 3}
