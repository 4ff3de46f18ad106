"""A sender: leases a slice, fills it, hands it over, records what came of it; again until told to stop."""

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

from sqlalchemy.exc import SQLAlchemyError

from newsletter.core import faults
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import BackendRefused, BackendUnavailable, UnsafeMessage
from newsletter.core.logs import logger
from newsletter.delivery.models import Lane
from newsletter.delivery.policy import RECONNECT, Rules, rules_of
from newsletter.delivery.sender.originals import Originals, Stamps
from newsletter.delivery.sender.throttle import Throttle
from newsletter.delivery.service import (
    Leased,
    Lessee,
    Slice,
    has_due,
    lease,
    pause_bulk,
    postpone,
    record,
    release,
    release_all,
)
from newsletter.delivery.service.recording import Answer
from newsletter.mail.backends.base import Backend, Connection
from newsletter.mail.breaker import Breaker, Patience
from newsletter.mail.house import House
from newsletter.mail.journal import FileJournal
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
from newsletter.mail.pool import Member
from newsletter.mail.shares import Shares

SLICE_SECONDS = 1.0
"""A slice is about this much work, so that a pause or an unsubscribe takes effect within two seconds."""

LONGEST_SLICE = 1.5
"""Seconds after which no more of a slice is begun, when the server has become slower than it was."""

SMALLEST_SLICE, LARGEST_SLICE = 10, 5000
GROUP, GROUP_SECONDS = 2500, 0.5
"""Outcomes are recorded in one transaction when they are so many, or the first of them is so old."""

IDLE_SECONDS, AHEAD_SECONDS, SHORTEST_REST = 0.3, 0.02, 0.25
PATIENCE = Patience(failures=1, first=1.0, longest=60.0)
"""How long a backend rests that does not answer."""

LEAD = 500
"""Messages by which a backend may be ahead of its share."""

LEASE_MARGIN = 0.9
"""The part of its lease in which a sender hands over; the rest is for what the server still has to answer."""

log = logger(__name__)


@dataclass(frozen=True)
class Means:
    """What a sender works with."""

    backend: Backend
    journal: FileJournal
    stamps: Stamps
    rules: Rules
    lessee: Lessee
    throttle: Throttle
    shares: Shares


