"""Small servers on loopback that say exactly the bytes a test wants, as slowly as it wants."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from newsletter.core.settings import HostPort

Conversation = Callable[[socket.socket], None]


@contextmanager
def serving(conversation: Conversation, *, reads_first: bool = True) -> Iterator[HostPort]:
    """A server that holds this conversation on each connection, as a rule after it read the request."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def answer(line: socket.socket) -> None:
        # Clients that had enough hang up; that is what these tests are about.
        with line, suppress(OSError):
            if reads_first:
                line.recv(65536)
            conversation(line)

    def accept() -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                thread = threading.Thread(target=answer, args=(line,), daemon=True)
                threads.append(thread)
                thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield HostPort("127.0.0.1", listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)
        for thread in threads:
            thread.join(5)


def saying(*pieces: bytes) -> Conversation:
    def say(line: socket.socket) -> None:
        for piece in pieces:
            line.sendall(piece)

    return say


def page(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A whole answer with the length of its body."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def redirect(url: str, status: str = "302 Found") -> bytes:
    return page(b"", f"Location: {url}", status=status)
