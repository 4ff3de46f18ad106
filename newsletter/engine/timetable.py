"""The embedded engine: each job of the timetable in a thread of its own, so that a slow one delays no other."""

import time
from collections.abc import Iterable
from threading import Event, Thread

from flask import Flask

from newsletter.core.logs import logger
from newsletter.jobs import Job
from newsletter.mail.house import House

APART = 0.05
"""Seconds from one job's first round to the next one's, so that they do not all ask the database at once."""

log = logger(__name__)


def start(app: Flask, house: House, jobs: Iterable[Job], stop: Event) -> list[Thread]:
    """Threads that run each job soon and then at its interval, until `stop` is set."""
    threads = [
        Thread(target=_repeat, args=(app, house, job, stop, number * APART), name=job.name)
        for number, job in enumerate(jobs)
    ]
    for thread in threads:
        thread.start()
    return threads


def _repeat(app: Flask, house: House, job: Job, stop: Event, delay: float) -> None:
    stop.wait(delay)
    while not stop.is_set():
        began = time.monotonic()
        with app.app_context():
            try:
                job.work(house)
            except Exception:
                # A job must never end the worker: the next round starts from the rows, which are the truth.
                log.exception("job failed", job=job.name)
        stop.wait(max(0.0, job.every.total_seconds() - (time.monotonic() - began)))
