"""Stand-ins for the outside: a mail server that does as it is told, and a journal that remembers."""

import hashlib
import json
import os
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from newsletter.mail.outcomes import Outcome


class Close:
    """Hang up."""


class Reset:
    """Hang up as a crashed machine does."""


@dataclass(frozen=True)
class Wait:
    """Say nothing for so long."""

    seconds: float


Action = bytes | Close | Reset | Wait
"""Bytes are sent as they are, so a script can also say what no server would."""

Script = Mapping[str, Sequence[Action]]
"""What to do at greeting, ehlo, starttls, auth, mail, rcpt, data, body (after its first line), dot, rset, quit."""

_USUAL: dict[str, bytes] = {
    "greeting": b"220 fake.example ready\r\n",
    "starttls": b"220 2.0.0 go ahead\r\n",
    "auth": b"235 2.7.0 welcome\r\n",
    "mail": b"250 2.1.0 sender fine\r\n",
    "rcpt": b"250 2.1.5 recipient fine\r\n",
    "data": b"354 go ahead\r\n",
    "dot": b"250 2.0.0 taken\r\n",
    "rset": b"250 2.0.0 forgotten\r\n",
    "quit": b"221 2.0.0 bye\r\n",
}

_CODE = re.compile(r"(?:tempfail-|permfail-)?(\d{3})(?:-(\d)-(\d+)-(\d+))?(?:-at-(rcpt|data|dot))?")


def orders_of(local: str) -> Script:
    """What a recipient's local part asks for; what follows a plus sign only makes it another recipient.

    `tempfail-451`, `permfail-550-5-1-1`, `421`, each also with `-at-dot` or `-at-data`, answer with that code;
    `drop-mid-body`, `drop-after-dot`, `reset-after-dot`, `drop-after-250`, `silent-after-dot` and
    `garbage`, `garbage-at-dot` speak for themselves.
    """
    local = local.partition("+")[0].lower()
    known: dict[str, Script] = {
        "drop-mid-body": {"body": [Close()]},
        "drop-after-dot": {"dot": [Close()]},
        "reset-after-dot": {"dot": [Reset()]},
        "drop-after-250": {"dot": [_USUAL["dot"], Close()]},
        "silent-after-dot": {"dot": [Wait(60), Close()]},
        "garbage": {"rcpt": [b"\xff\x00what was that?\r\n"]},
        "garbage-at-dot": {"dot": [b"\xff\x00what was that?\r\n"]},
    }
    if found := _CODE.fullmatch(local):
        code, *enhanced, phase = found.groups()
        words = " ".join(part for part in (code, ".".join(filter(None, enhanced)), "as ordered") if part)
        closing: list[Action] = [Close()] if code == "421" else []
        return {phase or "rcpt": [f"{words}\r\n".encode(), *closing]}
    return known.get(local, {})


@dataclass(frozen=True)
class Received:
    """One message the server promised to deliver (it wrote 250), with the dots unstuffed."""

    sender: str
    recipient: str
    data: bytes

    @property
    def message_id(self) -> str:
        found = re.search(rb"^Message-ID: (\S+)", self.data, re.MULTILINE)
        return found[1].decode() if found else ""


@dataclass
class SmtpServer:
    """A scripted server on a port of 127.0.0.1; a thread for each connection.

    `received` are the messages it answered with 250, each written to the file `ledger`, if there is one, and
    on the disk before the 250 is. `swallowed` are those whose dot it read and did not answer with 250.
    """

    script: Script = field(default_factory=dict)
    extensions: Sequence[str] = ("8BITMIME", "SMTPUTF8", "SIZE 10000000")
    certificate: ssl.SSLContext | None = None
    speaks_tls_at_once: bool = False
    ledger: Path | None = None
    received: list[Received] = field(default_factory=list)
    swallowed: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopping = threading.Event()
        self.port = int(self._listener.getsockname()[1])
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        # This also wakes the thread that waits for the next connection.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def wait(self, seconds: float) -> None:
        """Sleep, but no longer than the server lives."""
        self._stopping.wait(seconds)

    def keep(self, message: Received) -> None:
        """Write down, durably, that it will be delivered."""
        with self._lock:
            self.received.append(message)
            if self.ledger:
                entry = {
                    "recipient": message.recipient,
                    "message_id": message.message_id,
                    "sha256": hashlib.sha256(message.data).hexdigest(),
                    "at": time.monotonic(),
                }
                with self.ledger.open("a") as file:
                    file.write(json.dumps(entry) + "\n")
                    file.flush()
                    os.fsync(file.fileno())

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            line.settimeout(20)
            self.connections += 1
            self._lines.append(line)
            thread = threading.Thread(target=_Conversation(self, line).run, daemon=True)
            self._threads.append(thread)
            thread.start()


