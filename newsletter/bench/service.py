"""The service as a contestant: its own processes, from `edition send` to the last record in the ledger."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Select, exists, select

from newsletter.bench.children import LONGEST_END, Child, environment, python
from newsletter.bench.figures import Effort
from newsletter.bench.installation import Installation
from newsletter.bench.meter import Meter, cpu_seconds
from newsletter.bench.plan import Senders
from newsletter.bench.stage import EDITION, Stage
from newsletter.core.db import db
from newsletter.core.errors import BackendUnavailable
from newsletter.delivery.models import IS_LEASED, Delivery, Mailing
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import has_open, ledger

LONGEST_START = 15.0
SLOWEST = 50
"""Messages per second; who is slower than that is taken for stuck."""

LOOK_FOR_START, LOOK_FOR_END = 0.01, 0.05
"""Seconds between two looks into the database: one indexed row each."""


@dataclass(frozen=True)
class Service:
    """The whole path: queue, lease, fill, SMTP, record. `settings` are extra ones."""

    name: str
    stage: Stage
    senders: Senders
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, port: int) -> Effort:
        """Raises BackendUnavailable when a process ends, or not every message is accepted."""
        backend = f"smtp://127.0.0.1:{port}?tls=none&connections={self.senders.connections}"
        installation = self.stage.installation(
            BACKENDS=backend, SENDERS=str(self.senders.processes), **self.settings
        )
        try:
            with installation.entered(), _worker(installation, self.senders.processes) as worker:
                return self._measured(installation, worker)
        finally:
            self.stage.forget(installation)

    def _measured(self, installation: Installation, worker: subprocess.Popen[bytes]) -> Effort:
        before = cpu_seconds([worker.pid])
        with Meter(worker.pid) as meter:
            queued = _queue(installation, meter)
            first_lease = _await_first_lease(queued.mailing_id, worker)
            last_record = _await_last_record(queued.mailing_id, worker, self.stage.recipients)
            cpu = cpu_seconds([worker.pid]) - before + queued.cpu
        return Effort(
            messages=_accepted(queued.mailing_id, self.stage.recipients),
            seconds=last_record - queued.began,
            cpu=cpu,
            rss=meter.rss,
            pss=meter.pss,
            queueing=queued.ended - queued.began,
            sending=last_record - first_lease,
        )


@dataclass(frozen=True)
class _Queued:
    mailing_id: int
    began: float
    ended: float
    cpu: float


def _queue(installation: Installation, meter: Meter) -> _Queued:
    """In a process of its own, whose memory counts too."""
    command = python("newsletter.bench.queueing", str(EDITION))
    with Child(command, installation.folder, installation.environment) as child:
        meter.add(child.pid)
        child.say("go")
        said = json.loads(child.last_line())
    return _Queued(said["mailing"], said["began"], said["ended"], said["cpu"])


@contextmanager
def _worker(installation: Installation, processes: int) -> Iterator[subprocess.Popen[bytes]]:
    """What `newsletter run` starts, without its web server; all senders are ready when this yields."""
    log = installation.folder / "worker.log"
    with log.open("wb") as out:
        running = subprocess.Popen(  # noqa: S603 - our own program.
            # It stops by itself when this process is killed.
            python("newsletter", "worker", "--parent", str(os.getpid())),
            cwd=installation.folder,
            env=environment(installation.environment),
            stdout=out,
            stderr=out,
        )
    try:
        _await_journals(installation.spool, running, processes)
        yield running
    except BackendUnavailable as error:
        said = log.read_text(errors="replace").strip().splitlines()
        problem = f"{error} {said[-1][:300] if said else ''}".strip()
        raise BackendUnavailable(problem) from error
    finally:
        _stop(running)


def _stop(running: subprocess.Popen[bytes]) -> None:
    running.terminate()
    try:
        running.wait(LONGEST_END)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def _await_journals(spool: Path, worker: subprocess.Popen[bytes], processes: int) -> None:
    """Until each sender has opened its journal: one for editions in each process, one for what a person awaits."""
    deadline = time.monotonic() + LONGEST_START
    while time.monotonic() < deadline and len(list(spool.glob("*.journal"))) < processes + 1:
        _check_alive(worker)
        time.sleep(0.05)


def _await_first_lease(mailing_id: int, worker: subprocess.Popen[bytes]) -> float:
    has_leased = select(exists(select(Delivery.id).where(Delivery.mailing_id == mailing_id, IS_LEASED)))
    while _has_open(mailing_id) and not _is(has_leased):
        _check_alive(worker)
        time.sleep(LOOK_FOR_START)
    return time.monotonic()


def _await_last_record(mailing_id: int, worker: subprocess.Popen[bytes], messages: int) -> float:
    deadline = time.monotonic() + LONGEST_START + messages / SLOWEST
    while _has_open(mailing_id):
        _check_alive(worker)
        if time.monotonic() > deadline:
            problem = f"Stuck at {ledger(mailing_id).as_dict()}."
            raise BackendUnavailable(problem)
        time.sleep(LOOK_FOR_END)
    return time.monotonic()


def _has_open(mailing_id: int) -> bool:
    return _is(select(has_open(Mailing.id)).where(Mailing.id == mailing_id))


def _is(question: Select[bool]) -> bool:
    found = bool(db.session.scalar(question))
    # The next look must see the next moment, and a reader that stays keeps SQLite's write-ahead log growing.
    db.session.rollback()
    return found


def _check_alive(worker: subprocess.Popen[bytes]) -> None:
    if worker.poll() is not None:
        problem = "The worker ended."
        raise BackendUnavailable(problem)


def _accepted(mailing_id: int, everybody: int) -> int:
    """How many were accepted; raises BackendUnavailable unless that is everybody."""
    account = ledger(mailing_id)
    if account.count(Status.ACCEPTED) != everybody:
        problem = f"Not everybody's message was accepted: {account.as_dict()}."
        raise BackendUnavailable(problem)
    return everybody
