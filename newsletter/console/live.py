"""Editions while they go out: what a page shows of one, and the stream that keeps it true.

All of it is read from the ledger, so it is right at once after a restart of anything. However many people look at
one edition, the process asks the database no more than for one of them (`core.pacing`). A stream takes a thread of
the web server for as long as it lasts; so few are open at a time, none for more than a minute, and who gets no
seat asks again and again instead.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Lock

from flask import current_app

from newsletter.core.db import reading
from newsletter.core.pacing import Paced
from newsletter.delivery.models import MailingState
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import Reason, SlowDomain, mailing, next_due, reasons
from newsletter.delivery.queries.watching import Pulse, pulse, slow_domains, took

SEATS = 3
"""Streams at a time in one process; waitress has eight threads, and the others are for everybody else."""

STREAM_SECONDS = 60.0
LOOK_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0
"""How long a stream may be silent: by the next word it notices that nobody listens any more."""

WORDS_SECONDS = 3.0
MOST_WATCHED = 50

_LINE = re.compile(r"\r\n|\r|\n")
_KEY = "newsletter_console_watches"


@dataclass(frozen=True)
class Seen:
    """A mailing as its page shows it; `problem` is why it is paused, `left` how long the rest takes or None."""

    state: MailingState
    problem: str
    pulse: Pulse
    slow: Sequence[SlowDomain]
    reasons: Sequence[Reason]
    next_due_at: datetime | None
    gives_up_at: datetime
    took: timedelta | None

    @property
    def figures(self) -> Mapping[str, int]:
        """The states in the order people read them; they sum to the audience."""
        return {status.value: self.pulse.ledger.count(status) for status in _ORDER}

    @property
    def done(self) -> int:
        return self.pulse.ledger.audience - self.pulse.ledger.open

    @property
    def took_words(self) -> str:
        """Hours, minutes and seconds; shorter ones in tenths of a second."""
        seconds = self.took.total_seconds() if self.took else 0.0
        return f"{seconds:.1f} s" if seconds < 60 else str(timedelta(seconds=round(seconds)))  # noqa: PLR2004 - a minute.

    @property
    def left(self) -> timedelta | None:
        seconds = self.pulse.seconds_left
        return timedelta(seconds=round(seconds)) if seconds is not None else None


_ORDER = (
    *(Status.ACCEPTED, Status.DEFERRED, Status.FAILED, Status.SKIPPED),
    *(Status.CANCELLED, Status.UNKNOWN, Status.QUEUED, Status.LEASED),
)


class _Watch:
    """One mailing's figures, each asked for as often as its price allows."""

    def __init__(self, mailing_id: int) -> None:
        self._pulse = Paced(lambda: pulse(mailing_id))
        self._words = Paced(lambda: (slow_domains(mailing_id), reasons(mailing_id)), WORDS_SECONDS)
        self._was_open = True

    def look(self, mailing_id: int, retry_within: timedelta) -> Seen:
        seen = self._pulse.refresh()
        # The last words are told with the last figures, not a few seconds later.
        has_just_ended = self._was_open and not seen.ledger.open
        self._was_open = bool(seen.ledger.open)
        slow, why = self._words.ask_now() if has_just_ended else self._words.refresh()
        with reading():
            of = mailing(mailing_id)
            return Seen(
                state=MailingState(of.state),
                problem=of.problem,
                pulse=seen,
                slow=slow,
                reasons=why,
                next_due_at=next_due(mailing_id),
                gives_up_at=of.tried_since + retry_within,
                took=took(of),
            )


class Watches:
    """Those of one process, and the seats of its streams."""

    def __init__(self) -> None:
        self._seats = BoundedSemaphore(SEATS)
        self._watches: OrderedDict[int, _Watch] = OrderedDict()
        self._lock = Lock()

    def look(self, mailing_id: int, retry_within: timedelta) -> Seen:
        return self._watch(mailing_id).look(mailing_id, retry_within)

    def take_seat(self) -> bool:
        """Whether a stream may begin; who was given a seat must leave it."""
        return self._seats.acquire(blocking=False)

    def leave_seat(self) -> None:
        self._seats.release()

    def _watch(self, mailing_id: int) -> _Watch:
        with self._lock:
            found = self._watches.pop(mailing_id, None)
            if found is not None:
                self._watches[mailing_id] = found
                return found
        # Made outside the lock: the first question about one mailing must not keep others from their answers.
        made = _Watch(mailing_id)
        with self._lock:
            watch = self._watches.setdefault(mailing_id, made)
            while len(self._watches) > MOST_WATCHED:
                self._watches.popitem(last=False)
        return watch


def watches() -> Watches:
    """Those of the running app."""
    held: Watches = current_app.extensions.setdefault(_KEY, Watches())
    return held


def event(name: str, text: str) -> str:
    """One server-sent event (HTML §9.2.5); no line of the text can become a field of its own."""
    lines = "".join(f"data: {line}\n" for line in _LINE.split(text))
    return f"event: {name}\n{lines}\n"


def stream(parts: Callable[[], Mapping[str, str]], seconds: float = STREAM_SECONDS) -> Iterator[str]:
    """The parts of a page by name, each whenever it has changed, for so long or until there is one named `over`.

    The browser comes back by itself a second after the end; it stays away after `over`.
    """
    yield "retry: 1000\n\n"
    sent: dict[str, str] = {}
    began = spoken = time.monotonic()
    while time.monotonic() - began < seconds:
        for name, text in parts().items():
            if sent.get(name) != text:
                sent[name], spoken = text, time.monotonic()
                yield event(name, text)
        if "over" in sent:
            return
        if time.monotonic() - spoken >= HEARTBEAT_SECONDS:
            spoken = time.monotonic()
            yield ": still here\n\n"
        time.sleep(LOOK_SECONDS)
