"""A line between two places that a test can cut."""

import selectors
import socket
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import Self

Place = tuple[str, int] | str
"""Host and port, or the path of a socket."""


class Forwarder:
    """Listens on an address and passes everything on to `target`, until it is cut."""

    def __init__(self, target: Place, host: str = "127.0.0.1") -> None:
        self._target = target
        self._listener = socket.create_server((host, 0))
        self._host = host
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._is_cut, self._stop = Event(), Event()
        self._threads = [Thread(target=self._accept, name="forwarder")]

    @property
    def place(self) -> str:
        return f"{self._host}:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Break all lines, and take no new ones."""
        self._is_cut.set()
        for pair in list(self._pairs):
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._is_cut.clear()

    def __enter__(self) -> Self:
        self._listener.settimeout(0.1)
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self.cut()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            with suppress(TimeoutError):
                near, _ = self._listener.accept()
                thread = Thread(target=self._serve, args=(near,), name="forwarded line")
                self._threads.append(thread)
                thread.start()

    def _serve(self, near: socket.socket) -> None:
        with near, suppress(OSError):
            if self._is_cut.is_set():
                return
            with self._reach() as far:
                self._pairs.add((near, far))
                try:
                    _pass_on(near, far)
                finally:
                    self._pairs.discard((near, far))

    def _reach(self) -> socket.socket:
        if not isinstance(self._target, str):
            return socket.create_connection(self._target)
        far = socket.socket(socket.AF_UNIX)
        far.connect(self._target)
        return far


def _pass_on(near: socket.socket, far: socket.socket) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(near, selectors.EVENT_READ, far)
        selector.register(far, selectors.EVENT_READ, near)
        while True:
            for key, _ in selector.select():
                received = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not received:
                    return
                key.data.sendall(received)
