"""How tests wait for what another process or thread does."""

import time
from collections.abc import Callable

PATIENCE = 150.0
"""Seconds: far longer than anything takes, as a machine may be busy with much else."""


def until(is_so: Callable[[], bool], told: Callable[[], str] = lambda: "it never came to that") -> None:
    """Raises AssertionError with what is `told` when it does not come true."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, told()
        time.sleep(0.02)
