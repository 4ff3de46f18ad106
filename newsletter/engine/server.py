"""The web server: waitress, in as many processes as there are cores, which take turns at one open door."""

import os
import signal
import socket
from types import FrameType

from flask import Flask
from waitress.server import create_server

from newsletter.console.live import watches
from newsletter.core.db import db
from newsletter.core.logs import logger
from newsletter.core.settings import Settings
from newsletter.core.syncing import share_syncs

THREADS = 8
MOST_BY_ITSELF = 4
"""Processes when nobody set a number, however many cores there are."""

BACKLOG = 1024
"""Connections that may wait to be taken."""

log = logger(__name__)


def processes_of(settings: Settings) -> int:
    """How many processes answer requests."""
    return settings.web_processes or min(os.cpu_count() or 1, MOST_BY_ITSELF)


def listen(settings: Settings) -> socket.socket:
    """The door, open; processes that are forked from this one may all serve at it. Raises OSError."""
    door = socket.create_server(
        (settings.listen.host, settings.listen.port), family=_family(settings), backlog=BACKLOG
    )
    door.settimeout(0)
    return door


def serve(app: Flask, settings: Settings, door: socket.socket) -> None:
    """Answer requests until SIGTERM or SIGINT; those under way are finished, and streams end."""
    server = create_server(
        app,
        sockets=[door],
        threads=THREADS,
        ident=None,
        # With proxies of our own in front, `app` itself believes as many entries as there are of them.
        clear_untrusted_proxy_headers=settings.proxy_hops == 0,
    )
    with app.app_context():
        streams = watches()
        # Many ask at once, and nobody should have to wait until the disk has heard of all the others one by one.
        share_syncs(db.engine)

    def ask(_number: int, _frame: FrameType | None) -> None:
        streams.is_closing = True
        raise SystemExit

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    log.info("web server started", address=f"http://{settings.listen}")
    server.run()
    server.task_dispatcher.shutdown()
    log.info("web server stopped")


def _family(settings: Settings) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in settings.listen.host else socket.AF_INET
