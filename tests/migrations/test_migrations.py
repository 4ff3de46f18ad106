"""Models and migrations agree, and each migration goes both ways, on the database the tests run on."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect

from newsletter.core.db import db
from newsletter.schema import downgrade, metadata, upgrade


def test_models_and_migrations_agree(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, metadata) == []


def test_all_the_way_down_and_up_again(app: Flask) -> None:
    db.session.remove()
    downgrade("base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]

    upgrade()
    assert set(inspect(db.engine).get_table_names()) == {"alembic_version", *metadata.tables}
