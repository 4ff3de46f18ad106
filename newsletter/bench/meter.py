"""CPU time and memory of processes, with all that they started."""

import time
from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

import psutil

EVERY = 0.2
"""Seconds between two looks at the memory."""

SELDOM = 5
"""Every so many looks also at what is shared, and for new processes: that takes the machine milliseconds."""


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time up to now, of these processes and what they started."""
    total = 0.0
    for process in _family(pids):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


class Meter:
    """Watches the sum of memory within a `with` block; `add` more processes at any time."""

    def __init__(self, *pids: int) -> None:
        self._watched: dict[int, psutil.Process] = {}
        self._lock = Lock()
        self._stop = Event()
        self._thread = Thread(target=self._watch, name="meter")
        self.rss = 0
        self.pss = 0
        for pid in pids:
            self.add(pid)

    def add(self, pid: int) -> None:
        """Nothing happens when there is no such process any more."""
        with self._lock, suppress(psutil.Error):
            self._watched[pid] = psutil.Process(pid)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        for number in count():
            began = time.monotonic()
            self._look()
            if number % SELDOM == 0:
                self._look_closely()
            if self._stop.wait(max(0.0, EVERY - (time.monotonic() - began))):
                return

    def _look(self) -> None:
        with self._lock:
            watched = list(self._watched.values())
        rss = 0
        for process in watched:
            with suppress(psutil.Error):
                rss += process.memory_info().rss
        self.rss = max(self.rss, rss)

    def _look_closely(self) -> None:
        """Whom they have started since, and what they share."""
        with self._lock:
            self._watched = {process.pid: process for process in _family(self._watched)}
            watched = list(self._watched.values())
        pss = 0
        for process in watched:
            with suppress(psutil.Error):
                pss += getattr(process.memory_full_info(), "pss", 0)
        self.pss = max(self.pss, pss)


def _family(pids: Iterable[int]) -> list[psutil.Process]:
    found: dict[int, psutil.Process] = {}
    for pid in pids:
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            found[pid] = process
            found |= {child.pid: child for child in process.children(recursive=True)}
    return list(found.values())
