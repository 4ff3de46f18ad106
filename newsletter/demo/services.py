"""The service under demonstration: its settings and its processes, as an operator would run them."""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from newsletter.core.errors import BackendUnavailable
from newsletter.core.settings import PREFIX, Settings, from_mapping

LONGEST_START = 20.0
"""Seconds that the web server has to answer for the first time."""


class Service:
    """`newsletter run` in a folder of its own, with settings that nothing on this machine can change."""

    def __init__(self, folder: Path, smtp_port: int, feeds_port: int) -> None:
        self._folder = folder.absolute()
        port = free_port(8000)
        self._environment = {
            PREFIX + "SECRET_KEYS": secrets.token_urlsafe(32),
            PREFIX + "PEPPER": secrets.token_urlsafe(32),
            PREFIX + "DATABASE_URL": f"sqlite:///{self._folder / 'newsletter.db'}",
            PREFIX + "SPOOL": str(self._folder / "spool"),
            PREFIX + "IMAGES": str(self._folder / "images"),
            PREFIX + "BASE_URL": f"http://127.0.0.1:{port}",
            PREFIX + "LISTEN": f"127.0.0.1:{port}",
            PREFIX + "BACKENDS": f"smtp://127.0.0.1:{smtp_port}?tls=none&smtputf8=yes",
            PREFIX + "FETCH_ALLOW": f"127.0.0.1:{feeds_port}",
            PREFIX + "POLL_SECONDS": "10",
            PREFIX + "SENDERS": "1",
            # Thirty readers sign up from one machine, which elsewhere would be an attack.
            PREFIX + "BUDGETS": "all 5000/h",
            PREFIX + "LOG_LEVEL": "WARNING",
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Settings:
        return from_mapping(self._environment)

    def __enter__(self) -> Self:
        """Start web server and worker; raises BackendUnavailable when they do not answer in time."""
        outside = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        self._process = subprocess.Popen(  # noqa: S603 - our own program.
            [sys.executable, "-m", "newsletter", "run", "--parent", str(os.getpid())],
            cwd=self._folder,
            env=outside | self._environment,
        )
        try:
            self._await_answer(self._process)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + LONGEST_START
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"{self.settings.base_url}/readyz", timeout=2):  # noqa: S310 - our own address.
                return
            time.sleep(0.1)
        problem = "The demo's web server did not start; the lines above say why."
        raise BackendUnavailable(problem)

    def _stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


def free_port(preferred: int) -> int:
    """The preferred port of 127.0.0.1 if nobody listens there, else any that is free."""
    for port in (preferred, 0):
        with suppress(OSError), socket.socket() as probe:
            # As servers do it: a port that was in use a minute ago counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    problem = "No port of 127.0.0.1 is free."
    raise OSError(problem)
