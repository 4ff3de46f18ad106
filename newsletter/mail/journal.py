"""The write-ahead log between the final dot and the database: one file for each running sender.

    dotting 17;                      written before the dot of delivery 17
    accepted 17 250 2.0.0 taken;     what became of it, in the server's words
    answered [18, "deferred", …];    the same, when it was not accepted

Answers are written together with the next dot, or before the sender waits for anything, so that for each line to a
server at most one is in memory only. What is written survives `kill -9`. What survives a power cut nobody knows,
so the first entry names the boot of the machine: a journal of an earlier boot counts as "no journal to ask". Each
entry begins with its own line feed, so that one which a full disk has torn cannot swallow the next.

The file is locked while its sender lives; whoever gets the lock of another's file knows that sender to be dead and
settles its affairs.
"""

import fcntl
import json
import math
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

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
        self.valid_until = math.inf
        """The monotonic moment after which nothing of the slice in hand may be handed over any more."""
        self._pending: list[bytes] = []
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

    def dotting(self, *keys: int) -> None:
        """Write down that these messages are about to be handed over, and all answers before them.

        Raises OSError when that cannot be kept, or when the lease has run out: then they are somebody else's.
        """
        self._pending += [b"\ndotting %d;" % key for key in keys]
        self._write()
        # Only now: whoever settles an expired lease reads here, and what it finds undotted must not leave.
        if time.monotonic() >= self.valid_until:
            problem = "The lease ran out; this process must have stood still."
            raise TimeoutError(problem)

    def answered(self, outcome: Outcome) -> None:
        """Note what became of it; written with the next dot, or before anybody waits."""
        if outcome.result is Result.ACCEPTED and outcome.phase is Phase.DOT:
            self._pending.append(f"\naccepted {outcome.key} {outcome.words};".encode())
        else:
            self._pending.append(f"\nanswered {json.dumps(outcome)};".encode())

    def flush(self) -> None:
        """Write what was answered.

        When that cannot be kept, the dot stands without an answer, which is the truth after a crash; while we
        live the answer is not lost, so this does not raise.
        """
        if self._pending:
            try:
                self._write()
            except OSError as error:
                log.error("journal cannot be written", error=str(error))  # noqa: TRY400 - a trace says no more.

    def clear(self) -> None:
        """Forget everything: all of it has been recorded in the database."""
        os.ftruncate(self._file, 0)
        self._pending = [f"\nboot {_boot_id()};".encode()]
        self._write()

    def close(self) -> None:
        """Leave nothing behind; only after everything has been recorded."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)

    def abandon(self) -> None:
        """Stop writing, and leave the file to whoever settles the estate."""
        os.close(self._file)

    def _write(self) -> None:
        lines, self._pending = b"".join(self._pending), []
        if os.write(self._file, lines) != len(lines):
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


def account_of(folder: Path, worker: str) -> Estate | None:
    """What the journal of a sender says, alive or not; None when there is none here."""
    with suppress(FileNotFoundError):
        return _read(folder / (worker + _SUFFIX))
    return None


def _read(path: Path) -> Estate:
    lines = path.read_bytes().split(b"\n")[1:]
    if lines and not lines[-1].endswith(b";"):
        # What was cut off in the middle of the last entry was not yet acted upon.
        lines.pop()
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
        is_whole=bool(boot) and boot == _boot_id() and None not in entries,
    )


def _parsed(line: bytes) -> Outcome | int | str | None:
    """An answer, the key of a dot or the name of a boot; None for a line that no sender wrote whole."""
    kind, _, rest = line.removesuffix(b";").decode("utf-8", "replace").partition(" ")
    if not line.endswith(b";"):
        return None
    with suppress(ValueError, RecursionError):
        match kind:
            case "dotting":
                return _key(rest)
            case "accepted":
                number, _, words = rest.partition(" ")
                return Outcome(_key(number), Result.ACCEPTED, Blame.NOBODY, Phase.DOT, words)
            case "answered":
                return _outcome(json.loads(rest))
            case "boot":
                return rest
    return None


def _key(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        problem = "That is no key of a delivery."
        raise ValueError(problem)
    return int(text)


def _outcome(entry: object) -> Outcome | None:
    match entry:
        case [int(key), str(result), str(blame), str(phase), str(words)]:
            return Outcome(key, Result(result), Blame(blame), Phase(phase), words)
    return None


def _boot_id() -> str:
    """ "" where the system does not tell; then no journal counts as whole."""
    with suppress(OSError):
        return _BOOT_ID.read_text().strip()
    return ""
