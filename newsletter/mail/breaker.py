"""A circuit breaker: after several failures in a row nothing is tried for a while, then one probe at a time."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How many failures in a row open the breaker, and how long it then rests: from first to longest, doubling."""

    failures: int
    first: float
    longest: float


class Breaker:
    """Closed it lets everything through, open nothing, and after its rest one probe; times are monotonic."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._failures = 0
        self._rest = 0.0
        self._until = 0.0

    @property
    def is_closed(self) -> bool:
        return self._rest == 0

    @property
    def seconds_left(self) -> float:
        """How long it still rests; 0 when something may be tried."""
        return max(0.0, self._until - time.monotonic())

    def room(self, wanted: int) -> int:
        """How many of so many may be tried now."""
        if self.is_closed:
            return wanted
        return 0 if self.seconds_left else min(wanted, 1)

    def succeeded(self) -> None:
        """Close it."""
        self._failures, self._rest, self._until = 0, 0.0, 0.0

    def failed(self) -> None:
        """Count a failure; a failed probe opens it again, for twice as long."""
        self._failures += 1
        if self._failures >= self._patience.failures or not self.is_closed:
            self._rest = min(max(self._rest * 2, self._patience.first), self._patience.longest)
            self._until = time.monotonic() + self._rest
