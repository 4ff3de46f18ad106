"""Where this database is at home: a copy of it, restored or cloned, must not send what the original sends too."""

import hashlib
from pathlib import Path

from sqlalchemy import text

from newsletter.core.clock import now
from newsletter.core.db import db, insert_ignoring, transaction
from newsletter.core.errors import Conflict
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.delivery.models import Home

ONLY = 1

log = logger(__name__)


def settle_in() -> bool:
    """Whether this is the place where the database is at home; the first place that asks is.

    A file that was moved, copied or restored from a backup is at a new place, and so is a database on another
    PostgreSQL server.
    """
    with transaction():
        db.session.execute(insert_ignoring(Home).values(id=ONLY, place=_place(), since=now()))
        return db.session.get_one(Home, ONLY, populate_existing=True).place == _place()


def is_at_home() -> bool:
    """As `settle_in`, for whoever only looks: also True where nobody has asked yet."""
    home = db.session.get(Home, ONLY)
    return home is None or home.place == _place()


def require_home() -> None:
    """Raises Conflict, with the remedy, when the database is at home elsewhere."""
    if not settle_in():
        problem = said(
            "This database is a copy, and the original may be sending too. Stop the original for good, then run"
            " `newsletter adopt`; until then nothing is sent from here."
        )
        raise Conflict(problem)


def adopt() -> None:
    """Make this the place where the database is at home; the other one must never send again."""
    settle_in()
    with transaction():
        home = db.session.get_one(Home, ONLY)
        home.place, home.since = _place(), now()
    log.warning("database adopted")


def _place() -> str:
    """A name for the file or the server that holds the database; the same for all processes that use it."""
    if db.engine.dialect.name == "postgresql":
        question = "SELECT system_identifier, oid FROM pg_control_system(), pg_database WHERE datname = :name"
        server, number = db.session.execute(text(question), {"name": db.engine.url.database}).one()
        known = f"{server} {number}"
    else:
        path = Path(str(db.engine.url.database)).resolve()
        # A copy has an inode of its own, also under the same name.
        known = f"{path.stat().st_ino} {path}"
    return hashlib.sha256(known.encode()).hexdigest()[:32]
