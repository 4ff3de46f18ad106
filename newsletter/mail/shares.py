"""Who of several backends may take the next messages, so that each sends its weight's part."""

from threading import Lock


class Shares:
    """Shared by the senders of one process; a backend's turn is how much it sent, divided by its weight.

    A backend may be ahead of the one that is furthest behind by `lead` messages of its own, so that none waits for
    every single message of another. Who rests does not count, and begins again beside the others.
    """

    def __init__(self, weights: dict[str, int], lead: int) -> None:
        self._weights = weights
        self._lead = lead
        self._turns: dict[str, float] = {}
        self._refused: set[str] = set()
        self._lock = Lock()

    def room(self, name: str, wanted: int) -> int:
        """How many of so many this backend may take now; asking means that it does not rest."""
        with self._lock:
            turn = self._turns.setdefault(name, min(self._turns.values(), default=0.0))
            others = [other for key, other in self._turns.items() if key != name]
            if not others:
                return wanted
            ahead = (turn - min(others)) * self._weights[name]
            return max(0, min(wanted, int(self._lead - ahead)))

    def took(self, name: str, how_many: int) -> None:
        """It sent so many."""
        with self._lock:
            self._refused.discard(name)
            if name in self._turns:
                self._turns[name] += how_many / self._weights[name]

    def refused(self, name: str) -> bool:
        """It lets nobody in; whether by now none of them does."""
        with self._lock:
            self._refused.add(name)
            return self._refused == set(self._weights)

    def rests(self, name: str) -> None:
        """It cannot send now; the others need not wait for it."""
        with self._lock:
            self._turns.pop(name, None)
