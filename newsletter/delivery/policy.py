"""What follows from an outcome: which state, when again, and who else must hear of it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.core.settings import OnUnknown
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


FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=3)
EXPIRY = timedelta(hours=48)
"""How long a mailing's deliveries are tried; RFC 5321 §4.5.4.1 leaves it to us, and news grows old."""

RECONNECT = timedelta(seconds=30)
"""How long a delivery rests whose connection broke before the dot; the recipient is not charged."""

FEWEST_REFUSED = 5
LARGEST_SHARE_REFUSED = 0.05
"""When so many recipients' servers blame us, the mailing is paused: going on would make it worse."""


@dataclass(frozen=True)
class Standing:
    """What is known of a delivery before the outcome; `queued_at` is the mailing's birth."""

    attempts: int
    unknowns: int
    queued_at: datetime


@dataclass(frozen=True)
class Verdict:
    """The delivery's next state; `due_at` None when it has ended."""

    status: Status
    due_at: datetime | None
    attempts: int
    unknowns: int
    suppresses: bool


def verdict(outcome: Outcome, standing: Standing, now: datetime, on_unknown: OnUnknown) -> Verdict:
    """What becomes of the delivery.

    UNSENT charges nobody. UNKNOWN is sent once more at most, with the same Message-ID (RFC 1047), or held.
    """
    attempts = standing.attempts + (outcome.result is not Result.UNSENT)
    unknowns = standing.unknowns + (outcome.result is Result.UNKNOWN)
    status, due_at = _next(outcome, attempts, unknowns, now, on_unknown)
    if due_at and now - standing.queued_at >= EXPIRY:
        status, due_at = (Status.UNKNOWN if outcome.result is Result.UNKNOWN else Status.FAILED), None
    return Verdict(
        status,
        due_at,
        attempts,
        unknowns,
        suppresses=outcome.result is Result.FAILED and outcome.blame is Blame.ADDRESS,
    )


def _next(
    outcome: Outcome, attempts: int, unknowns: int, now: datetime, on_unknown: OnUnknown
) -> tuple[Status, datetime | None]:
    match outcome.result:
        case Result.ACCEPTED:
            return Status.ACCEPTED, None
        case Result.UNSENT:
            return Status.QUEUED, now + RECONNECT
        case Result.UNKNOWN if on_unknown == "resend_once" and unknowns == 1:
            return Status.QUEUED, now
        case Result.UNKNOWN:
            return Status.UNKNOWN, None
        case Result.FAILED if not pauses_at_once(outcome):
            return Status.FAILED, None
        case _:
            # Deferred, or we ourselves were refused before the recipient was named, and nobody pays for that.
            return Status.DEFERRED, now + wait(attempts, outcome.key)


def wait(attempts: int, key: int) -> timedelta:
    """The pause before the next attempt: doubling from 5 minutes to 3 hours, spread by a quarter either way.

    `key` spreads deliveries that were deferred together; the same key and attempt always give the same pause.
    """
    base = min(FIRST_WAIT * float(2 ** min(attempts - 1, 10)), LONGEST_WAIT)
    # Knuth's multiplicative hash: neighbours land far apart.
    spread = ((key * 2654435761 + attempts * 40503) % 1000) / 1000 - 0.5
    return base * (1 + spread / 2)


def must_pause(refused: int, handed_over: int) -> bool:
    """Whether so many were refused because of us that sending on would do harm."""
    return refused >= FEWEST_REFUSED and refused > LARGEST_SHARE_REFUSED * handed_over


def pauses_at_once(outcome: Outcome) -> bool:
    """Whether the refusal was about our own sender address, before any recipient was named."""
    return outcome.phase is Phase.MAIL and outcome.blame is Blame.SENDER
