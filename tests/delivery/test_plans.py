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
from newsletter.delivery.policy import Rules
from newsletter.delivery.queries import next_due, slowest_domain
from newsletter.digests.service import run_due
from newsletter.editions.service import follow_mailings, send
from newsletter.mail.house import House
from newsletter.schema import metadata
from newsletter.subscriptions.service import Origin, answer_sign_ups, confirm, remind, unsubscribe
from newsletter.subscriptions.service.linking import ask_link
from newsletter.subscriptions.service.preferring import resume_due
from newsletter.subscriptions.service.readdressing import ask_change, change_address, purge_changes
from newsletter.web import current
from tests import make

GROWING = (
    *("deliveries", "mailings", "subscribers", "subscriptions", "consent_events", "articles", "editions"),
    *("sign_ups", "confirm_counts", "address_changes"),
)


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
    return [f"{step}: {each[0]}" for each in statements for step in plan(each) if _reads_all(step)]


def plan(executed_statement: tuple[str, Any]) -> list[str]:
    """What SQLite would do for it, step by step; nothing for what reads and changes no rows."""
    statement, parameters = executed_statement
    if not statement.startswith(("SELECT", "UPDATE", "DELETE")):
        return []
    one = parameters[0] if isinstance(parameters, list) else parameters
    steps = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", one)
    return [str(step[3]) for step in steps]


def _reads_all(step: str) -> bool:
    return step.startswith("SCAN") and "INDEX" not in step and step.split()[1] in GROWING


def test_a_sign_up_its_answers_and_an_unsubscription_read_no_whole_table(on_sqlite: House) -> None:
    of = make.newsletter()
    person = make.subscription(of, on_sqlite)
    claims = {"n": of.id, "s": person.subscriber_id}
    with executed() as seen:
        asked = make.signed_up("ann@example.org", on_sqlite, of.slug)
        remind(on_sqlite)
        wanted = {"n": {str(of.id): asked.nonce}, "s": asked.subscriber_id}
        confirm(on_sqlite.signer.sign("confirm", wanted, at=now()), Origin("link"), on_sqlite)
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
        service.lease(service.Lessee("a-worker", "memory:"), Lane.BULK, 10)
        service.finish_mailings()
        service.settle_expired(on_sqlite.settings.spool, Rules())
        follow_mailings()
        run_due(on_sqlite)

    assert len(seen) > 20
    assert scans(seen) == []


def test_pauses_that_end_are_found_by_index(on_sqlite: House) -> None:
    make.subscription(make.newsletter(), on_sqlite, status="paused")
    with executed() as seen:
        resume_due()

    [steps] = [found for statement in seen if (found := plan(statement))]
    assert ["ix_subscriptions_paused (paused_until<" in step for step in steps] == [True]


def test_fresh_links_and_changes_of_address_read_no_whole_table(on_sqlite: House) -> None:
    person = make.subscription(make.newsletter(), on_sqlite).subscriber
    with executed() as seen:
        ask_link(person.address, Origin("link"), on_sqlite)
        ask_change(person, "ann@new.example.org", Origin("change"), on_sqlite)
        answer_sign_ups(on_sqlite)
        token = on_sqlite.signer.sign("email-change", {"c": 1, "s": person.id}, at=now())
        change_address(token, Origin("email-change"), on_sqlite)
        purge_changes()

    assert len(seen) > 20
    assert scans(seen) == []


def test_watching_a_mailing_reads_those_that_wait_by_when_they_are_due(on_sqlite: House) -> None:
    of = make.newsletter()
    make.subscriptions(of, on_sqlite, 3)
    mailing_id = send(make.edition(of, make.articles(make.source(), 1)).id, on_sqlite).mailing_id or 0
    with executed() as seen:
        next_due(mailing_id)
        slowest_domain(mailing_id)

    steps = [step for statement in seen for step in plan(statement) if "deliveries" in step]
    assert len(steps) == 2
    assert all("ix_deliveries_waiting (mailing_id=?" in step for step in steps)
    assert "due_at>?" in steps[1]


def test_who_leaves_is_looked_for_by_name_and_not_in_what_waits_for_others(on_sqlite: House) -> None:
    of = make.newsletter()
    person, *_ = make.subscriptions(of, on_sqlite, 3)
    send(make.edition(of, make.articles(make.source(), 1)).id, on_sqlite)
    with executed() as seen:
        service.cancel_for(person.subscriber_id, of.id)

    [steps] = [found for statement in seen if (found := plan(statement))]
    assert sum("ix_mailings_open (newsletter_id=? AND subscriber_id=?" in step for step in steps) == 2
    assert [step for step in steps if "deliveries" in step and "(mailing_id=? AND subscriber_id=?)" in step]
