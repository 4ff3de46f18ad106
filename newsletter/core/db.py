"""The database: one session per app context, one `transaction()` per service function.

SQLite runs in WAL mode with `synchronous=FULL`: a commit that was answered survives a power cut. So it is in the
web server, too, whose threads share their syncs (`core.syncing`). Writers take the write lock when they begin
(`BEGIN IMMEDIATE`), because a transaction that reads first and writes later fails when somebody else wrote in
between.
"""

import json
import sqlite3
import time
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, Protocol, cast
from weakref import WeakKeyDictionary

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    CursorResult,
    DateTime,
    Delete,
    Engine,
    Executable,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    Update,
    any_,
    event,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, QueryableAttribute
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import BigInteger

BUSY_TIMEOUT = 30_000
"""Milliseconds a SQLite writer waits for another one before it gives up."""

PAGES_OF_LOG = 1000
"""After so many in SQLite's log whoever commits brings them into the file: as SQLite has it."""

ASKS_AGAIN, ASKS_SELDOM = 0.0005, 0.01
"""Seconds after which it asks again, at first and at most. SQLite itself would sleep up to a tenth of a second,
and be overtaken each time by whoever of another process comes at the right moment."""

LONGEST_SILENCE = 30_000
"""Milliseconds after which PostgreSQL ends a transaction in which nobody asks anything any more."""

_WRITES, _LEAVES = "newsletter_writes", "newsletter_leaves_checkpoint"
_BASIC = 0xFF
"""The part of SQLite's error codes that says what kind of error it is."""


class Base(DeclarativeBase):
    """Constraint names are fixed, so that a migration can name them on each database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(
    model_class=Base,
    # Objects stay readable after a commit: without this each attribute is fetched again, one by one.
    session_options={"expire_on_commit": False},
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC on each database; a naive one is refused, because it means a bug above."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            problem = "A datetime without a zone reached the database."
            raise ValueError(problem)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on each database; SQLite gives row ids only to a column spelled INTEGER."""


class Queue(Protocol):
    """The writers of one process: each has its `turn`, and then waits until what it has written is safe."""

    @property
    def turn(self) -> AbstractContextManager[object]: ...

    def wait(self) -> None: ...


_queues: WeakKeyDictionary[Engine, Queue] = WeakKeyDictionary()


def queue_writers(engine: Engine, queue: Queue) -> None:
    """From now on let each `transaction()` of this engine, in this process, stand in the queue."""
    _queues[engine] = queue


@contextmanager
def transaction() -> Iterator[None]:
    """All of the block or none of it; a nested one joins the outer one.

    What was read before the block belongs to an older state of the database, so the outermost block ends
    that reading first and starts from the newest.
    """
    session = db.session()
    if session.info.get(_WRITES):
        yield
        return
    if session.in_transaction():
        session.commit()
    queue = _queues.get(db.engine)
    with queue.turn if queue else nullcontext():
        try:
            session.info[_WRITES] = session.connection(execution_options={_WRITES: True})
            yield
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop(_WRITES, None)
    if queue:
        queue.wait()


@contextmanager
def reading() -> Iterator[None]:
    """A look at the newest state; within a transaction it joins that one.

    A session that has read something goes on seeing the database as it was then, and keeps what others write since
    from being cleared away; so whoever looks again and again must let go each time.
    """
    session = db.session()
    if session.info.get(_WRITES):
        yield
        return
    session.commit()
    yield
    session.commit()


def all_writers_wait() -> bool:
    """Whether everybody who writes waits for a transaction, whatever that one writes."""
    return bool(db.engine.dialect.name == "sqlite")


def is_writing() -> bool:
    """Whether a transaction is open in this session."""
    return bool(db.session().info.get(_WRITES))


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # The driver must not open transactions behind our back; `_begin` does it.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # What is deleted is overwritten, so that nobody who was erased can be found in the file.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


