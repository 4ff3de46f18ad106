"""Editions while they go out: what a page shows of one, and the stream that keeps it true.

All of it is read from the ledger, so it is right at once after a restart of anything. However many people look at
one edition, the process asks the database no more than for one of them (`watching`). A stream takes a thread of
the web server for as long as it lasts; so few are open at a time, none for more than a minute, and who gets no
seat asks again and again instead.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from threading import BoundedSemaphore, Lock

from flask import current_app

from newsletter.console.watching import AT_ONCE, PATIENCE, LargeWatch, Seen, SmallWatch, Watch
from newsletter.core.db import reading
from newsletter.delivery.models import MailingState
from newsletter.delivery.queries import mailing, next_due
from newsletter.delivery.queries.watching import took

SEATS = 3
"""Streams at a time in one process; waitress has eight threads, and the others are for everybody else."""

STREAM_SECONDS = 60.0
LOOK_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0
"""How long a stream may be silent: by the next word it notices that nobody listens any more."""

MOST_WATCHED = 50

_LINE = re.compile(r"\r\n|\r|\n")
_KEY = "newsletter_console_watches"


class Watches:
    """Those of one process, and the seats of its streams.

    When the web server stops, it says so by `is_closing`, and each stream ends at its next look.
    """

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        # No Event, whose lock a signal handler could wait for in vain.
        self.is_closing = False
        self._at_once = at_once
        self._patience = patience
        self._seats = BoundedSemaphore(SEATS)
        self._watches: OrderedDict[int, Watch] = OrderedDict()
        self._lock = Lock()

    def look(self, mailing_id: int, retry_within: timedelta) -> Seen:
        with reading():
            audience = mailing(mailing_id).audience
        seen, said = self._watch(mailing_id, is_small=audience <= self._at_once).look()
        with reading():
            of = mailing(mailing_id)
            return Seen(
                state=MailingState(of.state),
                problem=of.problem,
                audience=of.audience,
                pulse=seen.value if seen else None,
                counted_at=seen.at if seen and audience > self._at_once else None,
                words=said.value if said else None,
                next_due_at=next_due(mailing_id),
                gives_up_at=of.tried_since + retry_within,
                took=took(of),
            )

    def take_seat(self) -> bool:
        """Whether a stream may begin; who was given a seat must leave it."""
        return self._seats.acquire(blocking=False)

    def leave_seat(self) -> None:
        self._seats.release()

    def _watch(self, mailing_id: int, *, is_small: bool) -> Watch:
        with self._lock:
            found = self._watches.pop(mailing_id, None)
            if found is not None:
                self._watches[mailing_id] = found
                return found
        # Made outside the lock: the first question about one mailing must not keep others from their answers.
        made = SmallWatch(mailing_id) if is_small else LargeWatch(mailing_id, self._patience)
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


def stream(
    parts: Callable[[], Mapping[str, str]], is_closing: Callable[[], bool], seconds: float = STREAM_SECONDS
) -> Iterator[str]:
    """The parts of a page by name, each whenever it has changed, for so long or until there is one named `over`.

    It also ends where `is_closing`. The browser comes back by itself a second after the end; it stays away after
    `over`.
    """
    yield "retry: 1000\n\n"
    sent: dict[str, str] = {}
    began = spoken = time.monotonic()
    while time.monotonic() - began < seconds and not is_closing():
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
