"""The stage of the fault cases, and their table at the end of the run."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter import schema
from newsletter.app import create_app
from newsletter.core.db import db
from newsletter.core.settings import from_mapping
from newsletter.web import current
from tests.conftest import SECRETS, _postgres_database
from tests.faults.disks import Disk, Quota, SmallDisk, may_mount
from tests.faults.stage import Stage

POSTGRES = "NEWSLETTER_TEST_DATABASE_URL"
_TABLE = "fault"

# So that an invariant that does not hold says what was found, as an assertion of a test does.
pytest.register_assert_rewrite("tests.faults.invariants")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a PostgreSQL server its cases cannot be played; `pytest_terminal_summary` says so."""
    if os.environ.get(POSTGRES):
        return
    away = [item for item in items if item.get_closest_marker("on_postgres")]
    config.hook.pytest_deselected(items=away)
    items[:] = [item for item in items if item not in away]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not config.option.markexpr.startswith("faults"):
        return
    terminalreporter.section("faults: what was sent, what was lost, what nobody can tell")
    for outcome in ("passed", "failed"):
        reports = [each for each in terminalreporter.getreports(outcome) if each.when == "call"]
        lines = [(text, each.nodeid) for each in reports for name, text in each.user_properties if name == _TABLE]
        silent = [each.nodeid for each in reports if _TABLE not in dict(each.user_properties)]
        for text, _ in sorted(lines):
            terminalreporter.write_line(f"{outcome.upper():<7}{text}")
        for nodeid in silent:
            terminalreporter.write_line(f"{outcome.upper():<7}{nodeid}: it did not come to its end")
    if not os.environ.get(POSTGRES):
        terminalreporter.write_line(
            f"NOT RUN: the cases on PostgreSQL (F-20, F-22, F-25), because {POSTGRES} is not set."
        )


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("faults") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def stage(request: pytest.FixtureRequest, tmp_path: Path, _migrated: Path) -> Iterator[Stage]:
    """On SQLite, or on PostgreSQL for a test marked so; whatever it started is ended with it."""
    if request.node.get_closest_marker("on_postgres"):
        worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
        url = _postgres_database(os.environ[POSTGRES], f"newsletter_faults_{worker}")
        _migrate(url)
        yield from _staged(request, tmp_path, tmp_path, url)
    else:
        yield from _staged(request, tmp_path, tmp_path, _copied(_migrated, tmp_path))


@pytest.fixture(params=["quota", "small disk"] if may_mount() else ["quota"])
def full(request: pytest.FixtureRequest, tmp_path: Path, _migrated: Path) -> Iterator[tuple[Stage, Disk]]:
    """A stage on SQLite whose database and journals lie on a disk that can be filled, and the disk."""
    if request.param == "quota":
        for stage in _staged(request, tmp_path, tmp_path, _copied(_migrated, tmp_path)):
            yield stage, Quota()
        return
    folder = tmp_path / "small"
    disk = SmallDisk(folder)
    try:
        for stage in _staged(request, tmp_path, folder, _copied(_migrated, folder)):
            yield stage, disk
    finally:
        disk.close()


def _staged(request: pytest.FixtureRequest, folder: Path, state: Path, url: str) -> Iterator[Stage]:
    """`folder` takes what the test writes, `state` what the service does."""
    settings = {**SECRETS, "NEWSLETTER_DATABASE_URL": url, "NEWSLETTER_SPOOL": str(state / "spool")}
    app = create_app(from_mapping(settings))
    with app.app_context():
        made = Stage(folder, url, current.house(), told=request.node.user_properties)
        try:
            yield made
        finally:
            made.close()
            db.session.remove()
            db.engine.dispose()


def _copied(template: Path, folder: Path) -> str:
    shutil.copy(template, folder / "newsletter.db")
    return f"sqlite:///{folder / 'newsletter.db'}"


def _migrate(url: str) -> None:
    with create_app(from_mapping({**SECRETS, "NEWSLETTER_DATABASE_URL": url})).app_context():
        schema.upgrade()
        db.engine.dispose()
