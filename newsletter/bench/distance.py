"""`python -m newsletter.bench.distance PORT SECONDS`: a way to that port on which everything takes so long.

Each direction delays by SECONDS, so a question and its answer take twice that. Opening a connection is not
delayed, and bandwidth is what the machine has. What is on its way is bounded: beyond it, reading stops.
"""

import asyncio
import sys
from collections import deque

from newsletter.bench.listening import serve

MOST_UNDER_WAY = 1 << 20
"""Bytes of one direction of one connection."""


class Direction(asyncio.Protocol):
    """One end: what it hears, the other end says when the time has come."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._under_way: deque[tuple[float, bytes]] = deque()
        self._held = 0
        self._timer: asyncio.TimerHandle | None = None
        self._is_blocked = False
        self.transport: asyncio.Transport | None = None
        self.other: Direction | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP has no other.
        self.transport = transport
        if self.other:
            self.other.release()

    def data_received(self, data: bytes) -> None:
        self._hold(data)
        if self._held > MOST_UNDER_WAY and self.transport:
            self.transport.pause_reading()

    def eof_received(self) -> None:
        self._hold(b"")

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport = None
        self._hold(b"")

    def pause_writing(self) -> None:
        self._is_blocked = True

    def resume_writing(self) -> None:
        self._is_blocked = False
        if self.other:
            self.other.release()

    def release(self) -> None:
        """Pass on what is due, and come back for the rest; b"" stands for the end."""
        self._timer = None
        loop = asyncio.get_running_loop()
        while self._under_way and (out := self._way_out()):
            due, data = self._under_way[0]
            if due > loop.time():
                self._timer = loop.call_at(due, self.release)
                break
            self._under_way.popleft()
            self._held -= len(data)
            if data:
                out.write(data)
            else:
                out.close()
        if self._held <= MOST_UNDER_WAY and self.transport and not self.transport.is_closing():
            self.transport.resume_reading()

    def _hold(self, data: bytes) -> None:
        self._under_way.append((asyncio.get_running_loop().time() + self._delay, data))
        self._held += len(data)
        if self._timer is None:
            self.release()

    def _way_out(self) -> asyncio.Transport | None:
        """Where to pass it on; None while the other end is not there or has enough."""
        return self.other.transport if self.other and not self.other._is_blocked else None  # noqa: SLF001 - its twin.


class Entrance(Direction):
    """The end that clients connect to; it connects on."""

    def __init__(self, port: int, delay: float) -> None:
        super().__init__(delay)
        self._port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.other = Direction(self._delay)
        self.other.other = self
        super().connection_made(transport)
        self._connecting = asyncio.ensure_future(self._connect(self.other))

    async def _connect(self, exit_: Direction) -> None:
        await asyncio.get_running_loop().create_connection(lambda: exit_, "127.0.0.1", self._port)


if __name__ == "__main__":
    serve(lambda: Entrance(int(sys.argv[1]), float(sys.argv[2])))
