"""Several processes as one: what dies is started again, and all stop together.

They are forked from the one that has loaded the program already, so that its memory is there once for all of them.
"""

import gc
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event, Thread

from newsletter.core.logs import logger

LONGEST_STOP = 20.0
"""Seconds that processes have to finish what they are doing."""

LOOK_SECONDS = 0.2

SHORTEST_LIFE = 5.0
"""A process that dies sooner than this many seconds is not started again at once."""

_YES, _NO, _TROUBLE = 0, 3, 4

Commands = Mapping[str, Sequence[str]]

log = logger(__name__)
_fork = multiprocessing.get_context("fork")


def supervise(commands: Commands, run: Callable[[Sequence[str]], None], stop: Event, parent: int | None) -> int:
    """Keep one process per command running until `stop` is set, or process `parent` is gone; 0 if all ended well.

    `run` carries a command out, in the process of its own; the processes stop by themselves when this one is
    killed. There must be no other thread here, and no connection that two of them would share.
    """
    # What is there now is shared for good: collecting it would copy it page by page into each process.
    gc.collect()
    gc.freeze()
    running = {name: _start(name, run, arguments) for name, arguments in commands.items()}
    born = dict.fromkeys(running, time.monotonic())
    while not _waited(stop, LOOK_SECONDS) and parent in {None, os.getppid()}:
        for name, process in running.items():
            if process.is_alive():
                continue
            log.error("process died", process=name, code=process.exitcode)
            if time.monotonic() - born[name] < SHORTEST_LIFE and _waited(stop, SHORTEST_LIFE):
                break
            running[name], born[name] = _start(name, run, commands[name]), time.monotonic()
    return _stop_all(running)


def _waited(stop: Event, seconds: float) -> bool:
    """Wait for so long, or until `stop` is set; whether it is.

    Not by `stop.wait`: that holds a lock for moments, and a signal handler that sets the event in one of them
    would wait for it for ever, because it runs in the same thread.
    """
    until = time.monotonic() + seconds
    while not stop.is_set() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, LOOK_SECONDS))
    return stop.is_set()


def asked_apart(question: Callable[[], bool]) -> bool:
    """The answer to a question that is asked in a process of its own, so that what it loads does not stay here.

    Raises what the question raises.
    """

    def ask() -> None:
        with suppress(Exception):
            os._exit(_YES if question() else _NO)
        os._exit(_TROUBLE)

    asking = _fork.Process(target=ask, name="question")
    asking.start()
    asking.join()
    # Whatever went wrong there is to be told here.
    return asking.exitcode == _YES if asking.exitcode in {_YES, _NO} else question()


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


def _start(name: str, run: Callable[[Sequence[str]], None], arguments: Sequence[str]) -> BaseProcess:
    process = _fork.Process(target=_begin, args=(name, run, arguments), name=name)
    process.start()
    return process


def _begin(name: str, run: Callable[[Sequence[str]], None], arguments: Sequence[str]) -> None:
    # Until the command has handlers of its own, a signal must not only be noted in a copy of ours.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    with suppress(OSError):
        # What `ps` and `top` show; the words with which it was started are its parent's.
        Path("/proc/self/comm").write_text(f"nl {name}")
    run(arguments)


def _stop_all(running: Mapping[str, BaseProcess]) -> int:
    for process in running.values():
        process.terminate()
    deadline = time.monotonic() + LONGEST_STOP
    for name, process in running.items():
        process.join(max(0.1, deadline - time.monotonic()))
        if process.is_alive():
            log.warning("process killed", process=name)
            process.kill()
            process.join()
    return 0 if all(process.exitcode == 0 for process in running.values()) else 1
