"""Databases that are made, copied and dropped: files of a folder, or databases of a PostgreSQL server."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from newsletter.core.errors import BackendUnavailable


class Databases(Protocol):
    """A kind of database; each is named by its URL."""

    def make(self, name: str) -> str:
        """An empty one."""

    def settle(self, url: str) -> None:
        """After it was filled: bring it to where an installation that has been running for long is."""

    def copy(self, url: str, name: str) -> str:
        """Another one with the same rows."""

    def drop(self, url: str) -> None:
        """Throw it away."""


@dataclass(frozen=True)
class SqliteFiles:
    """Files in this folder."""

    folder: Path

    def make(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.db"

    def settle(self, url: str) -> None:
        """One file holds all of it, without a write-ahead log beside it."""
        with closing(sqlite3.connect(str(make_url(url).database))) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy(self, url: str, name: str) -> str:
        made = self.make(name)
        shutil.copy(str(make_url(url).database), str(make_url(made).database))
        return made

    def drop(self, url: str) -> None:
        for ending in ("", "-wal", "-shm"):
            Path(f"{make_url(url).database}{ending}").unlink(missing_ok=True)


class PostgresServer:
    """Databases of this server, with names of their own that tell whose they are."""

    def __init__(self, url: str) -> None:
        """Raises BackendUnavailable when it does not answer, or lets us make no database."""
        self._url = make_url(url)
        self._made: set[str] = set()
        try:
            with self._connected() as connection:
                self.version = str(connection.info.parameter_status("server_version"))
            self.drop(self.make("probe"))
        except psycopg.Error as error:
            raise BackendUnavailable(str(error).splitlines()[0]) from error

    def make(self, name: str) -> str:
        return self._create(name, "")

    def settle(self, url: str) -> None:
        """As autovacuum would have left it."""
        with self._connected(str(make_url(url).database)) as connection:
            connection.execute("VACUUM (ANALYZE)")

    def copy(self, url: str, name: str) -> str:
        return self._create(name, str(make_url(url).database))

    def drop(self, url: str) -> None:
        name = str(make_url(url).database)
        self._made.discard(name)
        with self._connected() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def drop_all(self) -> None:
        for name in sorted(self._made):
            self.drop(f"postgresql:///{name}")

    def _create(self, name: str, like: str) -> str:
        """A database, empty or `like` another one that nobody is connected to."""
        full = f"newsletter_bench_{os.getpid()}_{name}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with self._connected() as connection:
            connection.execute(statement.format(sql.Identifier(full), sql.Identifier(like or "template1")))
        self._made.add(full)
        return self._url.set(drivername="postgresql+psycopg", database=full).render_as_string(hide_password=False)

    def _connected(self, database: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
        url = self._url.set(drivername="postgresql", database=database or self._url.database or "postgres")
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True, connect_timeout=5)
