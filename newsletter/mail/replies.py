"""What a server's refusal means and whose fault it is. The basic digit wins over the enhanced code.

5.1.1 5.1.2 5.1.3 5.1.6 5.1.10      no such mailbox               fails, the address is suppressed
5.2.x, at RCPT all but the below    mailbox full or switched off  fails, nobody is suppressed
5.7.x 5.3.x 5.5.x 5.6.x 5.1.7 5.1.8 us, or this message           fails, nobody is suppressed
4yz, bare 552 at RCPT               not now                       deferred (RFC 5321 §4.5.3.1.10)
421 at MAIL, an answer that is none the connection has ended      unsent; after the final dot unknown
"""

import re

from newsletter.mail.outcomes import Blame, Phase, Reply, Result

LONGEST = 500
"""Characters of a reply that are kept; servers can send far more than anybody reads."""

# Some servers write `#5.1.0` or, at the end, `(#5.1.1)` instead of beginning with the code (RFC 2034 §4).
_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})(?=[\s:]|$)|#([245]\.\d{1,3}\.\d{1,3})(?![\d.])", re.MULTILINE)
_NO_SUCH_MAILBOX = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_OURS = ("5.3.", "5.5.", "5.6.", "5.7.", "5.1.7", "5.1.8")
_CODES = range(200, 600)
_REFUSALS = range(400, 600)
_PERMANENT = range(500, 600)
_CLOSING = 421
_TOO_MANY_RECIPIENTS = 552


def reply(code: int, text: bytes | str) -> Reply:
    """The server's words on one line, whatever it sent; codes outside 200-599 become 0, which is temporary."""
    words = text.decode("utf-8", errors="replace") if isinstance(text, bytes) else text
    lines = [line.strip() for line in words[: LONGEST * 4].splitlines()]
    enhanced = ""
    if found := _ENHANCED.search("\n".join(lines)):
        enhanced = found.group(1) or found.group(2)
        # Each line of a multi-line reply repeats the code (RFC 2034 §4).
        lines = [line.removeprefix(enhanced).strip() for line in lines]
    joined = "".join(c if c.isprintable() else " " for c in " ".join(lines))
    valid = code in _CODES
    return Reply(code=code if valid else 0, enhanced=enhanced, text=joined[:LONGEST])


def judge(phase: Phase, answer: Reply) -> tuple[Result, Blame]:
    """What follows from a refusal in this phase."""
    if answer.code not in _REFUSALS:
        return (Result.UNKNOWN if phase is Phase.DOT else Result.UNSENT), Blame.NOBODY
    if answer.code == _CLOSING and phase is Phase.MAIL:
        # The server closes for its own reasons; later on, 421 may well be about this message.
        return Result.UNSENT, Blame.NOBODY
    if answer.code not in _PERMANENT or _is_too_many_recipients(phase, answer):
        return Result.DEFERRED, Blame.NOBODY
    return Result.FAILED, _blame(phase, "5" + answer.enhanced[1:])


def _is_too_many_recipients(phase: Phase, answer: Reply) -> bool:
    return phase is Phase.RCPT and answer.code == _TOO_MANY_RECIPIENTS and answer.enhanced in {"", "5.5.3"}


def _blame(phase: Phase, enhanced: str) -> Blame:
    if phase is not Phase.MAIL:
        if enhanced in _NO_SUCH_MAILBOX:
            return Blame.ADDRESS
        if enhanced.startswith("5.2."):
            return Blame.MAILBOX
    if phase is Phase.RCPT and not enhanced.startswith(_OURS):
        # A bare 550 at RCPT names this recipient, but not whether it is the address that is wrong.
        return Blame.MAILBOX
    return Blame.SENDER
