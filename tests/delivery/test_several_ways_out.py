"""Several backends and signed mail: what one cannot take leaves by another, and what is unfit does not leave."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import select

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import BackendRefused, BackendUnavailable
from newsletter.delivery import service
from newsletter.delivery.models import Delivery, Lane, Mailing
from newsletter.delivery.policy import Rules
from newsletter.delivery.sender import Sender, make_shares, open_sender
from newsletter.delivery.service.recording import Answer
from newsletter.mail.backends.base import Connection
from newsletter.mail.backends.memory import MemoryBackend
from newsletter.mail.dkim.checking import verify_own
from newsletter.mail.dkim.keys import Key, make_rsa
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
from newsletter.mail.pool import Member
from tests import make
from tests.delivery.test_ledger import sending, statuses

RSA = Key("courier.example", "r2026", make_rsa())


@dataclass
class Door:
    """A backend that is closed for as long as it has a reason."""

    name: str
    reason: BackendUnavailable | None = None
    takes_international: bool = True
    behind: MemoryBackend = field(default_factory=MemoryBackend)

    def connect(self) -> Connection:
        if self.reason:
            raise self.reason
        return self.behind.connect()


class Forger(Key):
    """Its signatures are another key's."""

    def sign(self, digest: bytes) -> bytes:
        return super().sign(bytes(reversed(digest)))


def with_doors(house: House, *doors: Door) -> House:
    return replace(house, pool=tuple(Member(door) for door in doors))


@contextmanager
def senders(house: House) -> Iterator[Sequence[Sender]]:
    """One for each backend, with the shares of one process."""
    shares = make_shares(house)
    with open_sender(house, house.pool[0], shares, Lane.BULK) as first:
        if len(house.pool) == 1:
            yield (first,)
            return
        with open_sender(house, house.pool[1], shares, Lane.BULK) as second:
            yield first, second


def problem_of(mailing_id: int) -> tuple[str, str]:
    mailing = db.session.get_one(Mailing, mailing_id, populate_existing=True)
    return str(mailing.state), mailing.problem


def test_what_one_cannot_take_leaves_by_the_other(house: House) -> None:
    closed, opened = Door("one:", BackendUnavailable("nobody answers")), Door("two:")
    _, mailing_id = sending(house, 5)
    with senders(with_doors(house, closed, opened)) as (first, second):
        first.send_slice()
        second.send_slice()

    assert statuses(mailing_id) == {"audience": 5, "accepted": 5}
    assert len(opened.behind.outbox) == 5


def test_one_that_refuses_us_pauses_nothing_while_another_takes_it(house: House) -> None:
    closed, opened = Door("one:", BackendRefused("535 5.7.8 wrong password")), Door("two:")
    _, mailing_id = sending(house, 5)
    with senders(with_doors(house, closed, opened)) as (first, second):
        first.send_slice()
        state, _ = problem_of(mailing_id)
        second.send_slice()

    assert state == "sending"
    assert statuses(mailing_id) == {"audience": 5, "accepted": 5}


def test_the_last_one_that_refuses_us_pauses_it_with_its_words_and_charges_nobody(house: House) -> None:
    doors = [Door(name, BackendRefused(f"535 5.7.8 {name} knows us not")) for name in ("one:", "two:")]
    _, mailing_id = sending(house, 5)
    with senders(with_doors(house, *doors)) as (first, second):
        first.send_slice()
        second.send_slice()

    assert problem_of(mailing_id) == ("paused", "535 5.7.8 two: knows us not")
    assert statuses(mailing_id) == {"audience": 5, "queued": 5}


@pytest.mark.parametrize(
    ("other", "leased"),
    [
        (service.Lessee("worker two", "two:"), 0),
        (service.Lessee("worker two", "two:", takes_any=True), 1),
    ],
)
def test_what_may_have_left_by_one_is_taken_by_another_only_where_that_is_allowed(
    house: House, other: service.Lessee, leased: int
) -> None:
    sending(house, 1)
    [first] = service.lease(service.Lessee("worker one", "one:"), Lane.BULK, 10).leased
    lost = Outcome(first.id, Result.UNKNOWN, Blame.NOBODY, Phase.DOT, "the line broke")
    service.record([Answer(first, lost)], "worker one", "one:", Rules())

    assert len(service.lease(other, Lane.BULK, 10).leased) == leased


def test_it_stays_with_its_backend_when_it_comes_back_unsent(house: House) -> None:
    sending(house, 1)
    mine = service.Lessee("worker one", "one:")
    [first] = service.lease(mine, Lane.BULK, 10).leased
    lost = Outcome(first.id, Result.UNKNOWN, Blame.NOBODY, Phase.DOT, "the line broke")
    service.record([Answer(first, lost)], "worker one", "one:", Rules())
    service.release(service.lease(mine, Lane.BULK, 10).leased, "worker one")

    assert not service.lease(service.Lessee("worker two", "two:"), Lane.BULK, 10).leased
    assert service.lease(mine, Lane.BULK, 10).leased


def test_each_message_leaves_with_a_signature_that_verifies(house: House, outbox: list[Envelope]) -> None:
    sending(house, 3)

    make.send_all(replace(house, dkim=(RSA,)))

    assert len({envelope.data for envelope in outbox}) == 3
    for envelope in outbox:
        assert envelope.data.startswith(b"DKIM-Signature: ")
        verify_own(envelope.data, [RSA])


def test_a_mailing_whose_first_message_does_not_verify_is_paused_and_none_of_it_leaves(
    house: House, outbox: list[Envelope]
) -> None:
    _, mailing_id = sending(house, 3)

    make.send_all(replace(house, dkim=(Forger("courier.example", "r2026", RSA.private),)))

    state, problem = problem_of(mailing_id)
    assert (state, outbox) == ("paused", [])
    assert "r2026" in problem
    assert statuses(mailing_id) == {"audience": 3, "queued": 3}


def test_what_a_person_waits_for_is_not_paused_but_comes_again_when_it_cannot_be_signed(
    house: House, outbox: list[Envelope]
) -> None:
    make.newsletter()
    make.confirmation_for("ann@example.org", house)
    forged = replace(house, dkim=(Forger("courier.example", "r2026", RSA.private),))

    with make.sender(forged, Lane.PERSON) as sender:
        rounds = [sender.send_slice() for _ in range(3)]

    waiting = db.session.scalars(select(Delivery.due_at)).all()
    assert rounds == [True, False, False]
    assert outbox == []
    assert all(moment > now() for moment in waiting)