@event.listens_for(Engine, "connect")
def _prepare_postgresql(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    if isinstance(connection, sqlite3.Connection):
        return
    # A process that stands still within a transaction, or whose machine has lost its line, would keep its rows
    # from all others for ever.
    cursor = connection.cursor()
    cursor.execute(f"SET idle_in_transaction_session_timeout = {LONGEST_SILENCE}")
    cursor.close()
    connection.commit()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        if is_to_write(connection):
            _begin_writing(connection)
        else:
            connection.exec_driver_sql("BEGIN")


def is_to_write(connection: Connection) -> bool:
    """Whether what begins on this connection is a `transaction()`."""
    return bool(connection.get_execution_options().get(_WRITES))


def _begin_writing(connection: Connection) -> None:
    """Take SQLite's write lock as soon as it is free. Raises OperationalError when it was not for long."""
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    began = time.monotonic()
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while _is_busy(driver) and (waited := time.monotonic() - began) < BUSY_TIMEOUT / 1000:
            # Clicks hold the lock for a millisecond. Behind an edition that is queued for seconds, twenty threads
            # that ask two thousand times each would take the processor from the one they wait for.
            time.sleep(min(max(ASKS_AGAIN, waited / 20), ASKS_SELDOM))
        if not driver.in_transaction:
            # Once more, for the error as everybody expects it.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")


def _is_busy(driver: sqlite3.Connection) -> bool:
    """Whether somebody else is writing; if not, this connection is, unless something is wrong with the file."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", 0) & _BASIC == sqlite3.SQLITE_BUSY
    return False


def insert_into(table: Any) -> Any:  # noqa: ANN401 - the two dialects share no type.
    """The INSERT of this database, which knows `ON CONFLICT`."""
    return (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(table)


def insert_ignoring(model: type[Any]) -> Any:  # noqa: ANN401 - as above.
    """`INSERT … ON CONFLICT DO NOTHING` into the model's table: what is there already stays as it is."""
    return insert_into(model).on_conflict_do_nothing()


def insert_adding(model: type[Any], *names: str) -> Any:  # noqa: ANN401 - as above.
    """`INSERT … ON CONFLICT DO UPDATE` by primary key: these numbers are added to those of the row there."""
    statement = insert_into(model)
    totals = {name: getattr(model, name) + statement.excluded[name] for name in names}
    return statement.on_conflict_do_update(index_elements=list(model.__table__.primary_key), set_=totals)


def among(
    column: QueryableAttribute[int] | QueryableAttribute[int | None], ids: Collection[int]
) -> ColumnElement[bool]:
    """`column IN ids` with the ids as one parameter, so that the statement is the same however many they are."""
    if db.engine.dialect.name == "postgresql":
        return column == any_(literal(list(ids), ARRAY(BigInteger)))
    each = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(each.c.value))


def any_of(column: QueryableAttribute[str] | ColumnElement[str], texts: Collection[str]) -> ColumnElement[bool]:
    """As `among`, for texts."""
    if db.engine.dialect.name == "postgresql":
        return column == any_(literal(list(texts), ARRAY(String)))
    each = func.json_each(json.dumps(list(texts))).table_valued("value")
    return column.in_(select(each.c.value))


def one_at_a_time(what: str) -> None:
    """Wait until no other transaction is at `what`, and keep others from it until this one ends."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(zlib.crc32(what.encode()))))
    # On SQLite whoever writes is alone anyway.


def execute(statement: Executable, values: Mapping[str, Any]) -> CursorResult[Any]:
    """Execute a statement on tables that was built once, within this transaction, with these values.

    Building one anew and going through the object layer costs several times what the database takes for one row;
    this is for what runs for each click. Objects of a table that is changed are read anew when next asked.
    """
    session = db.session()
    if isinstance(statement, Update | Delete):
        for known in list(session.identity_map.values()):
            if getattr(known, "__table__", None) is statement.table:
                session.expire(known)
    connection: Connection = session.info.get(_WRITES) or session.connection()
    return connection.execute(statement, values)


def load_in_bulk() -> None:
    """Let this session keep 48 MB of SQLite's pages at hand: keys in no order touch all of an index."""
    if db.engine.dialect.name == "sqlite":
        db.session.execute(text("PRAGMA cache_size = -49152"))
        # The same pages are changed in each transaction; written back less often, each is written once for many.
        db.session.execute(text("PRAGMA wal_autocheckpoint = 25000"))


def leave_checkpoint() -> None:
    """Let who writes next bring what this transaction writes from SQLite's log into the file.

    After a million rows that takes as long again as writing them, and whoever commits waits for it.
    """
    if db.engine.dialect.name == "sqlite":
        connection = db.session.connection()
        connection.exec_driver_sql("PRAGMA wal_autocheckpoint = 0")
        connection.info[_LEAVES] = True


@event.listens_for(Engine, "checkin")
def _keep_checkpoints(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    """A connection that goes back to the pool leaves no checkpoint to others any more."""
    if record.info.pop(_LEAVES, False) and connection:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA wal_autocheckpoint = {PAGES_OF_LOG}")
        cursor.close()


def rows_written(statement: Executable) -> int:
    """Execute an INSERT, UPDATE or DELETE of this transaction; how many rows it wrote."""
    # Without the option the count of an INSERT is thrown away on PostgreSQL.
    result = db.session.execute(statement, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", result).rowcount
