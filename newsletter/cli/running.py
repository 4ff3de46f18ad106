"""`newsletter run`, `web` and `worker`: the long-running processes."""

import os
import sys
from threading import Event

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from newsletter.app import MIGRATIONS, create_app
from newsletter.cli.output import Command
from newsletter.core.db import db
from newsletter.core.errors import Conflict
from newsletter.engine import supervisor
from newsletter.engine.server import serve
from newsletter.engine.worker import stop_on_signals, work
from newsletter.jobs import timetable
from newsletter.web import current

_PARENT = click.option("--parent", type=int, hidden=True, help="Stop when this process is no longer the parent.")


@click.command(cls=Command)
@_PARENT
def run(parent: int | None) -> None:
    """Web server, worker and further senders together, each started again when it dies."""
    with _checked_app().app_context():
        settings = current.settings()
    stop = Event()
    stop_on_signals(stop)
    if parent:
        supervisor.stop_with_parent(parent, stop)
    mine = ("--parent", str(os.getpid()))
    commands: dict[str, tuple[str, ...]] = {"web": ("web", *mine), "worker": ("worker", *mine)}
    for number in range(2, (settings.senders or os.cpu_count() or 1) + 1):
        commands[f"sender {number}"] = ("worker", "--only-send", *mine)
    sys.exit(supervisor.supervise(commands, stop))


@click.command(cls=Command)
@_PARENT
def web(parent: int | None) -> None:
    """The web server alone."""
    app = _checked_app()
    if parent:
        supervisor.stop_with_parent(parent, Event())
    with app.app_context():
        settings = current.settings()
    serve(app, settings)


@click.command(cls=Command)
@click.option("--only-send", is_flag=True, help="Leave the timetable (polling, digests) to another worker.")
@_PARENT
def worker(only_send: bool, parent: int | None) -> None:
    """The worker alone: it polls, builds digests and sends. Any number of them may run."""
    app = _checked_app()
    stop = Event()
    stop_on_signals(stop)
    if parent:
        supervisor.stop_with_parent(parent, stop)
    with app.app_context():
        house = current.house()
    work(app, house, () if only_send else timetable(house), stop)


def _checked_app() -> Flask:
    """The app, once its database has the newest schema; upgrading is left to `init`, which one process runs."""
    app = create_app()
    with app.app_context(), db.engine.connect() as connection:
        has = MigrationContext.configure(connection).get_current_heads()
        needs = ScriptDirectory(str(MIGRATIONS)).get_heads()
        if set(has) != set(needs):
            problem = "The database is not made yet, or older than this version; run `newsletter init` first."
            raise Conflict(problem)
    return app


def register(group: click.Group) -> None:
    for command in (run, web, worker):
        group.add_command(command)
