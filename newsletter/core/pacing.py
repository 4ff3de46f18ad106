"""Asking something again and again, without taking more than a small share of the time for it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock, Thread
from typing import Generic, TypeVar

from flask import Flask, current_app

from newsletter.core.clock import now
from newsletter.core.db import reading
from newsletter.core.logs import logger

SHARE = 10
"""A question is not asked again before so many times as long as its last answer took have gone by."""

CHEAP = 0.05
"""Seconds; an answer that took less than this costs nobody anything."""

THREAD = "glance"
"""What threads that ask beside are called."""

T = TypeVar("T")

log = logger(__name__)


class Paced(Generic[T]):
    """The newest answer to a question of the database, which is asked again only where that costs little.

    Several threads may ask: while one of them waits for the answer, the others wait for the same.
    """

    def __init__(self, ask: Callable[[], T], seconds: float = 0.0) -> None:
        """`seconds` is how long an answer is good in any case."""
        self._ask = ask
        self._seconds = seconds
        self._lock = Lock()
        self.answer = self._asked()

    @property
    def due_in(self) -> float:
        """Seconds until the question may be asked again."""
        return max(self._due_at - time.monotonic(), 0.0)

    def refresh(self) -> T:
        with self._lock:
            if not self.due_in:
                self.answer = self._asked()
            return self.answer

    def ask_now(self) -> T:
        with self._lock:
            self.answer = self._asked()
            return self.answer

    def _asked(self) -> T:
        began = time.monotonic()
        with reading():
            answer = self._ask()
        self._due_at = time.monotonic() + _rest(time.monotonic() - began, self._seconds)
        return answer


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What was the case `at` that moment, when the question was asked."""

    value: T
    at: datetime


class Glance(Generic[T]):
    """As `Paced`, for what takes seconds to answer: it is asked beside, and nobody has to wait for it.

    One thread at a time asks, in an app context of its own, and ends with the answer.
    """

    def __init__(self, ask: Callable[[], T], seconds: float = 0.0) -> None:
        """`seconds` is how long an answer is good in any case."""
        self._ask = ask
        self._seconds = seconds
        self._lock = Lock()
        self._asking: Thread | None = None
        self._answer: Answer[T] | None = None
        self._due_at = 0.0

    def look(self, patience: float, since: datetime | None = None) -> Answer[T] | None:
        """The newest answer there is after so many seconds at most; None while there never was one.

        One from before `since` is asked for anew at once, however much it has cost, and not given.
        """
        with self._lock:
            is_old = since is not None and self._answer is not None and self._answer.at < since
            if self._asking is None and (is_old or time.monotonic() >= self._due_at):
                app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's way.
                self._asking = Thread(target=self._find_out, args=(app,), name=THREAD, daemon=True)
                self._asking.start()
            asking = self._asking
        if asking is not None:
            asking.join(patience)
        found = self._answer
        return found if found is None or since is None or found.at >= since else None

    def _find_out(self, app: Flask) -> None:
        began, answer = time.monotonic(), None
        try:
            with app.app_context(), reading():
                at = now()
                answer = Answer(self._ask(), at)
        except Exception as error:  # noqa: BLE001 - whoever looks next asks again.
            log.warning("question unanswered", error=str(error))
        ended = time.monotonic()
        with self._lock:
            self._answer = answer or self._answer
            self._due_at = ended + _rest(ended - began, self._seconds)
            self._asking = None


def _rest(took: float, least: float) -> float:
    """For how many seconds it is not asked again."""
    return max(least, SHARE * took if took > CHEAP else 0.0)
