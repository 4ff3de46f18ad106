"""A worker: the timetable, and a sender for each backend and lane, until told to stop."""

import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Event, Thread
from types import FrameType

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from newsletter.core.errors import Conflict
from newsletter.core.logs import logger
from newsletter.delivery.models import Lane
from newsletter.delivery.policy import rules_of
from newsletter.delivery.sender import make_shares, open_sender
from newsletter.delivery.service import require_home, settle_estates
from newsletter.engine import timetable
from newsletter.jobs import Job
from newsletter.mail.house import House
from newsletter.mail.pool import Member
from newsletter.mail.shares import Shares

RESTART_SECONDS = 2.0
SAME_SIGNAL_SECONDS = 1.0

log = logger(__name__)


def work(app: Flask, house: House, jobs: Iterable[Job], lanes: Iterable[Lane], stop: Event) -> None:
    """Send in these lanes, and run these jobs, until `stop` is set; then the slices in hand are finished."""
    if not _is_at_home(app, stop):
        return
    log.info("worker started", backends=[member.backend.name for member in house.pool])
    threads = timetable.start(app, house, jobs, stop)
    shares = make_shares(house)
    for lane in lanes:
        for member in house.pool:
            sending = _Sending(house, member, shares, lane)
            threads.append(Thread(target=_send, args=(app, sending, stop), name=f"{lane} {member.backend.name}"))
            threads[-1].start()
    for thread in threads:
        thread.join()
    log.info("worker stopped")


def _is_at_home(app: Flask, stop: Event) -> bool:
    """Wait until this database may send from here; False when asked to stop before that."""
    told = False
    while not stop.is_set():
        with app.app_context():
            try:
                require_home()
            except Conflict as error:
                if not told:
                    log.error("worker is paused", problem=str(error))  # noqa: TRY400 - a trace says no more.
                told = True
            except SQLAlchemyError as error:
                log.error("worker waits", error=str(error))  # noqa: TRY400 - as above.
            else:
                return True
        stop.wait(RESTART_SECONDS)
    return False


def stop_on_signals(stop: Event) -> None:
    """SIGTERM and SIGINT ask to stop; one that comes later ends the process, and the journal keeps the account.

    Service managers send the first one twice, to the process and to its group, so a repeat within a second counts
    as the same one.
    """
    asked_at: float | None = None

    def ask(number: int, _frame: FrameType | None) -> None:
        nonlocal asked_at
        if asked_at is None:
            # Noted first: a second signal may come while the event is being set, and would wait for its lock.
            asked_at = time.monotonic()
            stop.set()
        elif time.monotonic() - asked_at > SAME_SIGNAL_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)


def _send(app: Flask, sending: "_Sending", stop: Event) -> None:
    """A sender, and another one when it fails: without a journal or a database there is nothing to send with."""
    while not stop.is_set():
        with app.app_context():
            try:
                settings = sending.house.settings
                settle_estates(settings.spool, rules_of(settings))
                with open_sender(sending.house, sending.member, sending.shares, sending.lane) as sender:
                    sender.run(stop)
            except Exception as error:  # noqa: BLE001 - whatever it was, the worker must not live on in silence.
                log.error("sender failed", error=str(error))  # noqa: TRY400 - a trace says no more.
                stop.wait(RESTART_SECONDS)


@dataclass(frozen=True)
class _Sending:
    """What one thread sends with, and in which lane."""

    house: House
    member: Member
    shares: Shares
    lane: Lane
