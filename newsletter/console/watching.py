"""The figures of one edition while it goes out, and who counts them when.

To count a million deliveries takes seconds. So those of a large edition are counted beside: no page waits for it,
each says as of when its figures are, and the first one that there are none yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from newsletter.console.words import decimal
from newsletter.core.clock import now
from newsletter.core.pacing import Answer, Glance, Paced
from newsletter.core.words import said
from newsletter.delivery.models import MailingState
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import Reason, SlowDomain, reasons
from newsletter.delivery.queries.watching import Pulse, pulse, slow_domains

AT_ONCE = 20_000
"""So many deliveries are counted while the page waits."""

PATIENCE = 0.03
"""Seconds that a page waits for each of the two things that are asked beside."""

WORDS_SECONDS = 3.0


class Words(NamedTuple):
    """What servers said: where it is slow, and why deliveries were not accepted."""

    slow: Sequence[SlowDomain]
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class Seen:
    """A mailing as its page shows it; `problem` is why it is paused, `left` how long the rest takes or None.

    `pulse` is None while a large one is counted for the first time, `words` while they are read for the first time
    or, because it has ended, for the last. `counted_at` is when it was counted, None for this very moment.
    """

    state: MailingState
    problem: str
    audience: int
    pulse: Pulse | None
    counted_at: datetime | None
    words: Words | None
    next_due_at: datetime | None
    gives_up_at: datetime
    took: timedelta | None

    @property
    def figures(self) -> Mapping[str, int]:
        """The states in the order people read them; they sum to the audience. None before it is counted."""
        return {status.value: self.pulse.ledger.count(status) for status in _ORDER} if self.pulse else {}

    @property
    def done(self) -> int:
        return self.pulse.ledger.audience - self.pulse.ledger.open if self.pulse else 0

    @property
    def is_final(self) -> bool:
        """Whether it is known that nothing is open, and all that was said of it."""
        return self.pulse is not None and not self.pulse.ledger.open and self.words is not None

    @property
    def took_words(self) -> str:
        """Hours, minutes and seconds; shorter ones in tenths of a second."""
        seconds = self.took.total_seconds() if self.took else 0.0
        if seconds < 60:  # noqa: PLR2004 - a minute.
            return said("%(seconds)s s", seconds=decimal(seconds))
        return str(timedelta(seconds=round(seconds)))

    @property
    def left(self) -> timedelta | None:
        seconds = self.pulse.seconds_left if self.pulse else None
        return timedelta(seconds=round(seconds)) if seconds is not None else None


_ORDER = (
    *(Status.ACCEPTED, Status.DEFERRED, Status.FAILED, Status.SKIPPED),
    *(Status.CANCELLED, Status.UNKNOWN, Status.QUEUED, Status.LEASED),
)


class Watch(Protocol):
    """One mailing's figures, each asked for as often as its price allows."""

    def look(self) -> tuple[Answer[Pulse] | None, Answer[Words] | None]:
        """The newest figures, and what servers said to them; None for what is not known yet."""


class SmallWatch:
    """Asked while one waits."""

    def __init__(self, mailing_id: int) -> None:
        self._pulse = Paced(lambda: pulse(mailing_id))
        self._words = Paced(lambda: _words(mailing_id), WORDS_SECONDS)
        self._was_open = True

    def look(self) -> tuple[Answer[Pulse], Answer[Words]]:
        seen = self._pulse.refresh()
        # The last words are told with the last figures, not a few seconds later.
        has_just_ended = self._was_open and not seen.ledger.open
        self._was_open = bool(seen.ledger.open)
        heard = self._words.ask_now() if has_just_ended else self._words.refresh()
        return Answer(seen, now()), Answer(heard, now())


class LargeWatch:
    """Asked beside."""

    def __init__(self, mailing_id: int, patience: float) -> None:
        self._pulse = Glance(lambda: pulse(mailing_id))
        self._words = Glance(lambda: _words(mailing_id), WORDS_SECONDS)
        self._patience = patience
        self._ended_at: datetime | None = None

    def look(self) -> tuple[Answer[Pulse] | None, Answer[Words] | None]:
        seen = self._pulse.look(self._patience)
        if seen is None or seen.value.ledger.open:
            self._ended_at = None
        elif self._ended_at is None:
            self._ended_at = seen.at
        return seen, self._words.look(self._patience, self._ended_at)


def _words(mailing_id: int) -> Words:
    return Words(slow_domains(mailing_id), reasons(mailing_id))
