"""A sender: leases a slice, fills it, hands it over, records what came of it; again until told to stop."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from newsletter.core.db import db
from newsletter.core.errors import BackendUnavailable, UnsafeMessage
from newsletter.core.logs import logger
from newsletter.core.settings import OnUnknown
from newsletter.core.tokens import Signer
from newsletter.delivery.links import signed
from newsletter.delivery.models import Lane
from newsletter.delivery.queries import mailings
from newsletter.delivery.service import Leased, lease, record, release
from newsletter.delivery.service.recording import Answer
from newsletter.mail.backends.base import Backend, Connection
from newsletter.mail.headers import message_id
from newsletter.mail.journal import FileJournal
from newsletter.mail.message import Envelope
from newsletter.mail.mime import Template
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result

SLICE_SECONDS = 1.0
"""A slice is about this much work, so that a pause or an unsubscribe takes effect within two seconds."""

SMALLEST_SLICE, LARGEST_SLICE = 10, 500
GROUP = 100
"""Outcomes recorded in one transaction."""

IDLE_SECONDS = 0.3
SHORTEST_REST, LONGEST_REST = 1.0, 60.0
"""Seconds to wait for a backend that does not answer, doubling."""

log = logger(__name__)


@dataclass(frozen=True)
class Means:
    """What a sender works with."""

    backend: Backend
    journal: FileJournal
    signer: Signer
    on_unknown: OnUnknown


class Sender:
    """One connection, one thread. `mailing_id` None sends whatever is due, what a person waits for first."""

    def __init__(self, means: Means, mailing_id: int | None = None) -> None:
        self._means = means
        self._mailing_id = mailing_id
        self._connection: Connection | None = None
        self._originals = _Originals()
        self._slice_size = SMALLEST_SLICE
        self._rest = 0.0
        self._resume_at = 0.0
        self._unrecorded: list[Answer] = []
        self._untouched: list[Leased] = []
        self._trouble: SQLAlchemyError | OSError | None = None

    def run(self, stop: Event) -> None:
        """Send until `stop` is set; the slice in hand is finished first."""
        while not stop.is_set():
            try:
                busy = self.send_slice()
            except (SQLAlchemyError, OSError) as error:
                log.error("sending stopped", error=str(error))  # noqa: TRY400 - a trace says no more.
                db.session.rollback()
                stop.wait(SHORTEST_REST)
                continue
            if not busy:
                stop.wait(IDLE_SECONDS)
        self.close()

    def send_slice(self) -> bool:
        """One round; whether there was anything to do.

        Raises SQLAlchemyError or OSError when database or journal fail. Then nothing more is handed over; what
        was, is kept here and in the journal, and the next round records it before it does anything else.
        """
        self._catch_up()
        if self.is_resting:
            return False
        for lane in Lane:
            work = lease(self._means.journal.worker, lane, self._slice_size, self._mailing_id)
            if work.leased:
                self._deliver(work.leased)
            if work.examined:
                return True
        self.close()
        return False

    @property
    def is_resting(self) -> bool:
        """Whether it waits for a backend that did not answer."""
        return time.monotonic() < self._resume_at

    def close(self) -> None:
        """Hang up; a server drops idle lines anyway, and then the next message would have to wait."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _deliver(self, leased: Sequence[Leased]) -> None:
        began = time.monotonic()
        in_hand = {each.id: each for each in leased}
        self._trouble, self._untouched = None, list(leased)
        self._originals.fetch({each.mailing_id for each in leased})
        connection = self._connected()
        if connection:
            try:
                self._hand_over(connection, in_hand)
            except OSError as error:
                # The journal could not be written before a dot, so that message did not leave.
                self._trouble = error
        self._untouched = list(in_hand.values())
        if self._trouble:
            self.close()
            raise self._trouble
        self._catch_up()
        if connection and not connection.is_usable:
            self.close()
            self._rest_after("the connection broke")
        elif connection:
            self._rest = 0.0
            self._adapt(len(leased), time.monotonic() - began)

    def _hand_over(self, connection: Connection, in_hand: dict[int, Leased]) -> None:
        """Send what can be sent and take it out of `in_hand`."""
        for outcome in connection.send(self._envelopes(in_hand), self._means.journal):
            if outcome.phase is Phase.CONNECT:
                # It was made, but no line was left to say anything of it to the server; it stays in hand.
                continue
            self._unrecorded.append(Answer(in_hand.pop(outcome.key), outcome))
            if len(self._unrecorded) >= GROUP and not self._trouble:
                try:
                    self._record()
                except SQLAlchemyError as error:
                    # No further envelope is given out, but answers that are under way are still listened to.
                    self._trouble = error

    def _envelopes(self, in_hand: dict[int, Leased]) -> Iterator[Envelope]:
        for each in list(in_hand.values()):
            if self._trouble:
                return
            try:
                envelope = self._originals.envelope(each, self._means.signer)
            except UnsafeMessage as error:
                self._unrecorded.append(Answer(in_hand.pop(each.id), _unsafe(each, error)))
            else:
                yield envelope

    def _connected(self) -> Connection | None:
        """The line, opened if need be; None when the backend does not answer."""
        if self._connection is None:
            try:
                self._connection = self._means.backend.connect()
            except BackendUnavailable as error:
                self._rest_after(str(error))
        return self._connection

    def _rest_after(self, problem: str) -> None:
        self._rest = min(max(self._rest * 2, SHORTEST_REST), LONGEST_REST)
        self._resume_at = time.monotonic() + self._rest
        log.warning("backend rests", backend=self._means.backend.name, problem=problem, seconds=self._rest)

    def _catch_up(self) -> None:
        """Record and give back all that is in hand; then the journal has nothing left to say."""
        self._record()
        if self._untouched:
            release(self._untouched, self._means.journal.worker)
            self._untouched = []
        self._means.journal.clear()

    def _record(self) -> None:
        if self._unrecorded:
            means = self._means
            record(self._unrecorded, means.journal.worker, means.backend.name, means.on_unknown)
            self._unrecorded = []

    def _adapt(self, sent: int, seconds: float) -> None:
        rate = sent / max(seconds, 0.001)
        self._slice_size = int(min(max(rate * SLICE_SECONDS, SMALLEST_SLICE), LARGEST_SLICE))


