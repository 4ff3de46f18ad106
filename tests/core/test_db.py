"""Transactions that join and roll back, writers that wait for each other, and times that keep their zone."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError

from newsletter.app import create_app
from newsletter.core.db import db, insert_ignoring, leave_checkpoint, rows_written, transaction
from newsletter.core.settings import Settings
from newsletter.suppressions.models import Reason, Suppression

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


def add(key: str, at: datetime = NOON) -> None:
    db.session.add(Suppression(address_key=key, reason=Reason.HARD_BOUNCE, words="", created_at=at))
    db.session.flush()


def keys() -> set[str]:
    return set(db.session.scalars(db.select(Suppression.address_key)))


def seen_by_others(app: Flask) -> set[str]:
    """What another session finds committed."""
    with app.app_context():
        return keys()


def test_a_transaction_keeps_all_of_the_block(app: Flask) -> None:
    with transaction():
        add("one")
        add("two")

    assert seen_by_others(app) == {"one", "two"}


def test_a_transaction_that_fails_keeps_nothing(app: Flask) -> None:
    def work() -> None:
        with transaction():
            add("one")
            raise LookupError

    with pytest.raises(LookupError):
        work()

    assert seen_by_others(app) == set()


def test_a_nested_transaction_joins_the_outer_one(app: Flask) -> None:
    with transaction():
        with transaction():
            add("inner")
        assert seen_by_others(app) == set()
        add("outer")

    assert seen_by_others(app) == {"inner", "outer"}


def test_what_a_nested_transaction_did_goes_when_the_outer_one_fails(app: Flask) -> None:
    def work() -> None:
        with transaction():
            with transaction():
                add("inner")
            raise LookupError

    with pytest.raises(LookupError):
        work()

    assert seen_by_others(app) == set()


def test_a_transaction_is_over_after_a_failure(app: Flask) -> None:
    def work() -> None:
        with transaction():
            add("one")
            add("one")

    with pytest.raises(IntegrityError):
        work()
    with transaction():
        add("two")

    assert seen_by_others(app) == {"two"}


@pytest.mark.usefixtures("app")
def test_objects_stay_readable_after_the_commit() -> None:
    row = Suppression(address_key="one", reason=Reason.MANUAL, words="said so", created_at=NOON)
    with transaction():
        db.session.add(row)
    db.session.remove()

    assert row.words == "said so"


def in_threads(app: Flask, *works: Callable[[], None]) -> list[BaseException]:
    """Run each in a thread with a session of its own; what they raised."""
    problems: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        with app.app_context():
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - it is handed to the test.
                problems.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return problems


def test_writers_that_read_first_wait_for_each_other(app: Flask) -> None:
    begin = threading.Barrier(4)

    def count_up() -> None:
        begin.wait()
        for _ in range(10):
            with transaction():
                row = db.session.get(Suppression, "counter", with_for_update=True, populate_existing=True)
                assert row
                row.words = str(int(row.words) + 1)

    with transaction():
        db.session.add(Suppression(address_key="counter", reason=Reason.MANUAL, words="0", created_at=NOON))

    assert in_threads(app, *[count_up] * 4) == []
    assert db.session.scalar(db.select(Suppression.words)) == "40"


def test_a_transaction_sees_what_others_wrote_since_the_last_reading(app: Flask) -> None:
    assert keys() == set()
    in_threads(app, _add_in_transaction)

    with transaction():
        assert keys() == {"theirs"}
        add("ours")

    assert seen_by_others(app) == {"theirs", "ours"}


def _add_in_transaction() -> None:
    with transaction():
        add("theirs")


def test_readers_do_not_wait_for_a_writer(app: Flask) -> None:
    found: list[set[str]] = []
    with transaction():
        add("half done")
        assert in_threads(app, lambda: found.append(keys())) == []

    assert found == [set()]


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        NOON.astimezone(timezone(timedelta(hours=13, minutes=45))),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
@pytest.mark.usefixtures("app")
def test_a_time_comes_back_in_utc_to_the_microsecond(moment: datetime) -> None:
    with transaction():
        add("one", moment)
    db.session.expire_all()

    (kept,) = db.session.scalars(db.select(Suppression.created_at))

    assert kept == moment
    assert kept.utcoffset() == timedelta(0)


@pytest.mark.usefixtures("app")
def test_times_compare_in_the_database_whatever_their_zone() -> None:
    with transaction():
        add("one", NOON)
    earlier = (NOON - timedelta(seconds=1)).astimezone(timezone(timedelta(hours=9)))

    later_than = db.select(Suppression.address_key).where(Suppression.created_at > earlier)

    assert db.session.scalars(later_than).all() == ["one"]


def test_a_time_without_a_zone_is_refused(app: Flask) -> None:
    naive = NOON.replace(tzinfo=None)

    with pytest.raises(StatementError, match="without a zone"), transaction():
        add("one", naive)
    assert seen_by_others(app) == set()


@pytest.mark.usefixtures("app")
def test_an_insert_that_ignores_leaves_what_is_there() -> None:
    row = {"address_key": "one", "reason": Reason.MANUAL, "words": "first", "created_at": NOON}
    with transaction():
        written = [rows_written(insert_ignoring(Suppression).values(**{**row, "words": words})) for words in "ab"]

    assert written == [1, 0]
    assert db.session.scalars(db.select(Suppression.words)).all() == ["a"]


def test_sqlite_keeps_what_it_answered(settings: Settings, tmp_path: Path) -> None:
    # Whatever database the other tests run on.
    on_sqlite = create_app(replace(settings, database_url=f"sqlite:///{tmp_path / 'kept.db'}"))
    with on_sqlite.app_context():
        with db.engine.connect() as connection:
            found = {
                name: connection.execute(text(f"PRAGMA {name}")).scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        db.engine.dispose()

    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_checkpoint_is_left_to_others_by_one_transaction(
    settings: Settings, tmp_path: Path, *, is_kept: bool
) -> None:
    on_sqlite = create_app(replace(settings, database_url=f"sqlite:///{tmp_path / 'left.db'}"))
    pages = text("PRAGMA wal_autocheckpoint")
    with on_sqlite.app_context():
        before = db.session.execute(pages).scalar()
        db.session.rollback()
        with suppress(LookupError), transaction():
            leave_checkpoint()
            during = db.session.execute(pages).scalar()
            if not is_kept:
                raise LookupError
        after = db.session.execute(pages).scalar()
        db.session.remove()
        db.engine.dispose()

    assert (before, during, after) == (1000, 0, 1000)
