"""A broker that only writes down what it is asked."""


class NotedCalls:
    """`station.Calls`: each call is kept; `lengths` says how many wait in the queue of a task."""

    def __init__(self, **lengths: int) -> None:
        self.made: list[tuple[str | int, ...]] = []
        self._lengths = lengths

    def call(self, task: str, *arguments: int | str) -> None:
        self.made.append((task, *arguments))

    def waiting(self, task: str) -> int:
        return self._lengths.get(task, 0)


class NoBroker:
    """`station.Calls` that nobody answers."""

    def call(self, task: str, *arguments: int | str) -> None:
        raise OSError(task, arguments)

    def waiting(self, task: str) -> int:
        raise OSError(task)
