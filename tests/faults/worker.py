"""A process of ours under test: `newsletter worker` or `newsletter web`, killed, frozen, measured."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

STOP_SECONDS = 30.0


class Process:
    """`log` takes all it says. `started_at` is of the monotonic clock. `must_send`: it shall go on by itself."""

    def __init__(self, arguments: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self.started_at = time.monotonic()
        self.largest = 0
        self.must_send = arguments[0] == "worker"
        with log.open("ab") as file:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "newsletter", *arguments],
                env=environment,
                stdout=file,
                stderr=file,
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def check(self) -> None:
        """Remember its resident memory, in bytes, if it is the largest so far.

        Raises AssertionError, with its last words, when it ended otherwise than well or by SIGKILL.
        """
        if self.is_alive:
            with suppress(psutil.NoSuchProcess):
                self.largest = max(self.largest, psutil.Process(self.pid).memory_info().rss)
        else:
            assert self.popen.returncode in {0, -signal.SIGKILL}, self.said()[-1000:]

    def cpu_seconds(self) -> float:
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def kill(self) -> None:
        """SIGKILL; doing it twice changes nothing."""
        self.popen.kill()
        self.popen.wait()

    def freeze(self) -> None:
        self.popen.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.popen.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """SIGTERM, as a service manager does; its exit code, once it has finished what it had in hand."""
        self.popen.terminate()
        return self.popen.wait(timeout=STOP_SECONDS)

    def said(self) -> str:
        return self.log.read_text(errors="replace")
