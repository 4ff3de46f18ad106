"""Several processes as one: what dies is started again, and all stop together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from threading import Event, Thread

from newsletter.core.logs import logger

LONGEST_STOP = 20.0
"""Seconds that processes have to finish what they are doing."""

SHORTEST_LIFE = 5.0
"""A process that dies sooner than this many seconds is not started again at once."""

log = logger(__name__)


def supervise(commands: Mapping[str, Sequence[str]], stop: Event) -> int:
    """Keep one process per command running until `stop` is set; 0 when all of them stopped cleanly.

    The commands are arguments of `newsletter`; the processes stop by themselves when this one is killed.
    """
    running = {name: _start(arguments) for name, arguments in commands.items()}
    born = dict.fromkeys(running, time.monotonic())
    while not stop.wait(0.2):
        for name, process in running.items():
            if process.poll() is None:
                continue
            log.error("process died", process=name, code=process.returncode)
            if time.monotonic() - born[name] < SHORTEST_LIFE and stop.wait(SHORTEST_LIFE):
                break
            running[name], born[name] = _start(commands[name]), time.monotonic()
    return _stop_all(running)


def stop_with_parent(parent: int, stop: Event) -> None:
    """In a child of process `parent`: ask to stop when that is gone, so that a killed one leaves nothing behind.

    The child is told who its parent is, because that one may be dead before the child can ask.
    """

    def watch() -> None:
        while not stop.wait(1.0):
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGTERM)
                return

    Thread(target=watch, name="parent watch", daemon=True).start()


def _start(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "newsletter", *arguments])  # noqa: S603 - our own program.


def _stop_all(running: Mapping[str, subprocess.Popen[bytes]]) -> int:
    for process in running.values():
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + LONGEST_STOP
    clean = True
    for name, process in running.items():
        try:
            clean &= process.wait(timeout=max(0.1, deadline - time.monotonic())) == 0
        except subprocess.TimeoutExpired:
            log.warning("process killed", process=name)
            process.kill()
            process.wait()
            clean = False
    return 0 if clean else 1
