"""What became of one message handed to a backend, decided by how far the conversation had come.

before the final dot was written    a refusal by the server: deferred or failed
                                    a broken connection: unsent, it is certain that nothing left
dot written, no answer read         unknown: neither side can tell (RFC 1047)
answer read                         what it says; errors at QUIT change nothing
"""

from enum import StrEnum
from typing import NamedTuple


class Phase(StrEnum):
    """The step of the conversation that decided."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


class Result(StrEnum):
    """What the sender does next with the delivery."""

    ACCEPTED = "accepted"  # The server took responsibility.
    DEFERRED = "deferred"  # Not now: try again later.
    FAILED = "failed"  # Never: do not try again.
    UNSENT = "unsent"  # The connection or the backend broke before the dot; the recipient is not charged.
    UNKNOWN = "unknown"  # The dot was written and no answer came.


class Blame(StrEnum):
    """Whose fault a refusal is; it decides who pays for it."""

    NOBODY = "nobody"
    ADDRESS = "address"  # There is no such mailbox: suppress it.
    MAILBOX = "mailbox"  # Full or inactive: suppress it when it happens again and again.
    SENDER = "sender"  # Us: our reputation, login, size or content; pause the mailing, charge no subscriber.


class Reply(NamedTuple):
    """The server's words: the three-digit code, the enhanced code (RFC 3463) or "", and the text on one line."""

    code: int
    enhanced: str
    text: str

    def __str__(self) -> str:
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)


class Outcome(NamedTuple):
    """The end of one attempt; `words` is the server's reply or, without one, what happened instead."""

    key: int
    result: Result
    blame: Blame
    phase: Phase
    words: str
