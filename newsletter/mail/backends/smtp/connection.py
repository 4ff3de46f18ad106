"""Several lines to one server, driven by one thread."""

import math
import select
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator

from newsletter.core import faults
from newsletter.core.errors import BackendUnavailable
from newsletter.core.logs import logger
from newsletter.mail.backends.base import Journal
from newsletter.mail.backends.smtp.line import Line
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result

LOOK_SECONDS = 0.2
"""How often the lines are looked over for one whose time is up."""

ASIDE_SECONDS = 1.5
"""How long messages wait for their domain; then they are given back, so that others can look at them anew."""

MESSAGES_A_LINE = 4
"""A further line is opened when each of those open has had so many: a handful of mails is not worth it."""

PATIENCE_SECONDS = 0.1
"""And when a message has waited so long for a line, because the server is slow."""

log = logger(__name__)

MostOf = Callable[[str], int | None]
"""How many messages for this recipient domain may be under way at a time; None for any number."""


class _Work:
    """What is still to send: one message in hand at most, the others not made yet.

    A message whose domain has enough under way waits aside until one of them is through.
    """

    def __init__(self, envelopes: Iterable[Envelope], most_of: MostOf | None) -> None:
        self._waiting = iter(envelopes)
        self._most_of = most_of
        self._aside: deque[Envelope] = deque()
        self._aside_until = time.monotonic() + ASIDE_SECONDS
        self.spare: Envelope | None = None
        self.trouble: OSError | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more may be begun; then there may be some left."""
        return self.trouble is not None or time.monotonic() > self._aside_until or not self.left

    @property
    def left(self) -> list[Envelope]:
        """What was made and not begun."""
        return [*self._aside, *([self.spare] if self.spare else [])]

    def prepare(self) -> None:
        """Make the next message, so that no line has to wait for it."""
        if self.spare is None and self.trouble is None:
            self.spare = next(self._waiting, None)

    def take(self, under_way: Callable[[], Counter[str]]) -> Envelope | None:
        self.prepare()
        if self._most_of is None:
            taken, self.spare = self.spare, None
            return taken
        return self._take_fitting(under_way(), self._most_of)

    def _take_fitting(self, busy: Counter[str], most_of: MostOf) -> Envelope | None:
        for each in list(self._aside) if time.monotonic() <= self._aside_until else ():
            if _fits(each, busy, most_of):
                self._aside.remove(each)
                return each
        while self.spare:
            chosen, self.spare = self.spare, None
            self.prepare()
            if _fits(chosen, busy, most_of):
                return chosen
            self._aside.append(chosen)
        return None


def _not_begun(envelope: Envelope) -> Outcome:
    return Outcome(envelope.key, Result.UNSENT, Blame.NOBODY, Phase.CONNECT, "no line was free for it")


def _fits(envelope: Envelope, busy: Counter[str], most_of: MostOf) -> bool:
    domain = envelope.recipient.rpartition("@")[2]
    most = most_of(domain)
    return most is None or busy[domain] < most


class SmtpConnection:
    """Begins with one line and opens others, up to `most`, while there is more than they can take."""

    def __init__(self, open_line: Callable[[], Line], most: int, most_of: MostOf | None = None) -> None:
        """Raises BackendUnavailable."""
        self._open_line = open_line
        self._most = most
        self._most_of = most_of
        self._poll = select.poll()
        self._watched: dict[int, Line] = {}
        self._lines: list[Line] = []
        self._look_at = 0.0
        self._begun = 0
        self._waits_since = math.inf
        self._add_line()

    @property
    def is_usable(self) -> bool:
        return any(line.is_usable for line in self._lines)

    def send(self, envelopes: Iterable[Envelope], journal: Journal) -> Iterator[Outcome]:
        """As the protocol says, but outcomes come as the lines get them.

        When the journal fails, nothing more is handed over, answers under way are still listened to, and then
        its OSError is raised.
        """
        work = _Work(envelopes, self._most_of)
        while True:
            self._advance(work, journal)
            if self._needs_another(work):
                # To be let in can take long: what is known is written first, and the other lines have work.
                journal.flush()
                self._grow()
                self._advance(work, journal)
            yield from self._collect()
            if any(line.is_busy for line in self._lines):
                # The next message is made while the server thinks about these.
                work.prepare()
                self._listen(journal)
            elif work.is_over or not self.is_usable:
                break
        journal.flush()
        yield from map(_not_begun, work.left)
        if work.trouble:
            raise work.trouble

    def close(self) -> None:
        """Say goodbye on each line; never raises."""
        for line in self._lines:
            line.close()
        self._lines, self._watched = [], {}

    def _advance(self, work: _Work, journal: Journal) -> None:
        try:
            if work.trouble is None:
                self._hand_out(work, journal)
        except OSError as error:
            work.trouble = error
        is_dotting = any(line.is_dotting for line in self._lines)
        for line in self._lines:
            if work.trouble:
                line.stop("sending was stopped")
            line.flush()
        if is_dotting:
            faults.point("after-dot")

    def _hand_out(self, work: _Work, journal: Journal) -> None:
        """Bodies that may follow, and a new message for each line that is free."""
        if following := [line for line in self._lines if line.may_follow]:
            faults.point("before-dot")
            journal.dotting(*[line.follow() for line in following])
            faults.point("mid-body")
        for line in self._lines:
            while line.is_free and (envelope := work.take(self._under_way)):
                line.begin(envelope)
                self._begun += 1

    def _needs_another(self, work: _Work) -> bool:
        """Whether a further line would have something to do."""
        if work.trouble or len(self._lines) >= self._most:
            return False
        work.prepare()
        if not work.spare:
            self._waits_since = math.inf
            return False
        self._waits_since = min(self._waits_since, time.monotonic())
        is_worth_it = len(self._lines) <= self._begun // MESSAGES_A_LINE
        return is_worth_it or time.monotonic() - self._waits_since > PATIENCE_SECONDS

    def _under_way(self) -> Counter[str]:
        return Counter(domain for line in self._lines for domain in line.domains)

    def _grow(self) -> None:
        try:
            self._add_line()
        except BackendUnavailable as error:
            # The server has enough of us; the lines that are open will do.
            self._most = len(self._lines)
            log.info("no further connection", problem=str(error))

    def _add_line(self) -> None:
        line = self._open_line()
        self._lines.append(line)
        self._watched[line.number] = line
        self._poll.register(line.number, select.POLLIN)

    def _collect(self) -> Iterator[Outcome]:
        for line in self._lines:
            while line.outcomes:
                yield line.outcomes.popleft()
        if not all(line.is_usable for line in self._lines):
            # One that broke makes room for another; the last one stays, for whoever asks whether any is left.
            self._lines = [line for line in self._lines if line.is_usable] or self._lines[:1]

    def _listen(self, journal: Journal) -> None:
        """Wait until a line has something to read, can write again, or has run out of time."""
        journal.flush()
        self._watch()
        for number, event in self._poll.poll(LOOK_SECONDS * 1000):
            line = self._watched[number]
            if event & select.POLLOUT:
                self._poll.modify(number, select.POLLIN)
            line.receive(journal)
            if line.outcomes:
                faults.point("after-answer")
        moment = time.monotonic()
        if moment >= self._look_at:
            self._look_at = moment + LOOK_SECONDS
            for line in self._lines:
                line.expire()

    def _watch(self) -> None:
        """Ask for what each line waits for, and for nothing of those that are closed."""
        for number, line in list(self._watched.items()):
            if not line.is_usable:
                self._poll.unregister(number)
                del self._watched[number]
            elif line.has_output:
                self._poll.modify(number, select.POLLIN | select.POLLOUT)
