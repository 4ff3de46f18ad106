"""A cluster on this machine: a database of its own, a broker, workers and beats as real processes."""

import getpass
import os
import signal
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from celery import Celery
from flask import Flask
from redis import Redis
from sqlalchemy.engine import URL, make_url

from newsletter import schema
from newsletter.app import create_app
from newsletter.core.db import db
from newsletter.core.settings import Settings, from_mapping
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import Ledger, ledger
from newsletter.demo.catcher import Catcher
from newsletter.editions import service as editions
from newsletter.engine.broker import make_broker
from newsletter.engine.station import QUEUES
from newsletter.mail.house import House
from newsletter.web import current
from tests import make
from tests.conftest import SECRETS
from tests.patience import until
from tests.scale.forwarder import Forwarder, Place

ROOT = Path(__file__).parents[2]
SERVER = make_url(os.environ.get("NEWSLETTER_TEST_DATABASE_URL") or "postgresql+psycopg:///postgres")
BROKERS = {
    "redis": os.environ.get("NEWSLETTER_TEST_REDIS_URL", "redis://127.0.0.1:6379/13"),
    "rabbitmq": os.environ.get("NEWSLETTER_TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//"),
}

LEASE_SECONDS, CONNECTIONS = 5, 2
"""Seconds; what broke off is sent again after thirty, and that may happen twice."""


@dataclass
class Member:
    """A worker or a beat: one process and those it has forked."""

    started: subprocess.Popen[bytes]

    def family(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            head = psutil.Process(self.started.pid)
            return [head, *head.children(recursive=True)]
        return []

    def send(self, number: signal.Signals) -> None:
        """The signal to all of them at once, as a machine that stands still or loses power."""
        for each in self.family():
            with suppress(psutil.NoSuchProcess):
                each.send_signal(number)

    def end(self) -> None:
        """Kill whoever is left."""
        self.send(signal.SIGKILL)
        self.started.wait()


@dataclass
class Cluster:
    """`environment` is what each of its processes is told."""

    app: Flask
    house: House
    catcher: Catcher
    folder: Path
    environment: dict[str, str]
    members: list[Member] = field(default_factory=list)

    @property
    def url(self) -> URL:
        return make_url(self.house.settings.database_url)

    def start(self, command: str, *before: str, **changed: str) -> Member:
        """`newsletter worker` or `newsletter beat`; `before` is a command that starts it elsewhere."""
        changes = {f"NEWSLETTER_{name}": value for name, value in changed.items()}
        log = (self.folder / f"{command}-{len(self.members)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [*before, sys.executable, "-m", "newsletter", command],
                env={**self.environment, **changes}, cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        self.members.append(Member(process))
        return self.members[-1]

    def start_workers(self, how_many: int) -> list[Member]:
        return [self.start("worker") for _ in range(how_many)]

    def send_edition(self, readers: int) -> int:
        """The mailing of an edition for so many readers."""
        with self.app.app_context():
            of = make.newsletter()
            make.subscriptions(of, self.house, readers)
            sent = editions.send(make.edition(of, [make.article(make.source())]).id, self.house)
            assert sent.mailing_id
            return sent.mailing_id

    def standing(self, mailing_id: int) -> Ledger:
        with self.app.app_context():
            return ledger(mailing_id)

    def wait_until_accepted(self, mailing_id: int, how_many: int) -> None:
        until(
            lambda: self.standing(mailing_id).count(Status.ACCEPTED) >= how_many,
            lambda: f"{self.standing(mailing_id).as_dict()}\n{self.logs()}",
        )

    def logs(self) -> str:
        return "\n".join(f"{path.name}:\n{path.read_text()[-3000:]}" for path in sorted(self.folder.glob("*.log")))

    def copies(self) -> Counter[str]:
        """How often each recipient has the edition."""
        return Counter(mail.recipient for mail in self.catcher.messages())

    def message_ids(self) -> set[tuple[str, str]]:
        return {(mail.recipient, mail.message_id) for mail in self.catcher.messages()}


@contextmanager
def cluster(broker: str, folder: Path) -> Iterator[Cluster]:
    """Everything but workers and beats, which the test starts."""
    with ExitStack() as stack:
        url = stack.enter_context(_database())
        catcher = stack.enter_context(Catcher(folder / "caught", 0, 0))
        told = {
            **SECRETS,
            "NEWSLETTER_PEPPER": f"pepper-for-tests-{uuid.uuid4().hex}",
            "NEWSLETTER_DATABASE_URL": url,
            "NEWSLETTER_ENGINE": BROKERS[broker],
            "NEWSLETTER_SPOOL": str(folder / "spool"),
            "NEWSLETTER_SENDERS": "1",
            "NEWSLETTER_LEASE_SECONDS": str(LEASE_SECONDS),
            "NEWSLETTER_BACKENDS": f"smtp://127.0.0.1:{catcher.smtp_port}?tls=none&connections={CONNECTIONS}",
        }
        settings = from_mapping(told)
        stack.callback(_clean, settings)
        app = create_app(settings)
        with app.app_context():
            schema.upgrade()
            house = current.house()
            stack.callback(db.engine.dispose)
        outside = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
        made = Cluster(app, house, catcher, folder, {**outside, **told, "PYTHONPATH": str(ROOT)})
        try:
            yield made
        finally:
            for member in made.members:
                member.end()
            with app.app_context():
                db.engine.dispose()


def database_place() -> Place:
    """Where the database server listens, for a forwarder."""
    if SERVER.host:
        return SERVER.host, SERVER.port or 5432
    return f"{os.environ.get('PGHOST', '/var/run/postgresql')}/.s.PGSQL.{SERVER.port or 5432}"


def through(line: Forwarder, url: URL) -> str:
    """The same database, reached over this line."""
    host, port = line.place.split(":")
    changed = url.set(host=host, port=int(port), username=url.username or getpass.getuser())
    return changed.update_query_dict({"sslmode": "disable"}).render_as_string(hide_password=False)


@contextmanager
def _database() -> Iterator[str]:
    """A database of its own, that goes away at the end."""
    name = f"newsletter_scale_{uuid.uuid4().hex[:12]}"
    _on_server(f'CREATE DATABASE "{name}"')
    try:
        yield SERVER.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)
    finally:
        _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def _on_server(statement: str) -> None:
    url = SERVER.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def _clean(settings: Settings) -> None:
    """Leave nothing on the broker."""
    broker: Celery = make_broker(settings)
    if settings.engine.startswith("redis"):
        with Redis.from_url(settings.engine) as redis:
            keys: Sequence[bytes] = list(redis.scan_iter(f"newsletter:{settings.installation}:*"))
            if keys:
                redis.delete(*keys)
        return
    with broker.connection_for_write() as connection, connection.channel() as channel:
        for name in QUEUES:
            channel.queue_delete(f"newsletter.{settings.installation}.{name}")
        channel.exchange_delete(f"newsletter.{settings.installation}.calls")
