"""A web server of the demo: a Flask app on 127.0.0.1, in threads that end with the program."""

import threading
from types import TracebackType
from typing import Self

from flask import Flask, Response
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    """The demo prints what matters; a line for each request would bury it."""

    # A browser that opens a connection and says nothing must not keep its thread.
    timeout = 30

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - Werkzeug's own name.
        pass


def _without_date(response: Response) -> Response:
    """The server writes a Date of its own, and a message may have only one."""
    response.headers.pop("Date", None)
    return response


class LoopbackServer:
    """Serves `app` from `start` to `stop`; port 0 lets the system choose, and `port` then says which."""

    def __init__(self, app: Flask, port: int) -> None:
        # A page of another site must not reach this one under a name of its own that leads to 127.0.0.1.
        app.config["TRUSTED_HOSTS"] = [HOST, "localhost"]
        app.after_request(_without_date)
        self.app = app
        self.port = port
        self._server: BaseWSGIServer | None = None

    @property
    def url(self) -> str:
        """Where it is served, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Listen; raises OSError if the port is taken."""
        self._server = make_server(HOST, self.port, self.app, threaded=True, request_handler=_Quiet)
        self.port = self._server.port
        serve = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.1},
            name=f"{self.app.name}:{self.port}",
            daemon=True,
        )
        serve.start()

    def stop(self) -> None:
        """Stop listening; doing it twice is fine."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
