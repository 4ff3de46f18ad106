"""Taking what was deleted out of the bytes of SQLite's files; PostgreSQL does that by VACUUM, in its own time.

Each delete overwrites its row (`secure_delete` in `core.db`), and that is not all: when a page of the file is
full, rows move to another one, and a copy may stay in the part of the old page that is not in use. Only writing
the file anew takes these copies away.
"""

import time

from sqlalchemy import Engine, text

from newsletter.core.clock import now
from newsletter.core.db import BUSY_TIMEOUT, db
from newsletter.core.logs import logger

LARGEST = 1 << 30
"""Bytes of a file that is written anew by the clock: others must wait meanwhile, and do so for half a minute."""

TRIES, PATIENCE, REST = 8, 200, 0.25
"""How often, for how many milliseconds and after how many seconds the log is to be emptied: nobody can write while
SQLite waits for those who read, so it waits briefly and lets the others in between."""

log = logger(__name__)


def scrub() -> None:
    """Have SQLite write its log of changes back and empty it, so that what was deleted is not in there.

    While somebody reads what was before, the log cannot be emptied; then the next time does it.
    """
    if db.engine.dialect.name != "sqlite":
        return
    db.session.commit()
    for _ in range(TRIES):
        if _empty_log(db.engine):
            return
        time.sleep(REST)
    log.info("the log of changes is still being read; it is emptied later")


def rewrite() -> None:
    """Write SQLite's file anew, without anything that was deleted."""
    if db.engine.dialect.name == "sqlite":
        db.session.commit()
        # The day stands in the file itself, so that it is once a day however many processes there are.
        _run(db.engine, "VACUUM", f"PRAGMA user_version = {_today()}")
        scrub()


def rewrite_each_day() -> bool:
    """As `rewrite`, unless that was done today or the file is too large; whether it was written anew."""
    if db.engine.dialect.name != "sqlite" or _ask("user_version") >= _today():
        return False
    if not _ask("user_version"):
        # Nothing was ever written anew, so this may be the first start, which has other things to do.
        db.session.commit()
        _run(db.engine, f"PRAGMA user_version = {_today()}")
        return False
    size = _ask("page_count") * _ask("page_size")
    if size > LARGEST:
        log.warning("database is too large to be written anew by itself", see="docs/privacy.md", bytes=size)
        return False
    rewrite()
    return True


def _today() -> int:
    return now().date().toordinal()


def _ask(pragma: str) -> int:
    return int(db.session.execute(text(f"PRAGMA {pragma}")).scalar_one())


def _empty_log(engine: Engine) -> bool:
    """Whether that could be done at once."""
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            was_busy = (cursor.fetchone() or (0,))[0]
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
            cursor.close()
        return not was_busy


def _run(engine: Engine, *statements: str) -> None:
    """Below SQLAlchemy, which begins a transaction with the first statement: within one there is no VACUUM."""
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
