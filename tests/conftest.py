"""The seven fixtures: settings, app, client, operator, outbox, clock, house. All else a test makes with `make`."""

import os
import shutil
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import CodeType

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import literal, select, text, union_all
from sqlalchemy.engine import make_url

from newsletter import schema
from newsletter.app import create_app
from newsletter.core.db import db
from newsletter.core.settings import Settings, from_mapping
from newsletter.mail.backends.memory import MemoryBackend
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.schema import metadata
from newsletter.web import current
from tests import make

MONDAY = "2026-11-23T09:00:00+00:00"

SECRETS = {
    "NEWSLETTER_SECRET_KEYS": "a-key-for-tests-only-0123456789abcdef",
    "NEWSLETTER_PEPPER": "a-pepper-for-tests-only-0123456789ab",
    "NEWSLETTER_BACKENDS": "memory:",
    "NEWSLETTER_BASE_URL": "https://letters.example.org",
    "NEWSLETTER_LOG_LEVEL": "ERROR",
}


# The browser's own packages are in a lock of their own, which `make browser` installs.
collect_ignore = [] if find_spec("playwright") else ["browser"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("loopback") or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "::1"]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be missing, a test that was skipped has failed."""
    report = yield
    if report.skipped and os.environ.get("NEWSLETTER_TEST_FORBID_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is forbidden here: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def _database(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> str:
    """The URL of a migrated database: a file to copy on SQLite, one per test process on PostgreSQL."""
    server = os.environ.get("NEWSLETTER_TEST_DATABASE_URL", "")
    if server:
        url = _postgres_database(server, f"{make_url(server).database}_{worker_id}")
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('database') / 'template.db'}"
    app = create_app(from_mapping({**SECRETS, "NEWSLETTER_DATABASE_URL": url}))
    with app.app_context():
        schema.upgrade()
        db.engine.dispose()
    return url


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """The name of this test process, also when there is only one."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture
def settings(_database: str, tmp_path: Path) -> Settings:
    url = _database
    if url.startswith("sqlite"):
        copy = tmp_path / "newsletter.db"
        shutil.copy(str(make_url(url).database), copy)
        url = f"sqlite:///{copy}"
    folders = {"NEWSLETTER_SPOOL": str(tmp_path / "spool"), "NEWSLETTER_IMAGES": str(tmp_path / "images")}
    return from_mapping({**SECRETS, "NEWSLETTER_DATABASE_URL": url, **folders})


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """A running app with its context pushed, on an empty database."""
    app = create_app(settings)
    # The test client asks for this host, as the links in the mails do.
    app.config.update(SERVER_NAME="letters.example.org", PREFERRED_URL_SCHEME="https")
    app.jinja_env.bytecode_cache = _compiled
    with app.app_context():
        yield app
        # A stream that nobody read to its end has a session of its own, whose connection would outlive the engine.
        for session in list(db.session.registry.registry.values()):
            session.close()
        db.session.remove()
        if not settings.is_sqlite:
            _empty_all_tables()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def operator(app: Flask, house: House) -> FlaskClient:
    """A client whose owner of the house is logged in to the console."""
    return make.log_in(app.test_client(), make.operator(house), house)


@pytest.fixture
def house(app: Flask) -> House:
    with app.app_context():
        return current.house()


@pytest.fixture
def outbox(house: House) -> list[Envelope]:
    """What the memory backend was given; a test sends with `make.send_all`."""
    assert isinstance(house.backend, MemoryBackend)
    return house.backend.outbox


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Time stands still on a Monday morning until the test moves it."""
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


def _postgres_database(server: str, name: str) -> str:
    import psycopg  # noqa: PLC0415 - only where the tests run on PostgreSQL.

    url = make_url(server).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return url.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)


def _empty_all_tables() -> None:
    """Delete the few rows that there are and let numbers begin anew: truncating all tables takes far longer."""
    # The consent ledger has triggers against that, and rows would have to go in the order of their references.
    db.session.execute(text("SET LOCAL session_replication_role = replica"))
    looks = [select(literal(table.name)).where(select(table).exists()) for table in metadata.sorted_tables]
    for name in db.session.scalars(union_all(*looks)).all():
        db.session.execute(metadata.tables[name].delete())
    sequence = "format('%I.%I', schemaname, sequencename)::regclass"
    used = "FROM pg_sequences WHERE last_value IS NOT NULL"
    db.session.execute(text(f"SELECT setval({sequence}, start_value, false) {used}"))
    db.session.commit()


class _Compiled(BytecodeCache):
    """The pages' templates, each compiled once in this test process instead of once for each app."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code
        self._codes[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()
