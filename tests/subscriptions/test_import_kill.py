"""An import whose process is killed with signal 9 goes on, and nobody is in twice."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from newsletter.bench.exported import BECOMES, write_export
from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.mail.house import House
from newsletter.subscriptions.importer import undo
from newsletter.subscriptions.models import ConsentEvent, Import, Subscriber, Subscription
from newsletter.suppressions.models import Suppression
from tests import make
from tests.conftest import SECRETS

ROWS = 45_000
"""Of three batches: it is killed after the first one."""


def command(settings: Settings, folder: Path, *words: str) -> subprocess.Popen[str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    own = {"NEWSLETTER_DATABASE_URL": settings.database_url, "NEWSLETTER_SPOOL": str(settings.spool)}
    said = ("--provenance", "Signed up at the kiosk, until 2026", "--consent-note", "Each had confirmed there")
    order = ("import", *words, "--newsletter", "courier", *said, "--json")
    return subprocess.Popen(
        [sys.executable, "-m", "newsletter", "subscriber", *order],
        cwd=folder, env={**outside, **SECRETS, **own}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def rows_done() -> int:
    db.session.rollback()
    return db.session.scalar(select(Import.rows_done)) or 0


def how_many(of: type[Subscriber | Subscription | ConsentEvent | Suppression]) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(of)) or 0


@pytest.mark.loopback
def test_a_killed_import_goes_on_and_can_be_taken_back(settings: Settings, house: House, tmp_path: Path) -> None:
    make.newsletter()
    wrote = write_export(tmp_path / "people.csv", ROWS)
    shown, _ = command(settings, tmp_path, "people.csv").communicate()
    order = ("people.csv", "--apply", json.loads(shown)["plan"])

    killed = command(settings, tmp_path, *order)
    while not rows_done() and killed.poll() is None:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    reached, there = rows_done(), how_many(Subscription)
    again, _ = command(settings, tmp_path, *order).communicate()

    assert 0 < there < reached < ROWS
    said, expected = json.loads(again), sum(wrote[status] for status in BECOMES)
    assert (said["rows"], said["rejected"]) == (ROWS, wrote["rejected"])
    assert [how_many(each) for each in (Subscription, ConsentEvent, Subscriber)] == [expected] * 3
    assert how_many(Suppression) == wrote["bounced"]
    undo(said["import"])
    assert [how_many(each) for each in (Subscription, ConsentEvent, Subscriber, Suppression)] == [0] * 4
