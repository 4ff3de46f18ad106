"""Where the catcher keeps what it caught: one row for each recipient of each message, in a SQLite file."""

import re
import sqlite3
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.core.clock import now

HEADER_BYTES = 32 * 1024
"""How much of a message a list reads: enough for its headers."""

_MESSAGE_ID = re.compile(rb"^message-id:[ \t\r\n]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_COLUMNS = "id, received_at, sender, recipient, message_id"


@dataclass(frozen=True)
class Caught:
    """One message as one recipient got it; `sender` and `recipient` are the envelope's, `raw` is unchanged."""

    id: int
    received_at: datetime
    sender: str
    recipient: str
    message_id: str
    raw: bytes


class MailStore:
    """Safe to use from several threads. What `add` returned from survives the end of the program."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(folder / "caught.sqlite3", check_same_thread=False, isolation_level=None)
        self._db.executescript("""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = NORMAL;
            CREATE TABLE IF NOT EXISTS caught (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                received_at TEXT NOT NULL,
                sender TEXT NOT NULL,
                recipient TEXT NOT NULL COLLATE NOCASE,
                message_id TEXT NOT NULL,
                raw BLOB NOT NULL
            );
            CREATE INDEX IF NOT EXISTS caught_recipient ON caught (recipient);
        """)

    def add(self, sender: str, recipients: list[str], raw: bytes) -> None:
        """Keep the message, once for each recipient: all of them or, when this raises, none."""
        headers = raw.partition(b"\r\n\r\n")[0]
        found = _MESSAGE_ID.search(headers)
        message_id = found[1].decode("utf-8", "replace").strip() if found else ""
        moment = now().isoformat()
        rows = [(moment, sender, recipient, message_id, raw) for recipient in recipients]
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(
                    "INSERT INTO caught (received_at, sender, recipient, message_id, raw) VALUES (?, ?, ?, ?, ?)",
                    rows,
                )
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def count(self) -> int:
        """How many were caught, each recipient counted."""
        return self._number("SELECT count(*) FROM caught")

    def count_distinct(self) -> int:
        """How many different Message-IDs are among them; fewer than `count` means that one came twice."""
        return self._number("SELECT count(DISTINCT message_id) FROM caught")

    def count_matching(self, search: str) -> int:
        """How many have `search` somewhere in the recipient's address."""
        return self._number("SELECT count(*) FROM caught WHERE instr(lower(recipient), lower(?))", search)

    def messages(self, recipient: str | None = None, after: int = 0) -> list[Caught]:
        """Whole messages with a higher id than `after`, oldest first; of all recipients, or of exactly one."""
        return self._caught(
            f"SELECT {_COLUMNS}, raw FROM caught WHERE id > ? AND (? IS NULL OR recipient = ?) ORDER BY id",  # noqa: S608 - a constant.
            after,
            recipient,
            recipient,
        )

    def page(self, search: str, *, start: int, size: int) -> list[Caught]:
        """As `count_matching`, newest first, from place `start` (0 is the newest); `raw` is cut short."""
        return self._caught(
            f"SELECT {_COLUMNS}, substr(raw, 1, {HEADER_BYTES}) FROM caught "  # noqa: S608 - constants.
            "WHERE instr(lower(recipient), lower(?)) ORDER BY id DESC LIMIT ? OFFSET ?",
            search,
            size,
            start,
        )

    def find(self, number: int) -> Caught | None:
        """The message with that id, or None."""
        rows = self._caught(f"SELECT {_COLUMNS}, raw FROM caught WHERE id = ?", number)  # noqa: S608 - a constant.
        return rows[0] if rows else None

    def close(self) -> None:
        """Give the file back; nothing works after that."""
        with self._lock:
            self._db.close()

    def _number(self, query: str, *values: object) -> int:
        with self._lock:
            (number,) = self._db.execute(query, values).fetchone()
        return int(number)

    def _caught(self, query: str, *values: object) -> list[Caught]:
        with self._lock:
            rows = self._db.execute(query, values).fetchall()
        return [Caught(row[0], datetime.fromisoformat(row[1]), *row[2:]) for row in rows]
