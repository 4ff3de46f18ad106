"""Several lines to one server, driven by one thread."""

import select
import time
from collections.abc import Callable, Iterable, Iterator

from newsletter.core.errors import BackendUnavailable
from newsletter.core.logs import logger
from newsletter.mail.backends.base import Journal
from newsletter.mail.backends.smtp.line import Line
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result

log = logger(__name__)


class _Work:
    """What is still to send: one message in hand at most, the others not made yet."""

    def __init__(self, envelopes: Iterable[Envelope]) -> None:
        self._waiting = iter(envelopes)
        self.spare: Envelope | None = None
        self.trouble: OSError | None = None

    def prepare(self) -> None:
        """Make the next message, so that no line has to wait for it."""
        if self.spare is None and self.trouble is None:
            self.spare = next(self._waiting, None)

    def take(self) -> Envelope | None:
        self.prepare()
        taken, self.spare = self.spare, None
        return taken


class SmtpConnection:
    """Begins with one line and opens others, up to `most`, while there is more than they can take."""

    def __init__(self, open_line: Callable[[], Line], most: int) -> None:
        """Raises BackendUnavailable."""
        self._open_line = open_line
        self._most = most
        self._lines = [open_line()]

    @property
    def is_usable(self) -> bool:
        return any(line.is_usable for line in self._lines)

    def send(self, envelopes: Iterable[Envelope], journal: Journal) -> Iterator[Outcome]:
        """As the protocol says, but outcomes come as the lines get them.

        When the journal fails, nothing more is handed over, answers under way are still listened to, and then
        its OSError is raised.
        """
        work = _Work(envelopes)
        while True:
            self._advance(work, journal)
            yield from self._collect()
            if any(line.is_busy for line in self._lines):
                # The next message is made while the server thinks about these.
                work.prepare()
                self._listen(journal)
                yield from self._collect()
            elif work.spare is None or work.trouble or not self.is_usable:
                break
        if work.spare:
            words = "the connection broke before it"
            yield Outcome(work.spare.key, Result.UNSENT, Blame.NOBODY, Phase.CONNECT, words)
        if work.trouble:
            raise work.trouble

    def close(self) -> None:
        """Say goodbye on each line; never raises."""
        for line in self._lines:
            line.close()
        self._lines = []

    def _advance(self, work: _Work, journal: Journal) -> None:
        try:
            if work.trouble is None:
                self._hand_out(work, journal)
        except OSError as error:
            work.trouble = error
        for line in self._lines:
            if work.trouble and line.may_follow:
                line.fail("sending was stopped")
            line.flush()

    def _hand_out(self, work: _Work, journal: Journal) -> None:
        """Bodies that may follow, and a new message for each line that is free."""
        for line in self._lines:
            if line.may_follow:
                line.follow(journal)
            while line.is_free and (envelope := work.take()):
                line.begin(envelope)
        if work.spare and len(self._lines) < self._most:
            self._grow()

    def _grow(self) -> None:
        try:
            self._lines.append(self._open_line())
        except BackendUnavailable as error:
            # The server has enough of us; the lines that are open will do.
            self._most = len(self._lines)
            log.info("no further connection", problem=str(error))

    def _collect(self) -> Iterator[Outcome]:
        for line in self._lines:
            while line.outcomes:
                yield line.outcomes.popleft()

    def _listen(self, journal: Journal) -> None:
        """Wait until a line has something to read, can write again, or has run out of time."""
        busy = {line.socket.fileno(): line for line in self._lines if line.is_busy}
        poll = select.poll()
        for number, line in busy.items():
            poll.register(number, select.POLLIN | (select.POLLOUT if line.has_output else 0))
        earliest = min(line.deadline for line in busy.values())
        for number, _event in poll.poll(max(0.0, earliest - time.monotonic()) * 1000):
            busy[number].receive(journal)
        for line in busy.values():
            line.expire()
