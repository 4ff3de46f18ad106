"""A door between a worker and its database that a test can shut."""

import selectors
import socket
from contextlib import suppress
from threading import Event, Lock, Thread

CHUNK = 65536


class Proxy:
    """Passes bytes between 127.0.0.1:`port` and the target, until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._lines: set[socket.socket] = set()
        self._lock = Lock()
        self._is_shut = Event()
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut(self) -> None:
        """Hang up on all, and on whoever comes, until `mend`."""
        self._is_shut.set()
        with self._lock:
            for line in self._lines:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._is_shut.clear()

    def close(self) -> None:
        self.cut()
        # This wakes the thread that waits for the next connection.
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listener.accept()
            except OSError:
                return
            if self._is_shut.is_set():
                ours.close()
                continue
            theirs = socket.create_connection(self._target)
            thread = Thread(target=self._pass, args=(ours, theirs), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _pass(self, ours: socket.socket, theirs: socket.socket) -> None:
        other = {ours: theirs, theirs: ours}
        with self._lock:
            self._lines |= {ours, theirs}
        with selectors.DefaultSelector() as selector, suppress(OSError):
            for line in other:
                selector.register(line, selectors.EVENT_READ)
            while not self._is_shut.is_set():
                for key, _ in selector.select(1.0):
                    assert isinstance(key.fileobj, socket.socket)
                    data = key.fileobj.recv(CHUNK)
                    if not data:
                        raise ConnectionError
                    other[key.fileobj].sendall(data)
        with self._lock:
            self._lines -= {ours, theirs}
        ours.close()
        theirs.close()
