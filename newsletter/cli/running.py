"""`newsletter run`, `web`, `worker` and `beat`: the long-running processes."""

import os
import socket
import sys
from collections.abc import Callable, Collection, Sequence
from functools import partial
from threading import Event

import click
from flask import Flask
from sqlalchemy.orm import configure_mappers

from newsletter import schema
from newsletter.base import create_base
from newsletter.cli.output import Command
from newsletter.core.db import db
from newsletter.core.errors import Conflict
from newsletter.core.settings import Settings
from newsletter.delivery.models import Lane
from newsletter.engine import supervisor
from newsletter.engine.station import QUEUES, SENDING, TIMETABLE
from newsletter.engine.worker import stop_on_signals, work
from newsletter.jobs import timetable
from newsletter.mail.house import senders_of
from newsletter.web import current

_PARENT = click.option("--parent", type=int, hidden=True, help="Stop when this process is no longer the parent.")


@click.command(cls=Command)
@_PARENT
def run(parent: int | None) -> None:
    """Web server, worker and further senders together, each started again when it dies."""
    from newsletter.app import create_app  # noqa: PLC0415 - a worker has no pages, and is the smaller for it.
    from newsletter.engine.server import listen  # noqa: PLC0415 - as above.

    app = _checked_app(create_app)
    with app.app_context():
        settings = current.settings()
    with listen(settings) as door:
        sys.exit(_supervise(app, {**_servers(settings, door), **_behind(settings)}, parent))


def _supervise(app: Flask, commands: supervisor.Commands, parent: int | None) -> int:
    stop = Event()
    stop_on_signals(stop)
    # What each of them would make by itself is there once for all, if it is made before they are forked.
    configure_mappers()
    mine = ("--parent", str(os.getpid()))
    those = {name: (*command, *mine) for name, command in commands.items()}
    return supervisor.supervise(those, partial(_run_command, app), stop, parent)


def _run_command(app: Flask, arguments: Sequence[str]) -> None:
    """In a process that was forked for it."""
    from newsletter.cli import main  # noqa: PLC0415 - the root command holds this one.

    main(arguments, app)


def _servers(settings: Settings, door: socket.socket) -> dict[str, tuple[str, ...]]:
    """The processes that answer requests at this door, by name."""
    from newsletter.engine.server import processes_of  # noqa: PLC0415 - as above.

    numbers = range(1, processes_of(settings) + 1)
    return {f"web {number}": ("web", "--door", str(door.fileno())) for number in numbers}


def _behind(settings: Settings) -> dict[str, tuple[str, ...]]:
    """What `run` runs beside the web server, by name."""
    if settings.has_broker:
        # A source that is slow to answer must not keep a sender from its work, so each has its own processes.
        return {
            "beat": ("beat",),
            "worker": ("worker", "--only-send"),
            "timetable": ("worker", "--only-timetable"),
        }
    return _workers(settings)


def _workers(settings: Settings) -> dict[str, tuple[str, ...]]:
    """One worker with the timetable, and further senders, by name."""
    senders = range(2, senders_of(settings) + 1)
    first: dict[str, tuple[str, ...]] = {"worker": ("worker", "--alone")}
    return first | {f"sender {number}": ("worker", "--only-send") for number in senders}


@click.command(cls=Command)
@click.option("--door", type=int, hidden=True, help="Serve, in this process only, at the socket with this number.")
@_PARENT
def web(door: int | None, parent: int | None) -> None:
    """The web server alone."""
    from newsletter.app import create_app  # noqa: PLC0415 - as above.
    from newsletter.engine.server import listen, serve  # noqa: PLC0415 - as above.

    app = _checked_app(create_app)
    with app.app_context():
        settings = current.settings()
    if door is None:
        with listen(settings) as opened:
            sys.exit(_supervise(app, _servers(settings, opened), parent))
    if parent:
        supervisor.stop_with_parent(parent, Event())
    serve(app, settings, socket.socket(fileno=door))


@click.command(cls=Command)
@click.option("--only-send", is_flag=True, help="Leave the timetable (polling, digests) to another worker.")
@click.option("--only-timetable", is_flag=True, help="Leave sending to other workers; needs a broker.")
@click.option("--alone", is_flag=True, hidden=True, help="In this process only.")
@_PARENT
def worker(only_send: bool, only_timetable: bool, alone: bool, parent: int | None) -> None:
    """The worker alone: it polls, builds digests and sends. Any number of them may run."""
    if only_send and only_timetable:
        problem = "--only-send and --only-timetable leave nothing to do; choose one, or none for all."
        raise click.UsageError(problem)
    app = _checked_app()
    with app.app_context():
        house = current.house()
        if house.settings.has_broker:
            queues = SENDING if only_send else TIMETABLE if only_timetable else QUEUES
            sys.exit(_serve_broker(house.settings, queues, parent))
    if only_timetable:
        problem = "A worker of the timetable alone needs a broker, and NEWSLETTER_ENGINE is local."
        raise Conflict(problem)
    if not (alone or only_send) and senders_of(house.settings) > 1:
        sys.exit(_supervise(app, _workers(house.settings), parent))
    stop = Event()
    stop_on_signals(stop)
    if parent:
        supervisor.stop_with_parent(parent, stop)
    # What a person waits for has senders of its own, once on each machine.
    lanes = (Lane.BULK,) if only_send else (Lane.PERSON, Lane.BULK)
    work(app, house, () if only_send else timetable(house), lanes, stop)


def _serve_broker(settings: Settings, queues: Collection[str], parent: int | None) -> int:
    from newsletter.engine import broker  # noqa: PLC0415 - Celery is only installed where somebody scales out.

    if parent:
        supervisor.stop_with_parent(parent, Event())
    return broker.work(broker.make_broker(settings), settings, partial(create_base, settings), queues)


@click.command(cls=Command)
@_PARENT
def beat(parent: int | None) -> None:
    """The clock of the timetable; only with a broker. Two of them do no harm."""
    with create_base().app_context():
        house = current.house()
    if not house.settings.has_broker:
        problem = "Beat needs a broker, and NEWSLETTER_ENGINE is local, where each worker has a clock of its own."
        raise Conflict(problem)
    from newsletter.engine import beat as clock  # noqa: PLC0415 - as above.
    from newsletter.engine.broker import make_broker  # noqa: PLC0415

    if parent:
        supervisor.stop_with_parent(parent, Event())
    clock.beat(make_broker(house.settings), house.settings, timetable(house))


def _checked_app(make: Callable[[], Flask] = create_base) -> Flask:
    """What `make` makes, once its database has the newest schema; upgrading is left to `init`, which runs once.

    A process that was forked from one with such an app has the same.
    """
    forked_with = click.get_current_context().find_object(Flask)
    if forked_with:
        return forked_with
    app = make()
    with app.app_context():
        # What it takes to compare schemas must not stay in the memory of those who serve and send.
        if not supervisor.asked_apart(schema.is_newest):
            problem = "The database is not made yet, or older than this version; run `newsletter init` first."
            raise Conflict(problem)
        # Processes may be forked from this one, and a connection must not be shared by two of them.
        db.engine.dispose()
    return app


def register(group: click.Group) -> None:
    for command in (run, web, worker, beat):
        group.add_command(command)
