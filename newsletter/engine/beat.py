"""The clock of the engine on Celery: calls for each job of the timetable at its interval, and keeps nothing.

Two of them call twice as often, which is harmless.
"""

import signal
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from types import FrameType
from typing import Any

from celery import Celery
from celery.beat import ScheduleEntry, Scheduler, Service

from newsletter.core.logs import logger
from newsletter.core.settings import Settings
from newsletter.engine.broker import CeleryCalls, keep_quiet
from newsletter.engine.station import Calls
from newsletter.jobs import Job

DISPATCH_EVERY = timedelta(seconds=1)
OFTEN = timedelta(minutes=1)
"""What is called for more often than this can wait for its next turn."""

MOST_WAITING, MOST_WAITING_OF_RARE = 16, 256
"""Calls that may wait in a queue before no more are put there: without a worker they would pile up.

They have no expiry instead, because that would compare the clocks of two machines.
"""

log = logger(__name__)


def schedule(jobs: Iterable[Job]) -> dict[str, dict[str, Any]]:
    """As `beat_schedule` of Celery: what is to be called for, and how often."""
    ticks = {
        job.name: {"task": "tick", "schedule": job.every, "args": (job.name,)}
        for job in jobs
        if not job.on_each_machine
    }
    return {"dispatch": {"task": "dispatch", "schedule": DISPATCH_EVERY}, **ticks}


class Clock(Scheduler):  # type: ignore[misc] # Celery has no types.
    """In memory alone: after a restart everything is called for at once, as nobody knows when it was last."""

    producer = None
    """Celery's own line to the broker, which it would wait for; the calls have theirs."""

    def __init__(self, calls: Calls, **given: object) -> None:
        self._calls = calls
        self._is_cut_off = False
        super().__init__(**given)

    def setup_schedule(self) -> None:
        super().setup_schedule()
        for entry in self.data.values():
            entry.last_run_at -= entry.schedule.run_every

    def apply_async(self, entry: ScheduleEntry, *_: object, **__: object) -> None:
        """Never raises: while the broker does not answer, there is nothing to be done until the next turn."""
        is_rare = entry.schedule.run_every >= OFTEN
        try:
            if self._calls.waiting(entry.task) < (MOST_WAITING_OF_RARE if is_rare else MOST_WAITING):
                self._calls.call(entry.task, *entry.args)
            self._is_cut_off = False
        except OSError as error:
            if not self._is_cut_off:
                log.error("broker does not answer", error=str(error))  # noqa: TRY400 - a trace says no more.
            self._is_cut_off = True


def beat(broker: Celery, settings: Settings, jobs: Iterable[Job]) -> None:
    """Call for the jobs until SIGTERM or SIGINT."""
    keep_quiet()
    broker.conf.beat_schedule = schedule(jobs)
    clock = partial(Clock, CeleryCalls(broker, settings))
    service = Service(broker, max_interval=DISPATCH_EVERY.total_seconds(), scheduler_cls=clock)

    def ask(_number: int, _frame: FrameType | None) -> None:
        service.stop()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    log.info("beat started")
    service.start()
    log.info("beat stopped")
