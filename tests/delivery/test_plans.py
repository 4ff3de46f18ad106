"""What runs each second, or at each click, finds its rows by index: no plan reads a whole table that grows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from newsletter.app import create_app
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.delivery import service
from newsletter.delivery.models import Lane
from newsletter.digests.service import run_due
from newsletter.editions.service import follow_mailings, send
from newsletter.mail.house import House
from newsletter.schema import metadata
from newsletter.subscriptions.service import Origin, sign_up, unsubscribe
from newsletter.web import current
from tests import make

GROWING = ("deliveries", "mailings", "subscribers", "subscriptions", "consent_events", "articles", "editions")


@pytest.fixture
def on_sqlite(settings: Settings, tmp_path: Path) -> Iterator[House]:
    """Whatever database the other tests run on: SQLite says its plans in words, and guesses by no statistics."""
    app = create_app(replace(settings, database_url=f"sqlite:///{tmp_path / 'plans.db'}"))
    with app.app_context():
        metadata.create_all(db.engine)
        yield current.house()
        db.session.remove()
        db.engine.dispose()


@contextmanager
def executed() -> Iterator[list[tuple[str, Any]]]:
    """The statements of the block with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(*facts: Any) -> None:  # noqa: ANN401 - the six arguments of SQLAlchemy's event.
        seen.append((facts[2], facts[3]))

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def scans(statements: list[tuple[str, Any]]) -> list[str]:
    """The steps of their plans that read all of a growing table."""
    found = []
    for statement, parameters in statements:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            one = parameters[0] if isinstance(parameters, list) else parameters
            plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", one)
            found += [f"{step[3]}: {statement}" for step in plan if _reads_all(step[3])]
    return found


def _reads_all(step: str) -> bool:
    return step.startswith("SCAN") and "INDEX" not in step and step.split()[1] in GROWING


def test_a_sign_up_and_an_unsubscription_read_no_whole_table(on_sqlite: House) -> None:
    of = make.newsletter()
    person = make.subscription(of, on_sqlite)
    claims = {"n": of.id, "s": person.subscriber_id}
    with executed() as seen:
        sign_up("ann@example.org", of.slug, Origin("form"), on_sqlite)
        unsubscribe(on_sqlite.signer.sign("unsubscribe", claims, at=now()), Origin("one-click"), on_sqlite)

    assert len(seen) > 10
    assert scans(seen) == []


def test_a_sender_and_the_timetable_read_no_whole_table(on_sqlite: House) -> None:
    of, source = make.newsletter(), make.source()
    make.subscriptions(of, on_sqlite, 3)
    make.digest(of, [source])
    edition = make.edition(of, make.articles(source, 2))
    with executed() as seen:
        send(edition.id, on_sqlite)
        make.send_all(on_sqlite)
        service.lease("a-worker", Lane.BULK, 10)
        service.finish_mailings()
        service.settle_expired("hold")
        follow_mailings()
        run_due(on_sqlite)

    assert len(seen) > 20
    assert scans(seen) == []