class Sender:
    """One backend, one lane, one thread; `mailing_id` None sends whatever is due in the lane."""

    def __init__(self, means: Means, lane: Lane, mailing_id: int | None = None) -> None:
        self._means = means
        self._lane = lane
        self._mailing_id = mailing_id
        self._connection: Connection | None = None
        self._originals = Originals(means.stamps)
        self._breaker = Breaker(PATIENCE)
        self._slice_size = SMALLEST_SLICE
        self._idle = IDLE_SECONDS
        self._resume_at = 0.0
        self._unrecorded: deque[Answer] = deque()
        self._recorded_at = 0.0
        self._untouched: list[Leased] = []
        self._may_hold_more = False
        self._trouble: SQLAlchemyError | OSError | None = None
        self._crowded: set[int] = set()
        self._sent: Counter[str] = Counter()

    def run(self, stop: Event) -> None:
        """Send until `stop` is set; the slice in hand is finished first."""
        while not stop.is_set():
            try:
                busy = self.send_slice()
            except (SQLAlchemyError, OSError) as error:
                log.error("sending stopped", error=str(error))  # noqa: TRY400 - a trace says no more.
                db.session.rollback()
                stop.wait(PATIENCE.first)
                continue
            if not busy:
                stop.wait(self._idle)
        self.close()

    def send_slice(self) -> bool:
        """One round; whether there was anything to do.

        Raises SQLAlchemyError or OSError when database or journal fail. Then nothing more is handed over; what
        was, is kept here and in the journal, and the next round records it before it does anything else.
        """
        self._catch_up()
        self._idle = IDLE_SECONDS
        room = self._room()
        if not room:
            return False
        if not has_due(self._lane, self._mailing_id, self._means.lessee):
            self.close()
            self._step_aside()
            return False
        work = self._leased(room)
        faults.point("after-lease")
        if work.leased:
            self._deliver(work.leased)
        if not work.examined:
            # What is due is not for this backend, so the others must not wait for it.
            self._step_aside()
        return bool(work.examined)

    def _leased(self, room: int) -> Slice:
        leased_at = time.monotonic()
        self._may_hold_more = True
        work = lease(self._means.lessee, self._lane, room, self._mailing_id)
        self._may_hold_more = False
        self._means.journal.valid_until = leased_at + self._means.lessee.time.total_seconds() * LEASE_MARGIN
        self._untouched = list(work.leased)
        return work

    @property
    def is_resting(self) -> bool:
        """Whether it waits for a backend that did not answer, or for a rate to let more through."""
        return time.monotonic() < self._resume_at or self._breaker.seconds_left > 0

    @property
    def is_settled(self) -> bool:
        """Whether the database knows all that became of what it has leased."""
        return not (self._unrecorded or self._untouched or self._may_hold_more)

    def close(self) -> None:
        """Hang up; a server drops idle lines anyway, and then the next message would have to wait."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _room(self) -> int:
        """How many may be leased now."""
        if self.is_resting:
            self._step_aside()
            return 0
        wanted = min(self._slice_size, self._means.throttle.slice_size or self._slice_size)
        wanted = self._breaker.room(wanted)
        if self._lane is not Lane.BULK:
            return wanted
        room = self._means.shares.room(self._means.backend.name, wanted)
        if not room:
            self._idle = AHEAD_SECONDS
        return room

    def _step_aside(self) -> None:
        if self._lane is Lane.BULK:
            self._means.shares.rests(self._means.backend.name)

    def _deliver(self, leased: Sequence[Leased]) -> None:
        going, later, rest = self._means.throttle.sort(leased)
        postpone(later, self._means.lessee.worker)
        self._untouched = list(going)
        if rest:
            self._resume_at = time.monotonic() + max(rest, SHORTEST_REST)
        if going:
            self._send(going)
        if rest:
            # About what the rate lets through by then, or most would be leased in vain.
            self._slice_size = max(SMALLEST_SLICE, 2 * len(going))

    def _send(self, going: Sequence[Leased]) -> None:
        began = time.monotonic()
        in_hand = {each.id: each for each in going}
        self._trouble = None
        self._originals.fetch({each.mailing_id for each in going})
        connection = self._connected(going)
        if connection:
            try:
                self._hand_over(connection, in_hand)
            except OSError as error:
                # The journal could not be written before a dot, so that message did not leave.
                self._trouble = error
        self._untouched = list(in_hand.values())
        sent = len(going) - len(in_hand)
        if self._trouble:
            self.close()
            raise self._trouble
        self._set_unfit_aside()
        self._put_off(time.monotonic() - began)
        self._catch_up()
        self._conclude(connection, sent, time.monotonic() - began)

    def _conclude(self, connection: Connection | None, sent: int, seconds: float) -> None:
        if connection and not connection.is_usable:
            self.close()
            self._rest_after("the connection broke")
        elif connection:
            self._breaker.succeeded()
            rate = sent / max(seconds, 0.001)
            self._slice_size = int(min(max(rate * SLICE_SECONDS, SMALLEST_SLICE), LARGEST_SLICE))
            if self._lane is Lane.BULK:
                self._means.shares.took(self._means.backend.name, sent)

    def _set_unfit_aside(self) -> None:
        """A mailing none of which may leave is paused; what a person waits for comes again a little later."""
        unfit = self._originals.unfit
        if unfit:
            until = now() + RECONNECT
            worker = self._means.lessee.worker
            postpone([(each, until) for each in self._untouched if each.mailing_id in unfit], worker)
            self._untouched = [each for each in self._untouched if each.mailing_id not in unfit]
        for mailing_id, problem in unfit.items():
            log.error("mailing is unfit", mailing=mailing_id, problem=problem)
            pause_bulk({mailing_id}, problem)

    def _put_off(self, seconds: float) -> None:
        """Those whose domain had no room, or rests by now, come later and stand in nobody's way until then."""
        put_off = [each for each in self._untouched if each.id in self._crowded]
        if put_off:
            postpone(self._means.throttle.put_off(put_off, self._sent, seconds), self._means.lessee.worker)
            self._untouched = [each for each in self._untouched if each.id not in self._crowded]

    def _hand_over(self, connection: Connection, in_hand: dict[int, Leased]) -> None:
        """Send what can be sent and take it out of `in_hand`."""
        self._recorded_at = time.monotonic()
        self._crowded, self._sent = set(), Counter()
        for outcome in connection.send(self._envelopes(in_hand), self._means.journal):
            if outcome.phase is Phase.CONNECT:
                # It was made, but no line was left to say anything of it to the server; it stays in hand.
                if connection.is_usable:
                    self._crowded.add(outcome.key)
                continue
            self._note(in_hand.pop(outcome.key), outcome)
            if self._is_time_to_record() and not self._trouble:
                try:
                    self._record()
                except SQLAlchemyError as error:
                    # No further envelope is given out, but answers that are under way are still listened to.
                    self._trouble = error

    def _note(self, leased: Leased, outcome: Outcome) -> None:
        self._unrecorded.append(Answer(leased, outcome))
        self._means.throttle.learn(leased, outcome)
        if self._means.throttle.limits_domains:
            self._sent[leased.domain] += 1

    def _is_time_to_record(self) -> bool:
        return len(self._unrecorded) >= GROUP or time.monotonic() - self._recorded_at > GROUP_SECONDS

    def _envelopes(self, in_hand: dict[int, Leased]) -> Iterator[Envelope]:
        until = time.monotonic() + LONGEST_SLICE
        for each in list(in_hand.values()):
            if self._trouble or time.monotonic() > until:
                # What is left is given back, and looked at once more before it is taken again.
                return
            if self._means.throttle.holds_back(each):
                self._crowded.add(each.id)
                continue
            try:
                envelope = self._originals.envelope(each)
            except UnsafeMessage as error:
                outcome = Outcome(each.id, Result.FAILED, Blame.SENDER, Phase.CONNECT, str(error))
                self._unrecorded.append(Answer(in_hand.pop(each.id), outcome))
            else:
                if envelope:
                    yield envelope

    def _connected(self, going: Sequence[Leased]) -> Connection | None:
        """The line, opened if need be; None when the backend does not answer or lets nobody in."""
        if self._connection is None:
            try:
                self._connection = self._means.backend.connect()
            except BackendRefused as error:
                self._rest_after(str(error))
                # As long as another backend takes them, these may still leave.
                if self._means.shares.refused(self._means.backend.name):
                    pause_bulk({each.mailing_id for each in going}, str(error))
            except BackendUnavailable as error:
                self._rest_after(str(error))
        return self._connection

    def _rest_after(self, problem: str) -> None:
        self._breaker.failed()
        self._step_aside()
        seconds = round(self._breaker.seconds_left, 1)
        log.warning("backend rests", backend=self._means.backend.name, problem=problem, seconds=seconds)

    def _catch_up(self) -> None:
        """Record and give back all that is in hand; then the journal has nothing left to say."""
        self._record()
        if self._untouched:
            release(self._untouched, self._means.lessee.worker)
            self._untouched = []
        if self._may_hold_more:
            # The database went away while it was asked for a slice, and may have given one all the same.
            release_all(self._means.lessee.worker)
            self._may_hold_more = False
        self._means.journal.clear()

    def _record(self) -> None:
        if self._unrecorded:
            faults.point("before-record")
            record(list(self._unrecorded), self._means.lessee.worker, self._means.backend.name, self._means.rules)
            self._unrecorded.clear()
            faults.point("after-record")
        self._recorded_at = time.monotonic()


def make_shares(house: House) -> Shares:
    """For the senders of one process, of which each backend has one in the bulk lane."""
    return Shares({member.backend.name: member.weight for member in house.pool}, LEAD)


@contextmanager
def open_sender(
    house: House, member: Member, shares: Shares, lane: Lane, mailing_id: int | None = None
) -> Iterator[Sender]:
    """A sender with its journal, for the block.

    If that fails, or ends while the database knows less than the journal, it is left to whoever settles it.
    """
    settings, rules = house.settings, rules_of(house.settings)
    journal = FileJournal(settings.spool)
    means = Means(
        backend=member.backend,
        journal=journal,
        stamps=Stamps(house.signer, house.dkim),
        rules=rules,
        lessee=Lessee(
            journal.worker, member.backend.name, settings.lease_for, rules.on_unknown == "resend_anywhere"
        ),
        throttle=Throttle(member, house.domain_limits, house.limits, rules.retry),
        shares=shares,
    )
    sender = Sender(means, lane, mailing_id)
    try:
        yield sender
        sender.close()
    except BaseException:
        journal.abandon()
        raise
    if sender.is_settled:
        journal.close()
    else:
        journal.abandon()
