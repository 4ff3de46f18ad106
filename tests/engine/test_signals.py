"""A signal may come at any moment, also while the one before is being answered or somebody waits for it."""

import gc
import signal
from collections.abc import Iterator
from threading import Event

import pytest

from newsletter.engine import supervisor
from newsletter.engine.worker import stop_on_signals


class Interrupted(Event):
    """Is told to stop by a second signal while the first one is setting it."""

    times = 0

    def set(self) -> None:
        self.times += 1
        signal.raise_signal(signal.SIGTERM)
        super().set()


class Unwaited(Event):
    """Must not be waited for by the thread whose signal handlers set it."""

    def wait(self, timeout: float | None = None) -> bool:
        problem = f"somebody waits {timeout} seconds with its lock in hand"
        raise AssertionError(problem)


@pytest.fixture
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_handlers")
def test_a_second_signal_within_the_first_counts_as_the_same() -> None:
    stop = Interrupted()
    stop_on_signals(stop)

    signal.raise_signal(signal.SIGTERM)

    assert stop.is_set()
    assert stop.times == 1


def test_who_supervises_holds_no_lock_that_a_handler_needs() -> None:
    stop = Unwaited()
    stop.set()

    assert supervisor.supervise({}, print, stop, None) == 0
    gc.unfreeze()
