"""`python -m newsletter.bench.peers NAME PORT FILE MESSAGES CONNECTIONS`: other ways to send, for comparison.

Each sends the message in FILE to that many recipients, from memory: no queue, no database, no journal. It says
`ready`, waits for a line, sends, and prints as JSON when it began and ended and how much CPU time that took.
Everything but the sending itself is left out of these figures.
"""

import asyncio
import json
import smtplib
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

SENDER = "post@tidewater.example"
NAME = "bench.example"
HOST = "127.0.0.1"


def recipient(number: int) -> str:
    """The addresses are as long as those of the bench's subscribers."""
    return f"reader{number}@d{number % 1000}.example.org"


def lockstep(port: int, data: bytes, messages: int, connections: int) -> None:
    """The standard library's client, one thread for each connection."""

    def send(numbers: range) -> None:
        with smtplib.SMTP(HOST, port, local_hostname=NAME) as client:
            for number in numbers:
                client.sendmail(SENDER, recipient(number), data)

    if connections == 1:
        send(range(messages))
        return
    threads = [Thread(target=send, args=(range(each, messages, connections),)) for each in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def asynchronous(port: int, data: bytes, messages: int, connections: int) -> None:
    """aiosmtplib, one task for each connection."""
    from aiosmtplib import SMTP  # noqa: PLC0415 - the others do without it.

    async def send(numbers: range) -> None:
        async with SMTP(hostname=HOST, port=port, local_hostname=NAME, use_tls=False, start_tls=False) as client:
            for number in numbers:
                await client.sendmail(SENDER, [recipient(number)], data)

    async def send_all() -> None:
        await asyncio.gather(*(send(range(each, messages, connections)) for each in range(connections)))

    asyncio.run(send_all())


def pipelined(port: int, data: bytes, messages: int, connections: int) -> None:
    """The ceiling: the least that a client written ahead (RFC 2920) can do for a message, in Python."""
    body = data.replace(b"\r\n.", b"\r\n..") + b".\r\n"
    lines = [_Ahead(port, body, iter(range(each, messages, connections))) for each in range(connections)]
    while lines:
        lines = [line for line in lines if line.go_on()]


class _Ahead:
    """One connection: body, dot and the next envelope go in one write, then comes the next connection's turn."""

    def __init__(self, port: int, body: bytes, numbers: Iterator[int]) -> None:
        self._socket = socket.create_connection((HOST, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._body = body
        self._numbers = numbers
        self._read(1)
        self._socket.sendall(f"EHLO {NAME}\r\n".encode())
        while b"\n250 " not in b"\n" + self._hear():
            pass
        self._envelope = self._next()
        self._socket.sendall(self._envelope)
        self._expected = 3

    def go_on(self) -> bool:
        """Read what was asked for and write what may follow; whether there is more to do."""
        self._read(self._expected)
        if not self._envelope:
            self._socket.sendall(b"QUIT\r\n")
            self._socket.close()
            return False
        self._envelope = self._next()
        self._socket.sendall(self._body + self._envelope)
        self._expected = 4 if self._envelope else 1
        return True

    def _next(self) -> bytes:
        number = next(self._numbers, None)
        if number is None:
            return b""
        return f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{recipient(number)}>\r\nDATA\r\n".encode()

    def _read(self, answers: int) -> None:
        """Raises ConnectionError when the server refuses or is gone."""
        heard = b""
        while heard.count(b"\n") < answers:
            heard += self._hear()
            if heard[0] not in b"23":
                problem = f"The server answers: {heard[:100]!r}"
                raise ConnectionError(problem)

    def _hear(self) -> bytes:
        if heard := self._socket.recv(65536):
            return heard
        problem = "The server closed the connection."
        raise ConnectionError(problem)


WAYS: dict[str, Callable[[int, bytes, int, int], None]] = {
    "smtplib": lockstep,
    "aiosmtplib": asynchronous,
    "ceiling": pipelined,
}


def main(name: str, port: str, file: str, messages: str, connections: str) -> None:
    data = Path(file).read_bytes()
    print("ready", flush=True)
    sys.stdin.readline()
    before, began = time.process_time(), time.monotonic()
    WAYS[name](int(port), data, int(messages), min(int(connections), int(messages)))
    after, ended = time.process_time(), time.monotonic()
    print(json.dumps({"began": began, "ended": ended, "cpu": after - before}))


if __name__ == "__main__":
    main(*sys.argv[1:])
