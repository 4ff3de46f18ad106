"""The ledger under any sequence of what workers, readers and operators do."""

from collections.abc import Mapping
from contextlib import suppress as ignoring
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import Conflict
from newsletter.delivery import service
from newsletter.delivery.models import Delivery, Lane, Mailing
from newsletter.delivery.policy import MISSED, OPEN, Rules, Status
from newsletter.delivery.queries import ledger
from newsletter.delivery.service.recording import Answer
from newsletter.editions import service as editions
from newsletter.mail.house import House
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
from newsletter.subscriptions.service import Origin, unsubscribe
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make
from tests.delivery.test_ledger import HOLD, LEASE

READERS = 3
WORKERS = ("one", "two")

_numbers = count(1)

OUTCOMES = st.tuples(st.sampled_from(Result), st.sampled_from(Blame), st.sampled_from(Phase))


class Ledger(RuleBasedStateMachine):
    """One edition to three readers; `hands` is what two workers believe to hold, also after their time is over."""

    def __init__(self, house: House, clock: Traveller) -> None:
        super().__init__()
        self.house, self.clock = house, clock
        self.of = make.newsletter(f"courier-{next(_numbers)}")
        self.readers = [each.subscriber_id for each in make.subscriptions(self.of, house, READERS)]
        self.edition = editions.send(make.edition(self.of, [make.article(make.source())]).id, house)
        self.mailing_id = self.edition.mailing_id or 0
        self.hands: dict[str, list[service.Leased]] = {worker: [] for worker in WORKERS}
        self.may_not_be_mailed: set[int | None] = set()
        self.before = self.states()

    def states(self) -> Mapping[int, Status]:
        rows = db.session.execute(
            select(Delivery.id, Delivery.status).where(Delivery.mailing_id == self.mailing_id)
        )
        return {row.id: Status(row.status) for row in rows}

    @rule(worker=st.sampled_from(WORKERS), limit=st.integers(1, READERS))
    def lease(self, worker: str, limit: int) -> None:
        leased = service.lease(service.Lessee(worker, "memory:"), Lane.BULK, limit).leased

        assert self.may_not_be_mailed.isdisjoint({each.subscriber_id for each in leased})
        self.hands[worker] += leased

    @precondition(lambda self: any(self.hands.values()))
    @rule(worker=st.sampled_from(WORKERS), outcome=OUTCOMES, policy=st.sampled_from([HOLD, Rules()]))
    def record(self, worker: str, outcome: tuple[Result, Blame, Phase], policy: Rules) -> None:
        if self.hands[worker]:
            each = self.hands[worker].pop()
            answer = Answer(each, Outcome(each.id, *outcome, words="words"))
            service.record([answer], worker, "memory:", policy)

    @precondition(lambda self: any(self.hands.values()))
    @rule(worker=st.sampled_from(WORKERS))
    def release(self, worker: str) -> None:
        service.release(self.hands[worker], worker)
        self.hands[worker] = []

    @rule(minutes=st.sampled_from([1, 6, 60 * 49]))
    def let_time_pass(self, minutes: int) -> None:
        self.clock.shift(timedelta(minutes=minutes))

    @rule(policy=st.sampled_from([HOLD, Rules()]))
    def settle_what_workers_left(self, policy: Rules) -> None:
        self.clock.shift(LEASE + timedelta(seconds=1))
        service.settle_expired(Path("/nowhere"), policy)

    @rule()
    def follow(self) -> None:
        service.finish_mailings()
        editions.follow_mailings()

    @rule(verb=st.sampled_from([editions.pause, editions.resume, editions.resume]))
    def pause_or_resume(self, verb: partial[object]) -> None:
        with ignoring(Conflict):
            verb(self.edition.id)

    # Once it is cancelled little happens any more, so this comes late in most sequences.
    @precondition(lambda self: len(self.may_not_be_mailed) > 1)
    @rule()
    def cancel(self) -> None:
        with ignoring(Conflict):
            editions.cancel(self.edition.id)

    @rule(which=st.sets(st.sampled_from(sorted(MISSED)), min_size=1).map(frozenset))
    def requeue(self, which: frozenset[Status]) -> None:
        before = self.states()
        with ignoring(Conflict):
            editions.resend(self.edition.id, which)
        for delivery_id, status in self.states().items():
            if status != before[delivery_id]:
                assert (before[delivery_id] in which, status) == (True, Status.QUEUED)
        self.before = self.states()

    @rule(number=st.integers(0, READERS - 1))
    def unsubscribe(self, number: int) -> None:
        reader = self.readers[number]
        token = self.house.signer.sign("unsubscribe", {"n": self.of.id, "s": reader}, at=now())
        unsubscribe(token, Origin("one-click"), self.house)
        self.may_not_be_mailed.add(reader)

    @rule(number=st.integers(0, READERS - 1))
    def suppress(self, number: int) -> None:
        reader = self.readers[number]
        key = db.session.scalar(select(Delivery.address_key).where(Delivery.subscriber_id == reader))
        suppress(key or "", Reason.COMPLAINT)
        self.may_not_be_mailed.add(reader)

    @invariant()
    def the_states_sum_to_the_audience(self) -> None:
        found = ledger(self.mailing_id)

        assert (found.audience, found.is_balanced) == (READERS, True)

    @invariant()
    def what_has_ended_stays_as_it_is(self) -> None:
        after = self.states()

        for delivery_id, status in self.before.items():
            assert status in OPEN or after[delivery_id] == status
        self.before = after

    @invariant()
    def what_is_finished_has_nothing_open(self) -> None:
        state = db.session.scalar(select(Mailing.state).where(Mailing.id == self.mailing_id))

        assert state != "finished" or not ledger(self.mailing_id).open

    def teardown(self) -> None:
        with ignoring(Conflict):
            editions.cancel(self.edition.id)


def test_every_recipient_is_in_one_state_whatever_happens_in_whatever_order(
    house: House, clock: Traveller
) -> None:
    run_state_machine_as_test(
        partial(Ledger, house, clock),  # type: ignore[arg-type]
        settings=settings(max_examples=40, stateful_step_count=50, deadline=None, derandomize=True, database=None),
    )
