"""The service as it runs for real: web server, worker and mail server on loopback, in threads of the test."""

import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar

from flask import Flask
from waitress.server import create_server
from waitress.wasyncore import close_all, loop

from newsletter.app import create_app
from newsletter.console.live import watches
from newsletter.core.db import db
from newsletter.core.settings import HostPort, Settings
from newsletter.delivery.models import Lane
from newsletter.demo.catcher import Catcher
from newsletter.demo.mailstore import Caught
from newsletter.demo.serving import LoopbackServer
from newsletter.engine.worker import work
from newsletter.jobs import timetable
from newsletter.mail.house import House
from newsletter.web import current

PATIENCE = 15.0
T = TypeVar("T")


@dataclass(frozen=True)
class Stage:
    """What runs; a test asks it over HTTP and looks into the catcher."""

    app: Flask
    house: House
    catcher: Catcher

    @property
    def url(self) -> str:
        return self.house.settings.base_url

    def mail_for(self, address: str, having: str) -> Caught:
        """The first mail for this address whose bytes have these words; waits for it."""
        return awaited(lambda: next((m for m in self.catcher.messages(address) if having.encode() in m.raw), None))


@contextmanager
def running(
    settings: Settings, folder: Path, feeds: Flask | None = None, backends: str = "", host: str = "127.0.0.1"
) -> Iterator[Stage]:
    """Everything at once; `feeds` is served on loopback too, and the fetcher may read it.

    Mail goes to the catcher, or by `backends` elsewhere. `host` is what the service is called by, on loopback.
    """
    with (
        Catcher(folder / "caught", 0, 0) as catcher,
        LoopbackServer(feeds or Flask("no feeds"), 0) as site,
        # Open before there is an app, because the settings name it.
        socket.create_server(("127.0.0.1", 0)) as door,
    ):
        chosen = replace(
            settings,
            base_url=f"http://{host}:{door.getsockname()[1]}",
            backends=backends or f"smtp://127.0.0.1:{catcher.smtp_port}?tls=none",
            fetch_allow=(HostPort("127.0.0.1", site.port),),
            poll_every=timedelta(seconds=1),
        )
        app = create_app(chosen)
        with app.app_context():
            with _web_server(app, door), _worker(app):
                app.config["FEEDS_URL"] = site.url
                yield Stage(app, current.house(), catcher)
            # Only now that nobody can ask the database any more: an engine that is put away gives new connections.
            db.session.remove()
            db.engine.dispose()


def awaited(find: Callable[[], T | None]) -> T:
    """What `find` finds, asked again and again; fails when it does not come."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = find()
        # Each look is a transaction of its own, or it would see the same state for ever.
        db.session.rollback()
        if found is not None:
            return found
        time.sleep(0.05)
    problem = f"It did not come within {PATIENCE:.0f} seconds."
    raise AssertionError(problem)


def get(url: str) -> tuple[int, str]:
    return _answer(urllib.request.Request(url))


def post(url: str, **fields: str) -> tuple[int, str]:
    return _answer(urllib.request.Request(url, data=urllib.parse.urlencode(fields).encode()))


def _answer(request: urllib.request.Request) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@contextmanager
def _web_server(app: Flask, door: socket.socket) -> Iterator[None]:
    """Requests at the door are answered; afterwards no thread is left that answers one."""
    door.settimeout(0)
    lines: dict[int, Any] = {}
    server = create_server(app, map=lines, sockets=[door], threads=4)

    is_over = Event()

    def serve() -> None:
        while not is_over.is_set():
            loop(timeout=0.1, map=lines, count=1)

    thread = Thread(target=serve, name="web")
    thread.start()
    try:
        yield
    finally:
        watches().is_closing = True
        server.task_dispatcher.shutdown(timeout=PATIENCE)
        is_over.set()
        thread.join(timeout=PATIENCE)
        server.close()
        # Lines that a browser keeps for later, and those whose end nobody has noticed any more.
        close_all(lines)
    assert not server.task_dispatcher.threads


@contextmanager
def _worker(app: Flask) -> Iterator[None]:
    stop, house = Event(), current.house()
    thread = Thread(target=work, args=(app, house, timetable(house), tuple(Lane), stop), name="worker")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=PATIENCE)
