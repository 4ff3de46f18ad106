"""An SMTP server on loopback that takes every message for every address and stores it before it says so."""

import asyncio
import logging
import socket
import sqlite3
import threading
from collections.abc import Callable

from aiosmtpd.smtp import SMTP, Envelope, Session

from newsletter.demo.mailstore import MailStore
from newsletter.demo.serving import HOST

LARGEST = 25 * 1024 * 1024
"""Bytes a message may have."""

NAME = "catcher.courier.example"


class _Handler:
    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_EHLO(  # noqa: N802 - aiosmtpd calls it by this name.
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        # RFC 2920: aiosmtpd reads commands one by one from its buffer, so a client may write ahead.
        return [*responses[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", responses[-1]]

    async def handle_DATA(  # noqa: N802 - as above.
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        # aiosmtpd hands over the null sender of a bounce with its angle brackets.
        sender = (envelope.mail_from or "").removeprefix("<>")
        raw = envelope.original_content or b""
        try:
            self._store.add(sender, envelope.rcpt_tos, raw)
        except sqlite3.Error:
            return "451 4.3.0 Cannot be stored now, try again later"
        return "250 2.0.0 Caught"


class Receiver:
    """Listens from `start` to `stop`; port 0 lets the system choose, and `port` then says which."""

    def __init__(self, store: MailStore, port: int) -> None:
        self.port = port
        self._handler = _Handler(store)
        self._thread: threading.Thread | None = None
        self._hang_up: Callable[[], object] = lambda: None

    def start(self) -> None:
        """Listen; raises OSError if the port is taken."""
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        listener = socket.create_server((HOST, self.port), backlog=100)
        self.port = listener.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listener, ready)),
            name=f"receiver:{self.port}",
            daemon=True,
        )
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Stop listening and hang up on whoever is connected; doing it twice is fine."""
        if self._thread is not None:
            self._hang_up()
            self._thread.join()
            self._thread = None

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        stopping = asyncio.Event()
        self._hang_up = lambda: loop.call_soon_threadsafe(stopping.set)
        server = await loop.create_server(lambda: self._session(loop), sock=listener)
        ready.set()
        await stopping.wait()
        server.close()
        # What is left of conversations is cancelled by asyncio.run, which called this.

    def _session(self, loop: asyncio.AbstractEventLoop) -> SMTP:
        return SMTP(
            self._handler,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname=NAME,
            ident="Demo mail catcher",
            timeout=120,
            loop=loop,
        )