def _unsafe(leased: Leased, error: UnsafeMessage) -> Outcome:
    return Outcome(leased.id, Result.FAILED, Blame.SENDER, Phase.CONNECT, str(error))


@dataclass(frozen=True)
class _Original:
    """A mailing as plain values, which no session can take back while messages are under way."""

    sender: str
    message_domain: str
    links: Mapping[str, Mapping[str, Any]]
    seed: bytes
    created_at: datetime
    template: Template


class _Originals:
    """The mailings of the slice at hand, ready to be filled."""

    def __init__(self) -> None:
        self._kept: dict[int, _Original] = {}

    def fetch(self, mailing_ids: set[int]) -> None:
        """Have these at hand and no others, with one query for those that are new."""
        self._kept = {key: kept for key, kept in self._kept.items() if key in mailing_ids}
        for each in mailings(mailing_ids - self._kept.keys()):
            self._kept[each.id] = _Original(
                each.sender,
                each.message_domain,
                each.links,
                each.seed,
                each.created_at,
                Template(each.template),
            )

    def envelope(self, leased: Leased, signer: Signer) -> Envelope:
        """The finished message of this delivery; the same bytes on each attempt."""
        original = self._kept[leased.mailing_id]
        values = signed(original.links, signer, leased.subscriber_id, original.created_at)
        values["to"] = leased.address
        values["message_id"] = message_id(original.seed, leased.id, original.message_domain)
        return Envelope(leased.id, original.sender, leased.address, original.template.fill(values))
