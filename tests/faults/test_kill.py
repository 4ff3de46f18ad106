"""Workers that are killed: nobody is lost; of each line one message may come twice, under one Message-ID."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import Ledger, ledger
from newsletter.demo.catcher import Catcher
from newsletter.editions import service as editions
from newsletter.mail.house import House
from tests import make
from tests.conftest import SECRETS
from tests.patience import PATIENCE, until

pytestmark = pytest.mark.loopback

READERS, KILLS, CONNECTIONS = 300, 3, 2


@contextmanager
def worker(settings: Settings, smtp_port: int) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        **SECRETS,
        "NEWSLETTER_DATABASE_URL": settings.database_url,
        "NEWSLETTER_SPOOL": str(settings.spool),
        # So that it is the sender itself that is killed.
        "NEWSLETTER_SENDERS": "1",
        "NEWSLETTER_BACKENDS": f"smtp://127.0.0.1:{smtp_port}?tls=none&connections={CONNECTIONS}",
    }
    process = subprocess.Popen([sys.executable, "-m", "newsletter", "worker"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def standing(mailing_id: int) -> Ledger:
    db.session.rollback()
    return ledger(mailing_id)


def wait_until_accepted(mailing_id: int, how_many: int) -> None:
    until(
        lambda: standing(mailing_id).count(Status.ACCEPTED) >= how_many,
        lambda: f"only {standing(mailing_id).as_dict()}",
    )


@pytest.fixture
def mailing_id(app: Flask, house: House) -> int:
    of = make.newsletter()
    make.subscriptions(of, house, READERS)
    queued = editions.send(make.edition(of, [make.article(make.source())]).id, house).mailing_id
    assert queued
    db.session.commit()
    return queued


def test_killing_the_worker_at_random_loses_nobody(mailing_id: int, settings: Settings, tmp_path: Path) -> None:
    with Catcher(tmp_path / "caught", 0, 0) as catcher:
        for kill in range(1, KILLS + 1):
            with worker(settings, catcher.smtp_port) as process:
                wait_until_accepted(mailing_id, kill * READERS // (KILLS + 1) // 2)
                process.send_signal(signal.SIGKILL)
        with worker(settings, catcher.smtp_port):
            wait_until_accepted(mailing_id, READERS)
        mails = catcher.messages()

    account = standing(mailing_id)
    copies = Counter(mail.recipient for mail in mails)
    assert account.is_balanced
    assert len(copies) == account.audience == READERS
    assert len({mail.message_id for mail in mails}) == READERS
    assert sum(copies.values()) - READERS <= KILLS * CONNECTIONS
    assert len({(mail.recipient, mail.raw) for mail in mails}) == READERS


def test_a_worker_that_is_asked_to_stop_finishes_its_slice_and_leaves_nothing_behind(
    mailing_id: int, settings: Settings, tmp_path: Path
) -> None:
    with Catcher(tmp_path / "caught", 0, 0) as catcher:
        with worker(settings, catcher.smtp_port) as process:
            wait_until_accepted(mailing_id, 20)
            process.terminate()
            assert process.wait(timeout=PATIENCE) == 0
        caught = catcher.count()

    account = standing(mailing_id)
    assert account.count(Status.ACCEPTED) == caught
    assert account.count(Status.LEASED) == 0
    assert account.is_balanced
    assert list(settings.spool.iterdir()) == []
