"""A worker: the timetable and a sender, until told to stop."""

import signal
from threading import Event, Thread
from types import FrameType

from flask import Flask

from newsletter.core.logs import logger
from newsletter.delivery.sender import Means, Sender
from newsletter.delivery.service import settle_estates
from newsletter.engine import timetable
from newsletter.jobs import timetable as jobs_of
from newsletter.mail.house import House
from newsletter.mail.journal import FileJournal

log = logger(__name__)


def work(app: Flask, house: House, stop: Event) -> None:
    """Work until `stop` is set; then the slice in hand is finished and recorded."""
    log.info("worker started", backend=house.backend.name)
    threads = timetable.start(app, house, jobs_of(house), stop)
    threads.append(Thread(target=_send, args=(app, house, stop), name="sender"))
    threads[-1].start()
    for thread in threads:
        thread.join()
    log.info("worker stopped")


def stop_on_signals(stop: Event) -> None:
    """SIGTERM and SIGINT ask to stop; a second one ends the process at once, and the journal keeps the account."""

    def ask(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)


def _send(app: Flask, house: House, stop: Event) -> None:
    settings = house.settings
    with app.app_context():
        settle_estates(settings.spool, settings.on_unknown)
        journal = FileJournal(settings.spool)
        Sender(Means(house.backend, journal, house.signer, settings.on_unknown)).run(stop)
        journal.close()
