"""A socket that is charged for what it reads, so that no part of HTTP can be made endless.

A timeout of a socket starts anew with each byte, and a limit on the body says nothing about its header
lines, chunk sizes or trailers. Here each read of the connection pays from one budget.
"""

import socket
from io import BufferedReader, RawIOBase
from time import monotonic
from typing import Any

from newsletter.core.errors import FetchFailed
from newsletter.core.words import said


class Budget:
    """Seconds and bytes for one fetch with all its redirects; going over it raises."""

    def __init__(self, seconds: float, size: int) -> None:
        self._until = monotonic() + seconds
        self._size = size

    def seconds(self) -> float:
        """What is left, more than zero; raises TimeoutError if nothing is."""
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def charge(self, size: int) -> None:
        """Pay for so many bytes; raises FetchFailed if there are not so many left."""
        self._size -= size
        if self._size < 0:
            problem = said("The answer is too large.")
            raise FetchFailed(problem)


class MeteredSocket:
    """The part of a connected socket that http.client uses; whoever made the socket closes it."""

    def __init__(self, line: socket.socket, budget: Budget) -> None:
        self._line = line
        self._budget = budget

    def sendall(self, data: bytes) -> None:
        self._line.settimeout(self._budget.seconds())
        self._line.sendall(data)

    def makefile(self, _mode: str) -> BufferedReader:
        return BufferedReader(_Meter(self._line, self._budget))

    def close(self) -> None:
        """http.client closes the connection before the body was read, and trusts that it lives on."""


class _Meter(RawIOBase):
    def __init__(self, line: socket.socket, budget: Budget) -> None:
        self._line = line
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - the type that io.RawIOBase has here.
        self._line.settimeout(self._budget.seconds())
        size = self._line.recv_into(buffer)
        self._budget.charge(size)
        return size
