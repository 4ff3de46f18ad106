"""What follows from an outcome: which state, when again, and who else must hear of it. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from newsletter.core.settings import OnUnknown, Settings
from newsletter.core.words import said
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result


class Status(StrEnum):
    """The arrows between them are in docs/delivery.md."""

    QUEUED = "queued"
    LEASED = "leased"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


WAITING = (Status.QUEUED, Status.DEFERRED)
"""Not in anybody's hands; a worker may lease it when it is due."""

OPEN = (*WAITING, Status.LEASED)
"""Something will still happen; a mailing without any is finished."""

MISSED = frozenset({Status.FAILED, Status.UNKNOWN})
"""Ends that an operator may undo; every other end is for good."""

RECONNECT = timedelta(seconds=30)
"""How long a delivery rests whose connection broke before the dot; the recipient is not charged."""

FEWEST_REFUSED = 5
LARGEST_SHARE_REFUSED = 0.05
"""When so many recipients' servers blame us, the mailing is paused: going on would make it worse."""


class CanaryState(StrEnum):
    """`first → watched → passed | stopped`: the first share goes out, then it is watched for a while."""

    FIRST = "first"
    WATCHED = "watched"
    PASSED = "passed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class CanaryRule:
    """A part of the audience goes first, `least` at least, and is watched for `wait`.

    The rest goes unless more than `most` of them fail, are deferred, or complain; both shares are from 0 to 1.
    """

    share: float
    least: int
    wait: timedelta
    most: float

    def size(self, audience: int) -> int:
        """How many go first; 0 where that would be everybody."""
        first = max(self.least, ceil(self.share * audience))
        return first if first < audience else 0


@dataclass(frozen=True)
class RetryPolicy:
    """When a delivery is tried again: the first wait, the longest one, and how long it is tried at all.

    RFC 5321 §4.5.4.1 advises half an hour and four to five days, and leaves both to us; news grows old.
    """

    first: timedelta = timedelta(minutes=5)
    longest: timedelta = timedelta(hours=3)
    expiry: timedelta = timedelta(hours=48)


@dataclass(frozen=True)
class Rules:
    """What the operator has decided."""

    retry: RetryPolicy = RetryPolicy()
    on_unknown: OnUnknown = "resend_once"


def rules_of(settings: Settings) -> Rules:
    """As the settings say."""
    retry = RetryPolicy(settings.retry_first, settings.retry_longest, settings.retry_within)
    return Rules(retry, settings.on_unknown)


@dataclass(frozen=True)
class Standing:
    """What is known of a delivery before the outcome; `queued_at` is when its mailing was queued, last."""

    attempts: int
    unknowns: int
    queued_at: datetime


@dataclass(frozen=True)
class Verdict:
    """The delivery's next state; `due_at` None when it has ended; `stays`: no other backend may take it."""

    status: Status
    due_at: datetime | None
    attempts: int
    unknowns: int
    suppresses: bool
    stays: bool


def verdict(outcome: Outcome, standing: Standing, now: datetime, rules: Rules) -> Verdict:
    """What becomes of the delivery.

    UNSENT charges nobody. UNKNOWN is sent once more at most, with the same Message-ID (RFC 1047), or held.
    """
    attempts = standing.attempts + (outcome.result is not Result.UNSENT)
    unknowns = standing.unknowns + (outcome.result is Result.UNKNOWN)
    status, due_at = _next(outcome, attempts, unknowns, now, rules)
    if due_at and now - standing.queued_at >= rules.retry.expiry:
        status, due_at = (Status.UNKNOWN if outcome.result is Result.UNKNOWN else Status.FAILED), None
    return Verdict(
        status,
        due_at,
        attempts,
        unknowns,
        suppresses=outcome.result is Result.FAILED and outcome.blame is Blame.ADDRESS,
        stays=unknowns > 0 and rules.on_unknown == "resend_once",
    )


def _next(
    outcome: Outcome, attempts: int, unknowns: int, now: datetime, rules: Rules
) -> tuple[Status, datetime | None]:
    match outcome.result:
        case Result.ACCEPTED:
            return Status.ACCEPTED, None
        case Result.UNSENT:
            return Status.QUEUED, now + min(RECONNECT, rules.retry.first)
        case Result.UNKNOWN if rules.on_unknown != "hold" and unknowns == 1:
            return Status.QUEUED, now
        case Result.UNKNOWN:
            return Status.UNKNOWN, None
        case Result.FAILED if not pauses_at_once(outcome):
            return Status.FAILED, None
        case _:
            # Deferred, or we ourselves were refused before the recipient was named, and nobody pays for that.
            return Status.DEFERRED, now + wait(attempts, outcome.key, rules.retry)


def wait(attempts: int, key: int, retry: RetryPolicy) -> timedelta:
    """The pause before the next attempt: doubling from the first to the longest, spread by a quarter either way.

    `key` spreads deliveries that were deferred together; the same key and attempt always give the same pause.
    """
    base = min(retry.first * float(2 ** min(attempts - 1, 20)), retry.longest)
    # Knuth's multiplicative hash: neighbours land far apart.
    spread = ((key * 2654435761 + attempts * 40503) % 1000) / 1000 - 0.5
    return base * (1 + spread / 2)


def must_pause(refused: int, handed_over: int) -> bool:
    """Whether so many were refused because of us that sending on would do harm."""
    return refused >= FEWEST_REFUSED and refused > LARGEST_SHARE_REFUSED * handed_over


