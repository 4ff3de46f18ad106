"""The faulty server's own account of what it did: how it is written, and how a test reads it.

One JSON object a line, and append-only. The kinds:

    accepted    its 250 was about to be written: from here on the server is responsible
    swallowed   the dot was read, and no 250 was written
    refused     MAIL, RCPT, DATA or the dot was answered without consent
    fault       a rule took effect
    connected, gone, lone dot, said (each command, if asked for)
"""

import asyncio
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACCEPTED, SWALLOWED, REFUSED, FAULT = "accepted", "swallowed", "refused", "fault"


class Book:
    """For the server: `keep` returns when the line is on the disk, `note` at once."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lines: list[bytes] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._wake = asyncio.Event()

    def note(self, kind: str, **facts: Any) -> None:  # noqa: ANN401 - whatever JSON can say.
        entry = {"kind": kind, "at": time.monotonic(), **facts}
        self._lines.append(json.dumps(entry, separators=(",", ":")).encode() + b"\n")
        self._wake.set()

    async def keep(self, kind: str, **facts: Any) -> None:  # noqa: ANN401 - as above.
        done = asyncio.get_running_loop().create_future()
        self.note(kind, **facts)
        self._waiting.append(done)
        await done

    async def write(self) -> None:
        """Write what is noted, for ever; all that came meanwhile shares one flush."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            lines, self._lines = b"".join(self._lines), []
            waiting, self._waiting = self._waiting, []
            os.write(self._file, lines)
            if waiting:
                await asyncio.to_thread(os.fsync, self._file)
            for each in waiting:
                if not each.done():
                    each.set_result(None)


@dataclass(frozen=True)
class Entry:
    """One line of it. `at` and `mail_at` (when MAIL FROM was read) are of the machine's monotonic clock.

    `where` and `length` say where the message lies in the file of bodies; length 0, that it was not kept.
    """

    kind: str
    at: float
    recipient: str = ""
    sender: str = ""
    message_id: str = ""
    sha256: str = ""
    mail_at: float = 0.0
    connection: int = 0
    where: int = 0
    length: int = 0
    phase: str = ""
    code: str = ""
    command: str = ""
    encrypted: bool = False

    @property
    def domain(self) -> str:
        return self.recipient.rpartition("@")[2]


class Reading:
    """For a test: the entries so far; each look reads only what is new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._entries: list[Entry] = []

    def entries(self) -> list[Entry]:
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._read)
                whole, newline, _ = file.read().rpartition(b"\n")
            self._read += len(whole + newline)
            self._entries += [Entry(**json.loads(line)) for line in whole.splitlines()]
        return self._entries
