"""One fault case when it has come to rest: what the database says, what the servers say, what was allowed."""

import math
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import func, select

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.delivery.models import Attempt, Delivery, Mailing
from newsletter.delivery.policy import Status
from newsletter.editions.models import Edition
from newsletter.subscriptions.models import Consent, ConsentEvent
from tests.faults.book import Entry
from tests.faults.receiver import Receiver
from tests.faults.stage import Stage


@dataclass(frozen=True)
class Stop:
    """From `since` to `until` (monotonic) nobody of these may be mailed; None means nobody at all."""

    since: float
    until: float = math.inf
    recipients: Collection[str] | None = None


@dataclass(frozen=True)
class Bounds:
    """What may happen in a case.

    `duplicates`: messages that were under way at kills, or whose answer was lost. `unknowns`: how often nobody
    could tell. `tries`: attempts of one delivery. `lines`: open connections to one server at once. `first_wait`:
    seconds before the second attempt. `patience`: seconds until a new worker does something. `rates`: the most
    messages a second for a domain.
    """

    duplicates: int = 0
    unknowns: int = 0
    tries: int = 8
    lines: int = 8
    first_wait: float = 300.0
    patience: float = 20.0
    rates: Mapping[str, float] = field(default_factory=dict)
    stops: Sequence[Stop] = ()


@dataclass(frozen=True)
class Told:
    """A delivery as the database has it."""

    id: int
    subscriber_id: int | None
    address: str
    status: Status
    attempts: int
    unknowns: int


@dataclass(frozen=True)
class Case:
    """`number` and `name` are those of the list of faults."""

    number: str
    name: str
    stage: Stage
    edition: Edition
    bounds: Bounds = Bounds()

    @cached_property
    def deliveries(self) -> Sequence[Told]:
        db.session.rollback()
        rows = db.session.execute(
            select(
                Delivery.id,
                Delivery.subscriber_id,
                Delivery.address,
                Delivery.status,
                Delivery.attempts,
                Delivery.unknowns,
            ).where(Delivery.mailing_id == self.edition.mailing_id)
        )
        return [Told(row[0], row[1], row[2], Status(row[3]), row[4], row[5]) for row in rows]

    @cached_property
    def audience(self) -> int:
        """As it was counted when the recipients were frozen."""
        statement = select(Mailing.audience).where(Mailing.id == self.edition.mailing_id)
        return int(db.session.scalar(statement) or 0)

    @cached_property
    def recipients(self) -> frozenset[str]:
        return frozenset(each.address for each in self.deliveries)

    @cached_property
    def attempts(self) -> Mapping[int, Sequence[tuple[datetime, str]]]:
        """Moments and results of each delivery's attempts that were not accepted, oldest first."""
        rows = db.session.execute(
            select(Attempt.delivery_id, Attempt.at, Attempt.result)
            .join(Delivery, Delivery.id == Attempt.delivery_id)
            .where(Delivery.mailing_id == self.edition.mailing_id)
            .order_by(Attempt.id)
        )
        found: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
        for delivery_id, at, result in rows:
            found[delivery_id].append((at, result))
        return found

    @cached_property
    def confirmed(self) -> frozenset[int]:
        """The subscribers whose confirmation stands in the consent ledger."""
        statement = select(ConsentEvent.subscriber_id).where(
            ConsentEvent.newsletter_id == self.edition.newsletter_id, ConsentEvent.kind == Consent.CONFIRMED
        )
        return frozenset(db.session.scalars(statement))

    @cached_property
    def taken(self) -> Sequence[tuple[Receiver, Entry]]:
        """Each message that a server wrote 250 for."""
        return [(receiver, each) for receiver in self.stage.receivers for each in receiver.accepted]

    @cached_property
    def entries(self) -> Sequence[Entry]:
        return [each for receiver in self.stage.receivers for each in receiver.entries()]

    @cached_property
    def copies(self) -> Counter[str]:
        return Counter(entry.recipient for _, entry in self.taken)

    @cached_property
    def states(self) -> Counter[Status]:
        return Counter(each.status for each in self.deliveries)

    def in_state(self, *states: Status) -> frozenset[str]:
        return frozenset(each.address for each in self.deliveries if each.status in states)

    @property
    def duplicates(self) -> int:
        return sum(self.copies.values()) - len(self.copies)

    @property
    def unknowns(self) -> int:
        return sum(each.unknowns for each in self.deliveries)

    @property
    def losses(self) -> frozenset[str]:
        """Who got nothing, and of whom nothing else is told either."""
        told = self.in_state(Status.FAILED, Status.SKIPPED, Status.CANCELLED, Status.UNKNOWN)
        return self.recipients - told - frozenset(self.copies)

    def line(self) -> str:
        """For the table."""
        others = {state: self.states[state] for state in Status if state is not Status.ACCEPTED}
        told = " ".join(f"{state}={many}" for state, many in others.items() if many and state != Status.UNKNOWN)
        return (
            f"{self.number} {self.name:<34} audience={self.audience} accepted={self.states[Status.ACCEPTED]} "
            f"copies={sum(self.copies.values())} duplicates={self.duplicates} losses={len(self.losses)} "
            f"unknowns={self.unknowns} held={self.states[Status.UNKNOWN]} {told}"
        ).rstrip()


def wall_clock(moment: float) -> datetime:
    """A moment of the monotonic clock as the database would write it."""
    return now() - timedelta(seconds=time.monotonic() - moment)


def count_deliveries(edition: Edition) -> int:
    statement = select(func.count()).select_from(Delivery).where(Delivery.mailing_id == edition.mailing_id)
    return int(db.session.scalar(statement) or 0)
