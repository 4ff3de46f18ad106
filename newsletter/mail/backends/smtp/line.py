"""One line to a server, written ahead as RFC 2920 allows.

    we write      MAIL RCPT DATA (1) | body and dot (1), MAIL RCPT DATA (2) | body and dot (2), MAIL …
    it answers         250  250  354 |              250       250  250  354 |

So a message costs one round trip, and never more than one per line is between its dot and its answer. With a
server that does not offer PIPELINING the same commands go one by one.
"""

import ssl
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from newsletter.mail.backends.base import Journal
from newsletter.mail.backends.smtp.session import READ_AT_ONCE, Session, Timeouts
from newsletter.mail.backends.smtp.wire import Nonsense, RawReply
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result
from newsletter.mail.replies import consent, judge, reply

_OK, _REFUSED = range(200, 300), range(400, 600)
_GO_AHEAD, _CLOSING = 354, 421
_RESET, _LONE_DOT, _UNASKED = "RSET", "a lone dot", "nothing"
"""Steps that are not about a message."""

_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_GOODBYE_SECONDS = 2.0


class Line:
    """A session as a state machine that never blocks: envelopes in, `outcomes` out.

    `asked` is the message whose envelope the server has; `dotted` the one whose body it has. While `may_follow`
    is true the server waits for the body of `asked`.
    """

    def __init__(self, session: Session, timeouts: Timeouts) -> None:
        self.socket = session.socket
        self.socket.settimeout(0)
        self.number = session.socket.fileno()
        self._is_encrypted = isinstance(session.socket, ssl.SSLSocket)
        self.is_usable = True
        self.may_follow = False
        self.outcomes: deque[Outcome] = deque()
        self.deadline = float("inf")
        self._replies = session.replies
        self._timeouts = timeouts
        self._offers = session.extensions
        self._pipelines = "PIPELINING" in session.extensions
        size = session.extensions.get("SIZE", "")
        self._largest = int(size) if size.isdecimal() else 0
        self._asked: Envelope | None = None
        self._dotted: Envelope | None = None
        self._refusal: tuple[Phase, RawReply] | None = None
        self._needs_reset = False
        self._held: deque[tuple[str, bytes]] = deque()
        self._awaited: deque[str] = deque()
        self._out: list[bytes] = []
        self._undotted = 0

    @property
    def is_free(self) -> bool:
        """Whether `begin` may be called."""
        return self.is_usable and self._asked is None

    @property
    def is_busy(self) -> bool:
        """Whether there is something to wait for."""
        return self.is_usable and bool(self._awaited)

    @property
    def has_output(self) -> bool:
        return bool(self._out)

    @property
    def is_dotting(self) -> bool:
        """Whether a dot is among what is still to be written."""
        return self._undotted > 0

    @property
    def domains(self) -> list[str]:
        """The recipient domains of what is under way here."""
        return [each.recipient.rpartition("@")[2] for each in (self._dotted, self._asked) if each]

    def begin(self, envelope: Envelope) -> None:
        """Queue the envelope of a message, or answer at once what no server need be asked."""
        if refused := self._unfit(envelope):
            self.outcomes.append(refused)
            return
        self._asked, self._refusal = envelope, None
        if self._needs_reset:
            self._held.append((_RESET, b"RSET\r\n"))
            self._needs_reset = False
        if self._pipelines and not self._held:
            self._out.append(b"".join(self._commands(envelope)))
            self._awaited += _STEPS
            return
        self._held += zip(_STEPS, self._commands(envelope), strict=True)
        self._release()

    def follow(self) -> int:
        """Queue body and dot of the message that the server waits for; its key, for the journal.

        Before anything of it is flushed, the journal must say that it will be.
        """
        envelope = self._asked
        assert envelope  # noqa: S101 - `may_follow` said so.
        self.may_follow = False
        self._asked, self._dotted = None, envelope
        data = envelope.data if envelope.is_dotless else stuffed(envelope.data)
        end = b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"
        self._undotted = sum(map(len, self._out)) + len(data) + len(end)
        self._out += (data, end)
        self._awaited.append(Phase.DOT)
        return envelope.key

    def flush(self) -> None:
        """Write as much as the system takes."""
        if not self._out:
            return
        data = b"".join(self._out) if len(self._out) > 1 else self._out[0]
        self._out = [data]
        if self._is_encrypted and 0 < self._undotted < len(data):
            # OpenSSL may write some of its records and then say that it wrote nothing. A record with the dot must
            # not be among those, so nothing is handed to it together with the dot that comes after that.
            self._write(data[: self._undotted])
            data = self._out[0] if self._out and self._undotted <= 0 else b""
        if data:
            self._write(data)

    def _write(self, data: bytes) -> None:
        """Write of these bytes, with which the output begins, as much as the system takes."""
        try:
            sent = self.socket.send(data)
        except _NOT_NOW:
            return
        except OSError as error:
            self.fail(f"the connection broke: {error}")
            return
        self._undotted -= sent
        rest = self._out[0][sent:]
        self._out = [rest] if rest else []
        self._set_deadline()

    def receive(self, journal: Journal) -> None:
        """Read what has come, and draw the conclusions."""
        answers = self._read()
        for answer in answers:
            if self.is_usable:
                self._understand(answer, journal)
        if self.is_usable and answers:
            # A server that sends a letter a minute gets no more time for it.
            self._set_deadline()
        if self.is_usable and isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
            self.receive(journal)

    def _read(self) -> Sequence[RawReply]:
        """The replies that have come; the line fails where there is no sense in them, or no line any more."""
        try:
            data = self.socket.recv(READ_AT_ONCE)
            if data:
                return self._replies.feed(data)
            self.fail("the server closed the connection")
        except _NOT_NOW:
            pass
        except Nonsense as error:
            self.fail(f"the server sent {error}")
        except OSError as error:
            self.fail(f"the connection broke: {error}")
        return ()

    def expire(self) -> None:
        """Give up when the server's time is over."""
        if self.is_usable and time.monotonic() >= self.deadline:
            self.fail("no answer within the time limit")

    def stop(self, words: str) -> None:
        """Give up unless the server already has all of the message that it is to answer."""
        if self.may_follow or self.is_dotting:
            self.fail(words)

    def fail(self, words: str) -> None:
        """The line is of no use any more; what is under way gets the outcome that is certain, or unknown."""
        self.is_usable = self.may_follow = False
        if self._dotted:
            # While a byte of it is still here, the dot is too, and nothing has left.
            is_here = self._undotted > 0
            result, phase = (Result.UNSENT, Phase.DATA) if is_here else (Result.UNKNOWN, Phase.DOT)
            self.outcomes.append(Outcome(self._dotted.key, result, Blame.NOBODY, phase, words))
        if self._asked:
            phase = Phase(next((step for step in self._awaited if step in _STEPS), Phase.DATA))
            self.outcomes.append(Outcome(self._asked.key, Result.UNSENT, Blame.NOBODY, phase, words))
        self._asked = self._dotted = None
        self._awaited.clear()
        self._out.clear()
        self.socket.close()

    def close(self) -> None:
        """QUIT, if the server would understand it; never raises."""
        if self.is_usable and not self._asked and not self._dotted:
            with suppress(OSError):
                self.socket.settimeout(_GOODBYE_SECONDS)
                self.socket.sendall(b"QUIT\r\n")
                self.socket.recv(READ_AT_ONCE)
        self.is_usable = False
        self.socket.close()

    def _unfit(self, envelope: Envelope) -> Outcome | None:
        if envelope.needs_smtputf8 and "SMTPUTF8" not in self._offers:
            problem = "5.6.7 the server does not take international addresses (SMTPUTF8)"
            # One reader's address says nothing against the others, nor is it a wrong one.
            blame = Blame.NOBODY if envelope.sender.isascii() else Blame.SENDER
            return Outcome(envelope.key, Result.FAILED, blame, Phase.RCPT, problem)
        if 0 < self._largest < len(envelope.data):
            problem = f"5.3.4 the message has {len(envelope.data)} octets, the server takes {self._largest}"
            return Outcome(envelope.key, Result.FAILED, Blame.SENDER, Phase.MAIL, problem)
        return None

    def _commands(self, envelope: Envelope) -> tuple[bytes, bytes, bytes]:
        """MAIL, RCPT and DATA, with the parameters that the server offers."""
        offers, options, notify = self._offers, "", ""
        if "SIZE" in offers:
            options = f" SIZE={len(envelope.data)}"
        if envelope.needs_smtputf8:
            options += " SMTPUTF8 BODY=8BITMIME" if "8BITMIME" in offers else " SMTPUTF8"
        if "DSN" in offers:
            # RFC 3461: bounces come back with headers alone, and say which delivery they are about.
            options += f" RET=HDRS ENVID={envelope.key}"
            notify = " NOTIFY=FAILURE"
        return (
            f"MAIL FROM:<{envelope.sender}>{options}\r\n".encode(),
            f"RCPT TO:<{envelope.recipient}>{notify}\r\n".encode(),
            b"DATA\r\n",
        )

    def _release(self) -> None:
        """Write the commands that may go: all of a group, or one at a time without PIPELINING."""
        while self._held and (self._pipelines or not self._awaited):
            step, command = self._held.popleft()
            self._awaited.append(step)
            self._out.append(command)

    def _understand(self, answer: RawReply, journal: Journal) -> None:
        code = answer[0]
        step = self._awaited.popleft() if self._awaited else _UNASKED
        if not _makes_sense(step, code):
            # From here on nobody knows which question an answer belongs to.
            if step in _STEPS:
                self._awaited.appendleft(step)
            self.fail(f"the server answered {step} with: {reply(*answer)}")
            return
        if step is Phase.DOT:
            self._conclude_dotted(answer, journal)
        elif step is Phase.DATA:
            self._conclude_asked(answer)
        elif code not in _OK and step in _STEPS:
            self._note_refusal(Phase(step), answer)
        if code == _CLOSING and self.is_usable:
            self.fail(str(reply(*answer)))
        if self._held:
            self._release()

    def _note_refusal(self, step: Phase, answer: RawReply) -> None:
        self._refusal = self._refusal or (step, answer)
        if not self._pipelines or answer[0] == _CLOSING:
            self._held.clear()
            self._give_back()

    def _conclude_asked(self, answer: RawReply) -> None:
        if answer[0] != _GO_AHEAD:
            self._refusal = self._refusal or (Phase.DATA, answer)
            self._give_back()
        elif self._refusal:
            # RFC 2920 §3.1: nobody is left to get it, and the server wants a body all the same.
            self._out.append(b".\r\n")
            self._awaited.append(_LONE_DOT)
            self._give_back()
        else:
            self.may_follow = True

    def _give_back(self) -> None:
        """The outcome of a message that the server refused before its body."""
        assert self._asked  # noqa: S101 - only its envelope can be refused.
        assert self._refusal  # noqa: S101 - and that is why.
        phase, answer = self._refusal
        self.outcomes.append(_outcome(self._asked, phase, answer))
        self._asked, self._refusal, self._needs_reset = None, None, True

    def _conclude_dotted(self, answer: RawReply, journal: Journal) -> None:
        assert self._dotted  # noqa: S101 - only a dotted message has this answer.
        outcome = _outcome(self._dotted, Phase.DOT, answer)
        journal.answered(outcome)
        self.outcomes.append(outcome)
        self._dotted = None

    def _set_deadline(self) -> None:
        if not self._awaited:
            self.deadline = float("inf")
            return
        step, timeouts = self._awaited[0], self._timeouts
        limit = timeouts.dot if step is Phase.DOT else timeouts.data if step is Phase.DATA else timeouts.command
        self.deadline = time.monotonic() + limit


_STEPS = (Phase.MAIL, Phase.RCPT, Phase.DATA)


def _makes_sense(step: str, code: int) -> bool:
    """Whether such an answer can come at this step: refusals always can, consent only in its own form."""
    if code in _REFUSED:
        return code == _CLOSING or step not in {_UNASKED, _RESET}
    if step is Phase.DATA:
        return code == _GO_AHEAD
    return code in _OK and step != _UNASKED


def stuffed(data: bytes) -> bytes:
    """RFC 5321 §4.5.2: a line that starts with a dot gets another."""
    doubled = data.replace(b"\r\n.", b"\r\n..")
    return b"." + doubled if doubled.startswith(b".") else doubled


def _outcome(envelope: Envelope, phase: Phase, answer: RawReply) -> Outcome:
    if phase is Phase.DOT and answer[0] in _OK:
        return Outcome(envelope.key, Result.ACCEPTED, Blame.NOBODY, phase, consent(*answer))
    words = reply(*answer)
    result, blame = judge(phase, words)
    return Outcome(envelope.key, result, blame, phase, str(words))
