"""Commits of several threads that one sync of SQLite's log makes safe from a power cut.

With `synchronous=FULL` SQLite syncs its log within each commit, and nobody else can write meanwhile: a disk that
needs two milliseconds for it lets no more than 500 write in a second. Here SQLite leaves that out (`NORMAL`),
and whoever has committed waits for a sync that began afterwards, together with all who have committed by then.
It is still true that a commit that was answered survives a power cut.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from threading import Lock

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from newsletter.core.db import queue_writers

_sync_data: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


class SharedSync:
    """Syncs a file for all threads that wait for it. After a failure nothing is promised any more, to nobody."""

    def __init__(self, sync: Callable[[], None]) -> None:
        self._sync = sync
        self._arrivals = count(1)
        self._last_arrived = self._synced = 0
        self._arriving, self._syncing = Lock(), Lock()
        self._has_failed = False

    def wait(self) -> None:
        """Until what this thread has written is on the disk. Raises OSError."""
        with self._arriving:
            mine = self._last_arrived = next(self._arrivals)
        with self._syncing:
            if self._synced >= mine:
                return
            if self._has_failed:
                # The system forgets what it could not write, and a second try would succeed without it.
                problem = "SQLite's log could not be synced earlier; start the process again."
                raise OSError(problem)
            covered = self._last_arrived
            self._has_failed = True
            self._sync()
            self._has_failed = False
            self._synced = covered


class Writers:
    """The threads of this process that write to one SQLite database."""

    def __init__(self) -> None:
        # Without this they would try again and again whether they can write, asleep most of the time.
        self.turn = Lock()
        self._logs: dict[str, SharedSync] = {}

    def leave_out(self, connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        """Let this connection commit without syncing."""
        assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - as the dialect says.
        _, _, file = connection.execute("PRAGMA database_list").fetchone()
        if file and connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            self._logs.setdefault(f"{file}-wal", SharedSync(lambda: _sync(f"{file}-wal")))
            connection.execute("PRAGMA synchronous = NORMAL")

    def wait(self) -> None:
        for log in list(self._logs.values()):
            log.wait()


def share_syncs(engine: Engine) -> None:
    """From now on for each `transaction()` of this engine in this process; only where it is SQLite."""
    if engine.dialect.name == "sqlite":
        writers = Writers()
        event.listen(engine, "connect", writers.leave_out)
        queue_writers(engine, writers)


def _sync(path: str) -> None:
    # Without a log all of it has been written back and synced.
    with suppress(FileNotFoundError):
        file = os.open(path, os.O_RDONLY)
        try:
            _sync_data(file)
        finally:
            os.close(file)
