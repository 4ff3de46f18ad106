"""A worker: the timetable and a sender, until told to stop."""

import signal
import time
from collections.abc import Iterable
from threading import Event, Thread
from types import FrameType

from flask import Flask

from newsletter.core.logs import logger
from newsletter.delivery.sender import Means, Sender
from newsletter.delivery.service import settle_estates
from newsletter.engine import timetable
from newsletter.jobs import Job
from newsletter.mail.house import House
from newsletter.mail.journal import FileJournal

RESTART_SECONDS = 2.0
SAME_SIGNAL_SECONDS = 1.0

log = logger(__name__)


def work(app: Flask, house: House, jobs: Iterable[Job], stop: Event) -> None:
    """Send, and run these jobs, until `stop` is set; then the slice in hand is finished and recorded."""
    log.info("worker started", backend=house.backend.name)
    threads = timetable.start(app, house, jobs, stop)
    threads.append(Thread(target=_send, args=(app, house, stop), name="sender"))
    threads[-1].start()
    for thread in threads:
        thread.join()
    log.info("worker stopped")


def stop_on_signals(stop: Event) -> None:
    """SIGTERM and SIGINT ask to stop; one that comes later ends the process, and the journal keeps the account.

    Service managers send the first one twice, to the process and to its group, so a repeat within a second counts
    as the same one.
    """
    asked_at = 0.0

    def ask(number: int, _frame: FrameType | None) -> None:
        nonlocal asked_at
        if stop.is_set() and time.monotonic() - asked_at > SAME_SIGNAL_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        elif not stop.is_set():
            asked_at = time.monotonic()
            stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)


def _send(app: Flask, house: House, stop: Event) -> None:
    """A sender, and another one when it fails: without a journal or a database there is nothing to send with."""
    while not stop.is_set():
        with app.app_context():
            try:
                _send_with_journal(house, stop)
            except Exception as error:  # noqa: BLE001 - whatever it was, the worker must not live on in silence.
                log.error("sender failed", error=str(error))  # noqa: TRY400 - a trace says no more.
                stop.wait(RESTART_SECONDS)


def _send_with_journal(house: House, stop: Event) -> None:
    settings = house.settings
    settle_estates(settings.spool, settings.on_unknown)
    journal = FileJournal(settings.spool)
    try:
        Sender(Means(house.backend, journal, house.signer, settings.on_unknown)).run(stop)
    except BaseException:
        # What it says is for whoever settles the estate.
        journal.abandon()
        raise
    journal.close()
