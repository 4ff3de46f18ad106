"""The web server: waitress, in this process."""

import signal
from types import FrameType

from flask import Flask
from waitress.server import create_server

from newsletter.core.logs import logger
from newsletter.core.settings import Settings

THREADS = 8

log = logger(__name__)


def serve(app: Flask, settings: Settings) -> None:
    """Answer requests until SIGTERM or SIGINT; those under way are finished.

    Raises OSError when it cannot listen.
    """
    server = create_server(
        app,
        host=settings.listen.host,
        port=settings.listen.port,
        threads=THREADS,
        ident=None,
        # With proxies of our own in front, `app` itself believes as many entries as there are of them.
        clear_untrusted_proxy_headers=settings.proxy_hops == 0,
    )

    def ask(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    log.info("web server started", address=f"http://{settings.listen}")
    server.run()
    server.task_dispatcher.shutdown()
    log.info("web server stopped")
