"""The write-ahead log between the final dot and the database: one file for each running sender.

A line is written, unbuffered, before each dot and after each answer; it survives `kill -9`. What survives a
power cut nobody knows, so the first line names the boot of the machine: a journal of an earlier boot counts as
"no journal to ask". The file is locked while its sender lives; whoever gets the lock of another's file knows
that sender to be dead and settles its affairs.
"""

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter.core.logs import logger
from newsletter.mail.outcomes import Blame, Outcome, Phase, Result

_SUFFIX = ".journal"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

log = logger(__name__)


class FileJournal:
    """The journal of this sender; `worker` is the name its leases carry in the database."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.worker = uuid.uuid4().hex
        self._path = folder / (self.worker + _SUFFIX)
        # It gets its real name only once it is locked, or somebody would take it for a dead sender's.
        unlocked = folder / (self.worker + ".new")
        self._file = os.open(unlocked, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self.clear()
            unlocked.rename(self._path)
        except BaseException:
            os.close(self._file)
            unlocked.unlink(missing_ok=True)
            raise

    def dotting(self, key: int) -> None:
        """Write down that the message is about to be handed over; raises OSError when that cannot be kept."""
        self._write({"dotting": key})

    def answered(self, outcome: Outcome) -> None:
        """Write down what became of it.

        When that cannot be kept, the dot stands without an answer, which is the truth after a crash; while we
        live the answer is not lost, so this does not raise.
        """
        try:
            self._write({"answered": vars(outcome)})
        except OSError as error:
            log.error("journal cannot be written", error=str(error))  # noqa: TRY400 - a trace says no more.

    def clear(self) -> None:
        """Forget everything: all of it has been recorded in the database."""
        os.ftruncate(self._file, 0)
        self._write({"boot": _boot_id()})

    def close(self) -> None:
        """Leave nothing behind; only after everything has been recorded."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)

    def abandon(self) -> None:
        """Stop writing, and leave the file to whoever settles the estate."""
        os.close(self._file)

    def _write(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        if os.write(self._file, line) != len(line):
            problem = "The journal could not be written whole; the disk may be full."
            raise OSError(problem)


@dataclass(frozen=True)
class Estate:
    """What a dead sender left: answers not yet recorded, and dots without an answer.

    `is_whole` False means that lines may be missing, so nothing may be concluded from silence.
    """

    worker: str
    answers: tuple[Outcome, ...]
    dots: frozenset[int]
    is_whole: bool


def estates(folder: Path) -> Iterator[Estate]:
    """The estates of senders that died here; each file goes away when the caller comes back for the next.

    A caller that dies before it has recorded an estate leaves the file for the next one to find.
    """
    for path in sorted(folder.glob("*" + _SUFFIX)):
        with suppress(FileNotFoundError, BlockingIOError):
            file = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield _read(path)
                path.unlink(missing_ok=True)
            finally:
                os.close(file)


def _read(path: Path) -> Estate:
    # What was cut off in the middle of the last line was not yet acted upon.
    *lines, _ = path.read_bytes().split(b"\n")
    boot, *entries = [_parsed(line) for line in lines] or [None]
    dots: dict[int, Outcome | None] = {}
    for entry in entries:
        if isinstance(entry, Outcome):
            dots[entry.key] = entry
        elif isinstance(entry, int):
            dots[entry] = None
    return Estate(
        worker=path.name.removesuffix(_SUFFIX),
        answers=tuple(answer for answer in dots.values() if answer),
        dots=frozenset(key for key, answer in dots.items() if answer is None),
        is_whole=boot == _boot_id() and None not in entries,
    )


def _parsed(line: bytes) -> Outcome | int | str | None:
    """An answer, the key of a dot or the name of a boot; None for a line that no sender wrote whole."""
    with suppress(ValueError, RecursionError):
        match json.loads(line):
            case {
                "answered": {
                    "key": int(key),
                    "result": str(result),
                    "blame": str(blame),
                    "phase": str(phase),
                    "words": str(words),
                }
            }:
                return Outcome(key, Result(result), Blame(blame), Phase(phase), words)
            case {"dotting": int(key)}:
                return key
            case {"boot": str(boot)}:
                return boot
    return None


def _boot_id() -> str:
    """ "" where the system does not tell; then no journal counts as whole."""
    with suppress(OSError):
        return _BOOT_ID.read_text().strip()
    return ""