def pauses_at_once(outcome: Outcome) -> bool:
    """Whether the refusal was about our own sender address, before any recipient was named."""
    return outcome.phase is Phase.MAIL and outcome.blame is Blame.SENDER


# 450, 452 and 552 are about one mailbox (RFC 5321 §4.2.3), unless the enhanced code names the system or a policy.
_ABOUT_THE_MAILBOX = re.compile(r"(450|452|552)(?! [45]\.[347]\.)|\d{3} [45]\.(1|2|5\.3)\b")


def is_about_the_domain(outcome: Outcome) -> bool:
    """Whether it says something against all mailboxes there: "not now", or no answer about the recipient.

    Full mailboxes and grey-listed senders say nothing of the others.
    """
    if outcome.result is Result.UNSENT:
        return outcome.phase is Phase.RCPT
    return outcome.result is Result.DEFERRED and not _ABOUT_THE_MAILBOX.match(outcome.words)


class Cause(StrEnum):
    """Why a delivery stands where it does, in the few classes that an operator can do something about."""

    ADDRESS = "address"
    MAILBOX = "mailbox"
    SENDER = "sender"
    NOT_NOW = "not now"
    EXPIRED = "expired"
    UNABLE = "unable"
    UNKNOWN = "unknown"
    AGAIN = "again"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    NOTHING = "nothing for them"


ADVICE = {
    Cause.ADDRESS: said("There is no such mailbox: the address is suppressed and gets no mail any more."),
    Cause.MAILBOX: said(
        "The mailbox is full, switched off or unknown: the next edition tries it again, or `resend`."
    ),
    Cause.SENDER: said("We are refused, not the readers: mend what the servers name, then `resume` and `resend`."),
    Cause.NOT_NOW: said('The servers said "not now": it is tried again by itself.'),
    Cause.EXPIRED: said("It was tried as long as the settings allow: the next edition tries again, or `resend`."),
    Cause.UNABLE: said("The mail server cannot write to such an address: the next edition tries it again."),
    Cause.UNKNOWN: said("Nobody can tell whether they have it: `resend` may bring them a second copy."),
    Cause.AGAIN: said("It goes out again by itself."),
    Cause.CANCELLED: said("They left, or the mailing was cancelled: they get nothing."),
    Cause.SUPPRESSED: said("They must not be mailed; `subscriber show` says why."),
    Cause.NOTHING: said("Nothing in it is for them, by what they follow or had already; nothing is to be done."),
}
"""One sentence for each: what follows, or what to do."""

_BY_STATUS: dict[str, Cause] = {
    Status.QUEUED: Cause.AGAIN,
    Status.LEASED: Cause.AGAIN,
    Status.UNKNOWN: Cause.UNKNOWN,
    Status.CANCELLED: Cause.CANCELLED,
    Status.SKIPPED: Cause.SUPPRESSED,
}
_BY_BLAME: dict[str | None, Cause] = {
    Blame.ADDRESS: Cause.ADDRESS,
    Blame.MAILBOX: Cause.MAILBOX,
    Blame.SENDER: Cause.SENDER,
}


IS_SUPPRESSED = "the address is suppressed"
"""The words of a delivery that the lease skipped; other words are of who had nothing to get from the beginning."""


def cause(status: str, result: str | None, blame: str | None, words: str = IS_SUPPRESSED) -> Cause:
    """Of a delivery in this state, whose last attempt ended like this; None when there was none.

    The first three are values of Status, Result and Blame, as they are kept.
    """
    if status == Status.SKIPPED and words != IS_SUPPRESSED:
        return Cause.NOTHING
    if found := _BY_STATUS.get(status) or _BY_BLAME.get(blame):
        return found
    if status == Status.DEFERRED:
        return Cause.NOT_NOW
    return Cause.UNABLE if result == Result.FAILED else Cause.EXPIRED


_VOLATILE = tuple(
    (re.compile(pattern, re.IGNORECASE), stand_in)
    for pattern, stand_in in (
        (r"<?[^\s<>()\[\]@,;:]+@[^\s<>()\[\],;:]*[^\s<>()\[\],;:.]>?", "<address>"),
        (r"\b\d{4}-\d\d-\d\d[t ]\d\d:\d\d\S*|\b\d\d?:\d\d:\d\d\b", "<time>"),
        (r"\b\d{1,3}(\.\d{1,3}){3}\b", "<ip>"),
        (r"(?<![\w:])([0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}(?![\w:])", "<ip>"),
        # A machine of many: `mta1234.mail.example.org`.
        (r"\b(?=[\w.-]*\d)(?=[\w.-]*[a-z])[\w-]+(\.[\w-]+){2,}\b", "<host>"),
        # A queue's or a session's number: eight characters at least, letters and two digits among them.
        (r"\b(?=[\w=+-]*[a-z])(?=([\w=+-]*\d){2})[\w=+-]{8,}(\.\w+)*", "<id>"),
        (r"\b\d+(?=\s?(s|sec|seconds?|min|minutes?|hours?)\b)|\b\d{4,}\b", "<n>"),
    )
)


def gist(words: str) -> str:
    """A server's words without what differs by message, so that one reason reads the same each time."""
    for pattern, stand_in in _VOLATILE:
        words = pattern.sub(stand_in, words)
    return words
