"""`python -m newsletter.bench.visiting PORT CONNECTIONS SECONDS FILE`: sends the requests of a file, in order.

Each connection is kept, and sends its next request when the last one was answered. It says `ready`, waits for a
line, and prints as JSON how many answers of each status came in how many seconds, how long they took, and how
many requests had no answer.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

BETWEEN = b"\0"
"""Stands between two requests in the file."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass
class _Book:
    """What is left to be asked until `ends_at`, and what was answered."""

    requests: Iterator[bytes]
    ends_at: float
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lost: int = 0

    def find_next(self) -> bytes | None:
        return next(self.requests, None) if time.perf_counter() < self.ends_at else None


class _Visitor(asyncio.Protocol):
    """One connection."""

    def __init__(self, book: _Book, is_done: asyncio.Future[None]) -> None:
        self._book = book
        self._is_done = is_done
        self._answer = b""
        self._began: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - it is a connection.
        self._line = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n")
        if not end or self._began is None or len(body) < (int(length[1]) if length else 0):
            return
        self._book.seconds.append(time.perf_counter() - self._began)
        self._book.statuses[head[9:12].decode()] += 1
        self._answer, self._began = b"", None
        self._ask()

    def connection_lost(self, _error: Exception | None) -> None:
        self._book.lost += self._began is not None
        if not self._is_done.done():
            self._is_done.set_result(None)

    def _ask(self) -> None:
        request = self._book.find_next()
        if request is None:
            self._line.close()
            return
        self._began = time.perf_counter()
        self._line.write(request)


async def _visit(port: int, connections: int, book: _Book) -> None:
    loop = asyncio.get_running_loop()
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    for each in ends:
        await loop.create_connection(lambda each=each: _Visitor(book, each), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*ends)


def main(port: int, connections: int, seconds: float, file: Path) -> None:
    requests = file.read_bytes().split(BETWEEN)
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    book = _Book(iter(requests), began + seconds)
    asyncio.run(_visit(port, connections, book))
    took, times = time.perf_counter() - began, sorted(book.seconds) or [0.0]
    said = {
        "statuses": book.statuses,
        "lost": book.lost,
        "seconds": took,
        "p50": times[len(times) // 2],
        "p95": times[int(len(times) * 0.95)],
        "cpu": time.process_time(),
    }
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))
