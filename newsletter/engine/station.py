"""What each process of the broker's workers does with a call, and what it keeps from one call to the next.

A call carries a name and an id, and may be lost, repeated or late: the rows say what is to be done, and the clock
calls again. So nothing here raises, and nothing is retried by the broker.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from threading import Event
from typing import Protocol

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from newsletter.core.errors import Conflict, NotFound
from newsletter.core.logs import logger
from newsletter.delivery.models import Lane
from newsletter.delivery.queries import due_mailings
from newsletter.delivery.service import has_due, require_home
from newsletter.engine import timetable
from newsletter.engine.crew import Crew
from newsletter.jobs import POLL_SOURCES, poll_source, sources_to_poll
from newsletter.jobs import timetable as all_jobs
from newsletter.web import current

QUEUES = ("person", "timetable", "bulk", "feeds")
"""In the order in which they are served where the broker knows an order."""

QUEUE_OF = {"dispatch": "person", "person": "person", "tick": "timetable", "deliver": "bulk", "poll": "feeds"}
"""The queue of each task."""

SENDING, TIMETABLE = ("person", "bulk"), ("timetable", "feeds")

SHIFT = 5.0
"""Seconds after which a process gives others their turn: a call that has more to do calls again."""

CALL_SIZE = 500
"""Deliveries for which one more process is worth calling."""

PATIENCE, PAUSE = 1.0, 0.05
"""Seconds to wait for a rate or a backend before others get their turn, and between two looks."""

REST = 1.0
"""Seconds for which a process takes no call that cannot reach the database, the broker or its journal."""

MOST_CALLS = 64
"""Calls that may wait to be taken; more of them would tell nobody anything new."""

log = logger(__name__)


class Calls(Protocol):
    """The broker, as far as the work needs it."""

    def call(self, task: str, *arguments: int | str) -> None:
        """Let some process do this, some time. Raises OSError when the broker does not answer."""

    def waiting(self, task: str) -> int:
        """How many calls wait in the queue of this task. Raises OSError, as above."""


class Station:
    """One process: its house, and its senders, of which one works at a time.

    `is_stopping` says that the slice in hand is to be the last.
    """

    def __init__(self, app: Flask, calls: Calls, is_stopping: Callable[[], bool] = lambda: False) -> None:
        self._app = app
        self._calls = calls
        self._is_stopping = is_stopping
        with app.app_context():
            self._house = current.house()
        self._stop = Event()
        self._threads = timetable.start(
            app, self._house, [job for job in all_jobs(self._house) if job.on_each_machine], self._stop
        )
        self._person: Crew | None = None
        self._bulk: Crew | None = None
        self._is_at_home = False
        self._tasks: Mapping[str, Callable[..., None]] = {
            "dispatch": self._dispatch,
            "person": self._send_person,
            "deliver": self._deliver,
            "tick": self._tick,
            "poll": self._poll,
        }

    def perform(self, task: str, *arguments: int | str) -> None:
        """Do what was called for; what goes wrong is logged, and comes again with the next call."""
        with self._app.app_context():
            try:
                if not self._is_at_home:
                    require_home()
                    self._is_at_home = True
                for crew in self._crews():
                    # It knows what is not recorded yet, and nothing else may be sent before.
                    if crew.is_troubled:
                        crew.send_slices()
                self._tasks[task](*arguments)
            except (SQLAlchemyError, OSError, Conflict) as error:
                problem = str(error).partition("\n")[0]
                log.error("call failed", task=task, error=problem)  # noqa: TRY400 - a trace says no more.
                # A process that can do nothing must not take one call after the other away from those that can.
                self._stop.wait(REST)
            except NotFound as error:
                log.warning("call refused", task=task, error=str(error))
            except Exception:
                log.exception("call failed", task=task)

    def close(self) -> None:
        """Hang up, and leave nothing behind that is recorded."""
        self._stop.set()
        for crew in self._crews():
            crew.close()
        for thread in self._threads:
            thread.join()

    def _crews(self) -> Iterable[Crew]:
        return filter(None, (self._person, self._bulk))

    def _dispatch(self) -> None:
        """Call for what is due: the more of it, the more processes, and no mailing before all others."""
        if has_due(Lane.PERSON) and self._calls.waiting("person") < MOST_CALLS:
            self._calls.call("person")
        room = MOST_CALLS - self._calls.waiting("deliver")
        if room <= 0:
            return
        due = due_mailings(Lane.BULK, room * CALL_SIZE)
        turns = [(turn, mailing_id) for mailing_id, how_many in due for turn in range(-(-how_many // CALL_SIZE))]
        for _turn, mailing_id in sorted(turns)[:room]:
            self._calls.call("deliver", mailing_id)

    def _send_person(self) -> None:
        """Send all that a person waits for."""
        if not has_due(Lane.PERSON):
            return
        self._person = self._person or Crew(self._house, Lane.PERSON)
        until = time.monotonic() + SHIFT
        while self._person.send_slices():
            if time.monotonic() >= until or self._is_stopping():
                break
        # Between two such mails hours may pass, and an idle line is dropped by the server.
        self._person.hang_up()

    def _deliver(self, mailing_id: int) -> None:
        """Send slices of this mailing for a while; between two of them, what a person waits for."""
        crew = self._crew_of(mailing_id)
        until = time.monotonic() + SHIFT
        patient_until = time.monotonic() + PATIENCE
        while True:
            if crew.send_slices():
                patient_until = time.monotonic() + PATIENCE
            elif time.monotonic() > patient_until or not has_due(Lane.BULK, mailing_id):
                crew.hang_up()
                return
            else:
                time.sleep(PAUSE)
            if time.monotonic() >= until or self._is_stopping():
                self._calls.call("deliver", mailing_id)
                return
            self._send_person()

    def _tick(self, name: str) -> None:
        """One job of the timetable. Raises NotFound for a name that none has."""
        if name == POLL_SOURCES:
            self._call_polls()
            return
        for job in all_jobs(self._house):
            if job.name == name:
                job.work(self._house)
                return
        kind = "job"
        raise NotFound(kind, name)

    def _call_polls(self) -> None:
        # While some of the last round still wait, more of the same would only make the queue longer.
        if self._calls.waiting("poll"):
            return
        for source_id in sources_to_poll(self._house):
            self._calls.call("poll", source_id)

    def _poll(self, source_id: int) -> None:
        poll_source(self._house, source_id)

    def _crew_of(self, mailing_id: int) -> Crew:
        """The crew of this mailing; only the last one is kept, with its lines to the server."""
        if self._bulk and self._bulk.mailing_id != mailing_id:
            self._bulk.close()
            self._bulk = None
        self._bulk = self._bulk or Crew(self._house, Lane.BULK, mailing_id)
        return self._bulk
