"""Emptying SQLite's log of changes, in which what was deleted may still stand."""

import sqlite3
from contextlib import closing
from pathlib import Path

from flask import Flask

from newsletter.core.db import db
from newsletter.delivery.service import scrub
from tests import make


def test_somebody_who_reads_for_long_delays_it_and_holds_up_nobody(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "newsletter.db"
    if not file.exists():
        # PostgreSQL has no such log, and nothing is to be done there.
        scrub()
        return
    log = Path(f"{file}-wal")
    with closing(sqlite3.connect(file)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM newsletters").fetchone()
        make.newsletter()

        scrub()

        assert log.stat().st_size > 0
        with closing(sqlite3.connect(file, timeout=0.0)) as writer:
            writer.execute("UPDATE newsletters SET description = 'New'")
            writer.commit()
    scrub()
    assert log.stat().st_size == 0
    assert db.session.execute(db.text("PRAGMA busy_timeout")).scalar_one() == 30_000
