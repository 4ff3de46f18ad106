"""Processes of the bench: started from the same code as this one, ended when they are let go of."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import newsletter
from newsletter.core.errors import BackendUnavailable
from newsletter.core.settings import PREFIX

LONGEST_END = 30.0
"""Seconds that a process has to end after it was let go of."""


def python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's own, with these settings and no others; the package is the one that runs here."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return outside | {"PYTHONPATH": str(Path(newsletter.__file__).parents[1])} | dict(settings)


class Child:
    """A process that says one line when it is ready, and ends by itself when its standard input does."""

    def __init__(self, command: Sequence[str], folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """Raises BackendUnavailable when it ends instead of being ready."""
        self._command = command
        self._process = subprocess.Popen(  # noqa: S603 - our own program.
            command,
            cwd=folder,
            env=environment(settings or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.first_line = self._line()

    @property
    def pid(self) -> int:
        return self._process.pid

    def say(self, line: str) -> None:
        assert self._process.stdin  # noqa: S101 - it is a pipe.
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def last_line(self) -> str:
        """What it says at its end, which it is not told to come to; raises BackendUnavailable when it failed."""
        line = self._line()
        self._process.wait(LONGEST_END)
        return line

    def let_go(self) -> str:
        """Have it end; what it said then, or "" if nothing."""
        answer = ""
        with suppress(subprocess.TimeoutExpired, BrokenPipeError):
            answer, _ = self._process.communicate(timeout=LONGEST_END)
        self.kill()
        return answer.strip()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _line(self) -> str:
        assert self._process.stdout  # noqa: S101 - it is a pipe.
        line = self._process.stdout.readline().strip()
        if not line:
            self.kill()
            problem = f"A process of the bench ended: {' '.join(self._command[1:])}."
            raise BackendUnavailable(problem)
        return line
