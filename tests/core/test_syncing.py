"""One sync for many: nobody goes on before what they wrote is safe, and nobody syncs for themselves alone."""

import time
from threading import Event, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.syncing import SharedSync, share_syncs
from newsletter.subscriptions.models import Wording
from tests.patience import PATIENCE, until


def test_those_who_come_during_a_sync_wait_for_the_next_one_which_is_for_all_of_them() -> None:
    began: list[Event] = []
    safe: list[int] = []

    def sync() -> None:
        began.append(Event())
        assert began[-1].wait(PATIENCE)

    shared = SharedSync(sync)

    def come(number: int) -> None:
        shared.wait()
        safe.append(number)

    first, *others = (Thread(target=come, args=(number,)) for number in range(5))
    first.start()
    until(lambda: len(began) == 1)
    for each in others:
        each.start()
    time.sleep(0.05)
    assert safe == []
    began[0].set()
    until(lambda: len(began) == 2)
    assert safe == [0]
    # All four have come by now: whoever is late would begin a third sync.
    time.sleep(0.05)
    began[1].set()
    for each in (first, *others):
        each.join(PATIENCE)

    assert sorted(safe) == [0, 1, 2, 3, 4]
    assert len(began) == 2


def test_a_later_comer_gets_a_sync_of_its_own() -> None:
    synced: list[None] = []
    shared = SharedSync(lambda: synced.append(None))

    shared.wait()
    shared.wait()

    assert len(synced) == 2


def test_after_a_failure_nothing_is_promised_any_more() -> None:
    outcomes = iter([OSError("no disk"), None])

    def sync() -> None:
        if problem := next(outcomes):
            raise problem

    shared = SharedSync(sync)

    with pytest.raises(OSError, match="no disk"):
        shared.wait()
    with pytest.raises(OSError, match="start the process again"):
        shared.wait()


def add(digest: str) -> None:
    with transaction():
        db.session.add(Wording(digest=digest, text="Sign up", since=now()))


def test_threads_that_share_syncs_write_all_that_they_were_told_is_written(app: Flask) -> None:
    share_syncs(db.engine)

    def work(name: int) -> None:
        with app.app_context():
            for number in range(20):
                add(f"{name}-{number}")

    threads = [Thread(target=work, args=(name,)) for name in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)

    assert db.session.scalar(select(func.count()).select_from(Wording)) == 120
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(text("PRAGMA synchronous")) == 1


def test_whoever_fails_lets_the_next_one_have_its_turn(app: Flask) -> None:
    share_syncs(db.engine)

    def fail() -> None:
        with transaction():
            add("gone")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    add("kept")

    assert db.session.scalars(select(Wording.digest)).all() == ["kept"]