class _HungUp(Exception):
    pass


class _Conversation:
    def __init__(self, server: SmtpServer, line: socket.socket) -> None:
        self._server = server
        self._line = line
        self._reader = line.makefile("rb")
        self._orders: Script = {}
        self._sender = self._recipient = ""

    def run(self) -> None:
        try:
            with suppress(_HungUp, OSError):
                if self._server.speaks_tls_at_once:
                    self._encrypt()
                self._talk()
        finally:
            self._reader.close()
            self._line.close()

    def _talk(self) -> None:
        self._do("greeting")
        while True:
            line = self._read().decode("utf-8", "replace").rstrip("\r\n")
            self._server.commands.append(line)
            verb = line.lower().partition(" ")[0]
            self._note(verb, line[line.find("<") + 1 : line.rfind(">")])
            agreed = self._do("ehlo" if verb == "helo" else verb)
            if verb == "quit":
                raise _HungUp
            if agreed and verb == "data":
                self._body()
            elif agreed and verb == "starttls":
                self._encrypt()

    def _note(self, verb: str, address: str) -> None:
        if verb == "mail":
            self._orders, self._sender = {}, address
        elif verb == "rcpt":
            self._orders, self._recipient = orders_of(address.partition("@")[0]), address

    def _body(self) -> None:
        lines = [self._read()]
        for action in self._planned("body"):
            self._perform(action)
        while lines[-1] != b".\r\n":
            lines.append(self._read())
        data = b"".join(line.removeprefix(b".") for line in lines[:-1])
        message = Received(self._sender, self._recipient, data)
        answer = self._planned("dot")[0]
        if isinstance(answer, bytes) and answer.startswith(b"250"):
            self._server.keep(message)
        else:
            self._server.swallowed.append(message)
        self._do("dot")

    def _planned(self, phase: str) -> Sequence[Action]:
        usual = _USUAL.get(phase, b"" if phase == "body" else b"500 5.5.1 what?\r\n")
        if phase == "ehlo":
            words = ["fake.example", *self._server.extensions]
            usual = "".join(
                f"250{'-' if each < len(words) else ' '}{word}\r\n" for each, word in enumerate(words, 1)
            ).encode()
        return self._orders.get(phase) or self._server.script.get(phase) or [usual]

    def _do(self, phase: str) -> bool:
        """Whether the answer was one of consent."""
        said = b""
        for action in self._planned(phase):
            said = self._perform(action) or said
        return said[:1] in {b"2", b"3"}

    def _perform(self, action: Action) -> bytes:
        match action:
            case bytes():
                self._line.sendall(action)
                return action
            case Wait(seconds):
                self._server.wait(seconds)
                return b""
            case Reset():
                self._line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise _HungUp

    def _encrypt(self) -> None:
        assert self._server.certificate
        self._line = self._server.certificate.wrap_socket(self._line, server_side=True)
        # Whatever was said in clear before does not count (RFC 3207 §4.2).
        self._reader = self._line.makefile("rb")

    def _read(self) -> bytes:
        line = self._reader.readline()
        if not line.endswith(b"\n"):
            raise _HungUp
        return line


@dataclass
class RecordingJournal:
    """Remembers what it was told, in order; `is_full` lets it refuse to write down a dot."""

    entries: list[tuple[str, int]] = field(default_factory=list)
    answers: list[Outcome] = field(default_factory=list)
    is_full: bool = False

    def dotting(self, *keys: int) -> None:
        if self.is_full:
            problem = "No space left on device"
            raise OSError(problem)
        self.entries += [("dotting", key) for key in keys]

    def answered(self, outcome: Outcome) -> None:
        self.entries.append(("answered", outcome.key))
        self.answers.append(outcome)

    def flush(self) -> None:
        """What was noted is kept already."""
