"""`newsletter run`, `web` and `worker`: the long-running processes."""

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
from newsletter.web import current

_SUPERVISED = click.option("--supervised", is_flag=True, hidden=True, help="Stop when the parent process is gone.")


@click.command(cls=Command)
@_SUPERVISED
def run(supervised: bool) -> None:
    """Web server and worker together, each started again when it dies."""
    _checked_app()
    stop = Event()
    stop_on_signals(stop)
    if supervised:
        supervisor.stop_with_parent(stop)
    commands = {"web": ("web", "--supervised"), "worker": ("worker", "--supervised")}
    sys.exit(supervisor.supervise(commands, stop))


@click.command(cls=Command)
@_SUPERVISED
def web(supervised: bool) -> None:
    """The web server alone."""
    app = _checked_app()
    if supervised:
        supervisor.stop_with_parent(Event())
    with app.app_context():
        settings = current.settings()
    serve(app, settings)


@click.command(cls=Command)
@_SUPERVISED
def worker(supervised: bool) -> None:
    """The worker alone: it polls, builds digests and sends. Any number of them may run."""
    app = _checked_app()
    stop = Event()
    stop_on_signals(stop)
    if supervised:
        supervisor.stop_with_parent(stop)
    with app.app_context():
        house = current.house()
    work(app, house, stop)


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
