"""What a server's refusal means and whose fault it is: one table, read from the top; the first fit decides.

Two codes may disagree, as in `421 5.7.32`: the basic one wins, so the table sees `4.7.32` (RFC 3463 §2). Words
count only where servers are known to say by them what their codes leave open. In doubt nobody is suppressed.
"""

import re
from dataclasses import dataclass

from newsletter.mail.outcomes import Blame, Phase, Reply, Result

LONGEST = 500
"""Characters of a reply that are kept; servers can send far more than anybody reads."""

Judgement = tuple[Result, Blame]

UNSENT = (Result.UNSENT, Blame.NOBODY)  # The connection has ended; this message is not charged.
NOT_NOW = (Result.DEFERRED, Blame.NOBODY)  # Try again later.
ADDRESS = (Result.FAILED, Blame.ADDRESS)  # There is no such mailbox: the address is suppressed.
MAILBOX = (Result.FAILED, Blame.MAILBOX)  # Full, switched off, or unclear which; nobody is suppressed.
SENDER = (Result.FAILED, Blame.SENDER)  # Us, or this message; nobody is suppressed, the mailing may be paused.


@dataclass(frozen=True)
class Row:
    """Phases, then patterns for the basic code, the enhanced one ("-" where there is none) and the words."""

    phases: str
    code: str
    enhanced: str
    words: str
    judgement: Judgement

    def fits(self, phase: Phase, answer: Reply) -> bool:
        enhanced = f"{answer.code // 100}{answer.enhanced[1:]}" if answer.enhanced else "-"
        return (
            phase in self.phases.split()
            and re.fullmatch(self.code, str(answer.code)) is not None
            and re.fullmatch(self.enhanced, enhanced) is not None
            and re.search(self.words, answer.text, re.IGNORECASE) is not None
        )


_ANY, _ALWAYS = ".*", ""

_TOO_FAST = r"at a rate|too (quickly|fast)|rate.?limit"

_ABOUT_US = (
    r"blocked using|(black|block|deny).?list|\bis listed (in|at|on|by)\b|\b(dns|r)bl\b|spamhaus|spamcop|barracuda|"
    r"reputation|banned sending|(access|mail) from (your )?ip|your ip|blocked senders|frequency limited|"
    r"unable to relay|relay(ing)?( access)?( is)? (denied|not (permitted|allowed)|prohibited)|"
    r"sender('s|s)? (address|domain|verif|denied|rejected|is (not|un))|domain of sender|"
    r"\b(spf|dkim|dmarc|ptr)\b|reverse dns|sending (limit|quota)|administrative prohibition|"
    r"policy (reason|restrict)"
)

_ABOUT_THE_MAILBOX = (
    r"no such (local )?(user|mailbox|recipient|account|address|person)|no mailbox here|unrouteable address|"
    r"(unknown|invalid) (local )?(user|mailbox|recipient|account|addressee)|does(n't| not|nt) (exist|have)|"
    r"(user|mailbox|recipient|account|addressee)( is)? "
    r"(unknown|not found|unavailable|disabled|inactive|suspended|closed|full|over quota)|"
    r"\bquota\b|storage (space|allocation)|mailbox size"
)

# fmt: off
TABLE = (
    #   phases                code   enhanced                  words               judgement
    # The server closes for its own reasons before a recipient was named; later it may be about this message.
    Row("mail",               "421", _ANY,                     _ALWAYS,            UNSENT),
    Row("mail rcpt data dot", "4..", _ANY,                     _ALWAYS,            NOT_NOW),
    # "Too many recipients", which RFC 5321 §4.5.3.1.10 wants to be taken for 452.
    Row("rcpt",               "552", r"-|5\.5\.3",             _ALWAYS,            NOT_NOW),
    # Gmail says 5.2.1 of mailboxes that are closed, and of those that get too much at the moment.
    Row("rcpt data dot",      "5..", r"5\.2\.1",               _TOO_FAST,          NOT_NOW),
    # Before the address is blamed: some servers have one code for all that they refuse.
    Row("rcpt data dot",      "5..", _ANY,                     _ABOUT_US,          SENDER),
    Row("rcpt data dot",      "5..", r"5\.1\.([1236]|10)",     _ALWAYS,            ADDRESS),
    # Of users they do not know, Outlook says 5.5.0, Yandex 5.7.1, and Yahoo a bare 554 after the body.
    Row("rcpt data dot",      "5..", _ANY,                     _ABOUT_THE_MAILBOX, MAILBOX),
    Row("rcpt data dot",      "5..", r"5\.2\..*",              _ALWAYS,            MAILBOX),
    Row("rcpt",               "5..", r"5\.[3567]\..*|5\.1\.[78]", _ALWAYS,         SENDER),
    # It names this recipient, but not whether it is the address that is wrong; so does Outlook's 5.4.1.
    Row("rcpt",               "5..", _ANY,                     _ALWAYS,            MAILBOX),
    # Our address at MAIL, our message at DATA and at the dot.
    Row("mail data dot",      "5..", _ANY,                     _ALWAYS,            SENDER),
)
# fmt: on

# Some servers write `#5.1.0` or, at the end, `(#5.1.1)` instead of beginning with the code (RFC 2034 §4).
_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})(?=[\s:]|$)|#([245]\.\d{1,3}\.\d{1,3})(?![\d.])", re.MULTILINE)
_AN_ADDRESS = re.compile(r"\S+@\S+")
_CODES = range(200, 600)


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


def consent(code: int, text: bytes) -> str:
    """The words of an acceptance, which nobody has to take apart: on one line, as `reply` has them."""
    if text.isascii() and len(text) <= LONGEST and (words := text.decode()).isprintable():
        return f"{code} {words}"
    return str(reply(code, text))


def judge(phase: Phase, answer: Reply) -> Judgement:
    """What follows from a refusal in this phase; an answer that is none is as good as no answer."""
    no_answer = (Result.UNKNOWN if phase is Phase.DOT else Result.UNSENT), Blame.NOBODY
    # Nobody is judged by how they are called: `<barracuda@fish.example>: User unknown` says nothing about us.
    heard = answer._replace(text=_AN_ADDRESS.sub("", answer.text))
    return next((row.judgement for row in TABLE if row.fits(phase, heard)), no_answer)
