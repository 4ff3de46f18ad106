"""Where a fault case plays: a database, readers, an edition, workers and web servers as real processes."""

import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sqlalchemy import insert, select, update

from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.delivery.models import IS_WAITING, Delivery, Mailing, MailingState
from newsletter.delivery.policy import CanaryRule, Status
from newsletter.delivery.queries import Ledger, ledger
from newsletter.editions import service as editions
from newsletter.editions.models import Edition
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.service import send_first
from newsletter.subscriptions.models import Consent, ConsentEvent, Subscriber, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus
from tests import make
from tests.conftest import SECRETS
from tests.faults.receiver import Receiver
from tests.faults.worker import Process

PATIENCE = 45.0
"""Seconds after which a case that does not come to its end has failed."""

_numbers = count(1)


def readers(how_many: int, order: str = "reader", domain: str = "example.org") -> list[str]:
    """Addresses; `order` is what the faulty server reads in a local part."""
    return [f"{order}+{next(_numbers)}@{domain}" for _ in range(how_many)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Stage:
    """`settings` are the environment of each process that is started; `folder` holds all that is written.

    `told` takes the lines of the table. `has_hurried`: the test moved what was waiting for its time. `password` is
    one that no log may show; `dkim_record`, what receivers check signatures with, "" when none is expected.
    `first`: how some get each edition first.
    """

    folder: Path
    database_url: str
    house: House
    settings: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    receivers: list[Receiver] = field(default_factory=list)
    told: list[tuple[str, object]] = field(default_factory=list)
    has_hurried: bool = False
    password: str = ""
    dkim_record: bytes = b""
    first: CanaryRule | None = None

    @property
    def spool(self) -> Path:
        return self.house.settings.spool

    # What is sent, and to whom.

    def publish(self, addresses: Iterable[str]) -> Edition:
        """An edition of a newsletter of its own, queued for confirmed subscribers with these addresses."""
        of = make.newsletter(f"courier{next(_numbers)}")
        send_first(of.slug, self.first)
        self.subscribe(of, list(addresses))
        edition = editions.send(make.edition(of, [make.article(make.source())]).id, self.house)
        db.session.commit()
        return edition

    def subscribe(self, of: Newsletter, addresses: Sequence[str]) -> None:
        """Readers who have confirmed, with all that the ledgers say of such."""
        moment, pepper = now(), self.house.settings.pepper
        with transaction():
            people = [
                {
                    "address": str(each),
                    "entered": each.entered,
                    "address_key": each.key(pepper),
                    "created_at": moment,
                }
                for each in map(parse, addresses)
            ]
            ids = db.session.scalars(insert(Subscriber).returning(Subscriber.id), people).all()
            wish = {"newsletter_id": of.id, "requested_at": moment, "confirmed_at": moment}
            db.session.execute(
                insert(Subscription),
                [
                    {
                        **wish,
                        "subscriber_id": each,
                        "status": SubscriptionStatus.CONFIRMED,
                        "nonce": f"nonce{each}",
                    }
                    for each in ids
                ],
            )
            db.session.execute(
                insert(ConsentEvent),
                [
                    {"subscriber_id": each, "newsletter_id": of.id, "kind": kind, "method": "form", "at": moment}
                    for each in ids
                    for kind in (Consent.REQUESTED, Consent.CONFIRMED)
                ],
            )

    # Who takes part.

    def receiver(self, *rules: object, **config: object) -> Receiver:
        """A faulty mail server; the first one is where workers send to unless a test says otherwise."""
        made = Receiver(self.folder, *rules, **config)  # type: ignore[arg-type]
        self.receivers.append(made)
        self.settings.setdefault("NEWSLETTER_BACKENDS", made.url())
        return made

    def worker(self, *arguments: str, **environment: str) -> Process:
        return self._process(("worker", *arguments), environment)

    def sender(self, **environment: str) -> Process:
        """A worker that leaves the timetable to others."""
        return self.worker("--only-send", **environment)

    def web(self, port: int) -> Process:
        """The web server; it answers when this returns."""
        started = self._process(("web",), {"NEWSLETTER_LISTEN": f"127.0.0.1:{port}"})
        self.wait_until(lambda: _answers(port), "the web server answers")
        return started

    def environment(self, further: Mapping[str, str]) -> dict[str, str]:
        """Of a process on this stage."""
        return {
            **os.environ,
            **SECRETS,
            "NEWSLETTER_DATABASE_URL": self.database_url,
            "NEWSLETTER_SPOOL": str(self.spool),
            "NEWSLETTER_LOG_LEVEL": "INFO",
            # Each worker may have all the lines that a backend's URL allows.
            "NEWSLETTER_SENDERS": "1",
            **self.settings,
            **further,
        }

    def _process(self, arguments: tuple[str, ...], environment: Mapping[str, str]) -> Process:
        log = self.folder / f"process{len(self.processes) + 1}.log"
        started = Process(arguments, self.environment(environment), log)
        self.processes.append(started)
        return started

    def close(self) -> None:
        for process in self.processes:
            process.kill()
        for receiver in self.receivers:
            receiver.stop()

    # What is waited for.

    def wait_until(self, condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Raises AssertionError when it does not come true in time; measures the processes meanwhile."""
        deadline = time.monotonic() + patience
        while not condition():
            for process in self.processes:
                process.check()
            assert time.monotonic() < deadline, f"not within {patience:.0f} seconds: {what}"
            time.sleep(0.02)

    def wait_until_accepted(self, how_many: int, patience: float = PATIENCE) -> None:
        """Until the servers took so many messages."""
        self.wait_until(
            lambda: sum(len(each.accepted) for each in self.receivers) >= how_many,
            f"{how_many} messages taken",
            patience,
        )

    def wait_until_still(self, seconds: float = 2.0) -> None:
        """Until the servers have read no dot for so long."""
        seen = [-1, 0.0]

        def is_still() -> bool:
            dots = sum(len(each.dotted) for each in self.receivers)
            if dots != seen[0]:
                seen[:] = [dots, time.monotonic()]
            return time.monotonic() - seen[1] > seconds

        self.wait_until(is_still, "nothing is sent any more")

    def finish(self, edition: Edition, patience: float = PATIENCE) -> None:
        """Until nothing of it is open; what waits for its time is brought forward, as if the clock ran faster."""
        self.finish_but(edition, 0, patience)

    def finish_but(self, edition: Edition, left: int, patience: float = PATIENCE) -> None:
        """As `finish`, until so many are left open."""
        self.has_hurried = True
        due = [0.0]

        def ended() -> bool:
            if time.monotonic() > due[0]:
                self.hurry()
                due[0] = time.monotonic() + 0.5
            return self.standing(edition).open <= left

        self.wait_until(ended, f"no more than {left} are open", patience)

    def wait_until_ended(self, edition: Edition, patience: float = PATIENCE) -> None:
        """Until nothing of it is open, at its own pace."""
        self.wait_until(lambda: self.standing(edition).open == 0, "nothing is open any more", patience)

    def hurry(self) -> None:
        """Make due now what waits for its time."""
        moment = now()
        late = select(Delivery.id).where(IS_WAITING, Delivery.due_at > moment)
        if db.session.scalar(late.limit(1)):
            with transaction():
                db.session.execute(update(Delivery).where(Delivery.id.in_(late)).values(due_at=moment))
        db.session.rollback()

    def standing(self, edition: Edition) -> Ledger:
        db.session.rollback()
        assert edition.mailing_id
        return ledger(edition.mailing_id)

    def is_paused(self, edition: Edition) -> bool:
        db.session.rollback()
        return db.session.get_one(Mailing, edition.mailing_id).state == MailingState.PAUSED

    def states(self, edition: Edition) -> Counter[Status]:
        """How many deliveries are in each state, without those that nothing is in."""
        return Counter({status: many for status, many in self.standing(edition).states.items() if many})


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True
