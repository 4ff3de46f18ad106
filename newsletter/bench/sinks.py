"""Mail servers that take everything and keep nothing, each run's fresh: started here, on 127.0.0.1."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from newsletter.bench.children import Child, python
from newsletter.bench.figures import Received
from newsletter.bench.meter import cpu_seconds
from newsletter.core.errors import BackendUnavailable

FAST, POSTFIX, PLAIN = "fast sink", "smtp-sink", "plain sink"
MOST_CONNECTIONS = "1024"
LONGEST_START = 10.0
PLACES = ("/usr/sbin", "/usr/libexec/postfix", "/usr/lib/postfix/sbin")
"""Where systems put what only administrators are thought to need."""


@dataclass
class Listening:
    """A sink that runs; `received` is what it saw, once the block around it is left."""

    port: int
    pid: int
    received: Received = field(default_factory=lambda: Received(0.0))


class Sink(Protocol):
    """A kind of sink."""

    @property
    def name(self) -> str:
        """What tables call it."""

    def listening(self) -> AbstractContextManager[Listening]:
        """A fresh one; raises BackendUnavailable when it does not start."""


@dataclass(frozen=True)
class CountingSink:
    """One of our own: fastsink.c, or plainsink.py."""

    name: str
    command: tuple[str, ...]
    folder: Path

    @contextmanager
    def listening(self) -> Iterator[Listening]:
        with Child(self.command, self.folder) as child:
            sink = Listening(int(child.first_line), child.pid)
            yield sink
            cpu = cpu_seconds([child.pid])
            messages, octets = map(int, child.let_go().split())
            sink.received = Received(cpu, messages, octets)


@dataclass(frozen=True)
class SmtpSink:
    """Postfix's; its counter costs it a write for each message, so it is left off."""

    program: str
    name: str = POSTFIX

    @contextmanager
    def listening(self) -> Iterator[Listening]:
        port = free_port()
        # As root it wants to know which user to become.
        user = ("-u", "nobody") if getpass.getuser() == "root" else ()
        command = (self.program, *user, "-m", MOST_CONNECTIONS, f"127.0.0.1:{port}", MOST_CONNECTIONS)
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - found on this machine.
        try:
            _await_port(port, process)
            sink = Listening(port, process.pid)
            yield sink
            sink.received = Received(cpu_seconds([process.pid]))
        finally:
            process.terminate()
            process.wait()


def sinks(folder: Path) -> list[Sink]:
    """Those that this machine can run, the fastest first; at least one."""
    found: list[Sink] = []
    if program := _compiled(folder):
        found.append(CountingSink(FAST, (program,), folder))
    if program := find_program("smtp-sink"):
        found.append(SmtpSink(program))
    return found or [CountingSink(PLAIN, tuple(python("newsletter.bench.plainsink")), folder)]


def find_program(name: str) -> str | None:
    """Where a program is, also in folders that only administrators search; None when it is not installed."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(PLACES))


def _compiled(folder: Path) -> str | None:
    """Our sink in C, made now; None where there is no compiler, or it cannot."""
    compiler = shutil.which("cc")
    if not compiler:
        return None
    program = folder / "fastsink"
    source = Path(__file__).with_name("fastsink.c")
    done = subprocess.run([compiler, "-O2", "-o", program, source], capture_output=True, check=False)  # noqa: S603 - the system's own.
    return str(program) if done.returncode == 0 else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + LONGEST_START
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    problem = "smtp-sink did not start."
    raise BackendUnavailable(problem)
