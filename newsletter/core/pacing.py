"""Asking something again and again, without taking more than a small share of the time for it."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from newsletter.core.db import reading

SHARE = 10
"""A question is not asked again before so many times as long as its last answer took have gone by."""

CHEAP = 0.05
"""Seconds; an answer that took less than this costs nobody anything."""

T = TypeVar("T")


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
        ended = time.monotonic()
        took = ended - began
        self._due_at = ended + max(self._seconds, SHARE * took if took > CHEAP else 0.0)
        return answer
