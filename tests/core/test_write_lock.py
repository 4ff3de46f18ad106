"""SQLite's write lock between processes is taken soon after it is free, and let go of whatever happens."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from newsletter import schema
from newsletter.app import create_app
from newsletter.core.db import db, execute, transaction
from newsletter.core.settings import Settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lock.db"


@pytest.fixture
def on_sqlite(settings: Settings, file: Path) -> Iterator[Flask]:
    """Whatever database the other tests run on."""
    app = create_app(replace(settings, database_url=f"sqlite:///{file}"))
    with app.app_context():
        schema.upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.usefixtures("on_sqlite")
def test_a_writer_follows_soon_after_another_process_and_keeps_its_patience(file: Path) -> None:
    # A connection that nobody here knows of, as another process has it.
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    freed: list[float] = []

    def free() -> None:
        freed.append(time.perf_counter())
        other.execute("ROLLBACK")

    # SQLite by itself would be asleep for a tenth of a second at a time by then.
    threading.Timer(0.45, free).start()
    with transaction():
        begun = time.perf_counter()
        patience = execute(text("PRAGMA busy_timeout"), {}).scalar()
    other.close()

    assert freed
    assert begun - freed[0] < 0.05
    assert patience == 30_000


@pytest.mark.usefixtures("on_sqlite")
def test_a_transaction_that_failed_leaves_no_connection_to_the_next() -> None:
    def fail() -> None:
        with transaction():
            execute(text("CREATE TABLE never (id INTEGER)"), {})
            raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            fail()
    with transaction():
        found = execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'never'"), {}).scalar()

    assert found == 0
