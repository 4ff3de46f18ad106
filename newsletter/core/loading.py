"""Many rows at once, past the object layer: one prepared statement on SQLite, COPY on PostgreSQL."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Table, insert

from newsletter.core.db import UtcDateTime, db

Row = Sequence[str | int | datetime | None]


def load(table: Table, rows: Iterable[Row]) -> None:
    """Add rows, each with a value for every column of `filled` in its order, in the caller's transaction.

    Nothing is filled in, and nothing checked but what the database checks. Times must be aware. Rows are taken one
    by one, so that they need not be in memory together.
    """
    connection = db.session.connection()
    cursor: Any = connection.connection.cursor()
    names = [column.name for column in filled(table)]
    if connection.dialect.name == "postgresql":
        from psycopg import sql  # noqa: PLC0415 - only where there is PostgreSQL.

        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)) as copy:
            for row in rows:
                copy.write_row(row)
    else:
        statement = insert(table).compile(dialect=connection.dialect, column_keys=names)
        cursor.executemany(str(statement), _as_kept(table, rows))
    cursor.close()


def filled(table: Table) -> list[Column[Any]]:
    """The columns of a table but for those that the database makes itself."""
    return [column for column in table.columns if column.computed is None]


def _as_kept(table: Table, rows: Iterable[Row]) -> Iterator[list[Any]]:
    """With times as SQLite has them."""
    times = [place for place, column in enumerate(filled(table)) if isinstance(column.type, UtcDateTime)]
    for row in rows:
        cells = list(row)
        for place in times:
            moment = cells[place]
            if isinstance(moment, datetime):
                utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
                cells[place] = utc.isoformat(sep=" ", timespec="microseconds").removesuffix("+00:00")
        yield cells
