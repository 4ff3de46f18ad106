"""Models and migrations agree, and each migration goes both ways, on the database the tests run on."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import delete, inspect, select, text
from sqlalchemy.exc import DatabaseError

from newsletter.core.db import db, transaction
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.schema import downgrade, metadata, upgrade
from newsletter.subscriptions.models import Subscriber
from tests import make


def test_models_and_migrations_agree(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert [each for each in compare_metadata(context, metadata) if not _is_of_search(each)] == []


def test_all_the_way_down_and_up_again(app: Flask) -> None:
    db.session.remove()
    downgrade("base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]

    upgrade()
    tables = {name for name in inspect(db.engine).get_table_names() if not name.startswith("edition_words")}
    assert tables == {"alembic_version", *metadata.tables}


def test_people_and_their_ledger_survive_that_numbers_are_never_given_twice(app: Flask, house: House) -> None:
    make.newsletter()
    make.signed_up("ann@example.org", house)
    before = _shape()
    db.session.remove()
    downgrade("6b90d4e2a7f1")
    upgrade()

    assert _shape() == before
    assert db.session.scalars(select(Subscriber.address)).all() == ["ann@example.org"]
    with pytest.raises(DatabaseError, match="append-only"), transaction():
        db.session.execute(text("DELETE FROM consent_events"))
    first = make.subscriber("bob@example.org", house).id
    with transaction():
        db.session.execute(delete(Subscriber).where(Subscriber.id == first))
    assert make.subscriber("cleo@example.org", house).id > first


def test_a_newsletter_knows_when_it_comes_as_its_digest_does(app: Flask, house: House) -> None:
    of, other = make.newsletter(), make.newsletter("evening")
    digest = make.digest(of, [make.source()])
    when, silent = f"{digest.cron} {digest.timezone}", other.id
    db.session.remove()
    downgrade("d3570af1b68e")
    upgrade()

    assert db.session.get_one(Newsletter, digest.newsletter_id).schedule == when
    assert db.session.get_one(Newsletter, silent).schedule == ""


def _is_of_search(difference: object) -> bool:
    """The index of words is of another kind on each database, and no model says how it is made."""
    kind, what = (difference[0], difference[-1]) if isinstance(difference, tuple) else ("", None)
    ours = {
        "remove_table": "edition_words",
        "remove_index": "ix_edition_texts_lexemes",
        "remove_column": "lexemes",
    }
    return str(getattr(what, "name", "")).startswith(ours.get(str(kind), "\0"))


def _shape() -> list[tuple[str, str]]:
    """What SQLite says of its tables, indexes and triggers; on PostgreSQL its indexes."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    statement = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND type <> 'table'"
    if not is_sqlite:
        statement = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    rows = sorted((str(name), str(sql)) for name, sql in db.session.execute(text(statement)))
    db.session.commit()
    return rows
