"""How Alembic reaches our tables: through the running app's engine, on SQLite in batch mode."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from newsletter import schema
from newsletter.core.db import UtcDateTime


def plain_type(kind: str, item: object, _context: object) -> str | bool:
    """A migration must not change with our code, so our own column type is written as what it is below."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run() -> None:
    """Migrate the database of the app in one transaction per migration."""
    engine = current_app.extensions["migrate"].db.engine
    # Batch mode rebuilds a table; with foreign keys on, dropping the old one would empty those that refer to it.
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            _check_foreign_keys(connection, "OFF")
        context.configure(
            connection=connection,
            target_metadata=schema.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=plain_type,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if engine.dialect.name == "sqlite":
            connection.commit()
            _check_foreign_keys(connection, "ON")


def _check_foreign_keys(connection: Connection, state: str) -> None:
    """Below SQLAlchemy, which begins a transaction with the first statement: within one SQLite ignores this."""
    driver_connection = connection.connection.driver_connection
    assert driver_connection  # noqa: S101 - it is open.
    driver_connection.execute(f"PRAGMA foreign_keys = {state}")


run()
