"""The other contestants: libraries and programs that send prepared messages, each in processes of its own."""

import json
import os
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from newsletter.bench.children import Child, python
from newsletter.bench.figures import Contestant, Effort
from newsletter.bench.meter import Meter
from newsletter.bench.peers import SENDER, recipient
from newsletter.core.errors import BackendUnavailable

ROUND_TRIP = 0.02
"""Seconds between a distant contestant's question and the first byte of its answer, if that takes no time."""


@dataclass(frozen=True)
class Load:
    """What each sends: this message, so many times."""

    message: bytes
    messages: int
    folder: Path

    def file(self, line_end: bytes = b"\r\n") -> Path:
        """The message in a file, with these line ends."""
        path = self.folder / f"message-{len(self.message)}-{len(line_end)}"
        path.write_bytes(self.message.replace(b"\r\n", line_end))
        return path


@dataclass(frozen=True)
class Peer:
    """One of `peers.WAYS`, with so many connections in each of its processes."""

    name: str
    way: str
    load: Load
    processes: int = 1
    connections: int = 1

    def run(self, port: int) -> Effort:
        """Raises BackendUnavailable when one of its processes fails."""
        share, rest = divmod(self.load.messages, self.processes)
        file = str(self.load.file())
        with ExitStack() as stack, Meter() as meter:
            children = []
            for number in range(self.processes):
                messages = str(share + (number < rest))
                arguments = (self.way, str(port), file, messages, str(self.connections))
                command = python("newsletter.bench.peers", *arguments)
                children.append(stack.enter_context(Child(command, self.load.folder)))
                meter.add(children[-1].pid)
            for child in children:
                child.say("go")
            said = [json.loads(child.last_line()) for child in children]
        return Effort(
            messages=self.load.messages,
            seconds=max(each["ended"] for each in said) - min(each["began"] for each in said),
            cpu=sum(each["cpu"] for each in said),
            rss=meter.rss,
            pss=meter.pss,
        )


@dataclass(frozen=True)
class SmtpSource:
    """Postfix's generator, with so many sessions."""

    name: str
    program: str
    load: Load
    sessions: int

    def run(self, port: int) -> Effort:
        """Raises BackendUnavailable when it fails."""
        numbers = ("-s", str(self.sessions), "-m", str(self.load.messages))
        # It puts a number before each recipient, and ends the lines of the file itself.
        addresses = ("-N", "-f", SENDER, "-t", recipient(1), "-M", "bench.example")
        command = (self.program, "-d", *numbers, *addresses, "-F", str(self.load.file(b"\n")), f"127.0.0.1:{port}")
        began = time.monotonic()
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - found on this machine.
        with Meter(process.pid) as meter:
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            problem = f"smtp-source ended with {process.returncode}."
            raise BackendUnavailable(problem)
        return Effort(self.load.messages, seconds, used.ru_utime + used.ru_stime, rss=meter.rss, pss=meter.pss)


@dataclass(frozen=True)
class Distant:
    """Another contestant, as far from the server as `distance.py` makes it."""

    contestant: Contestant
    folder: Path

    @property
    def name(self) -> str:
        return self.contestant.name

    def run(self, port: int) -> Effort:
        command = python("newsletter.bench.distance", str(port), str(ROUND_TRIP / 2))
        with Child(command, self.folder) as way:
            return self.contestant.run(int(way.first_line))
