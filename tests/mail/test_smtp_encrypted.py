"""A line over TLS whose other end takes the bytes late: whether the dot has left is never misjudged."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import cast

import pytest

from newsletter.mail.backends.smtp.line import Line
from newsletter.mail.backends.smtp.session import Session, Timeouts
from newsletter.mail.backends.smtp.wire import Replies
from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Result
from tests.fakes import RecordingJournal

RECORD = 16384
"""Octets that TLS puts into one record (RFC 8446 §5.1)."""


class Opened:
    """A session as it is once the greetings are over."""

    def __init__(self, line: ssl.SSLSocket) -> None:
        self.socket = line
        self.replies = Replies()
        self.extensions = {"PIPELINING": ""}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-keyout", str(file), "-out", str(file.with_suffix(".crt"))),
        ],
        check=True,
        capture_output=True,
    )
    return file


@contextmanager
def connected(certificate: Path, buffer: int) -> Iterator[tuple[Line, ssl.SSLSocket]]:
    """A line, and the server's end of it; the system keeps about so many bytes that the server has not read."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate.with_suffix(".crt"), certificate)
    trusting = ssl.create_default_context(cafile=str(certificate.with_suffix(".crt")))
    trusting.check_hostname = False
    server = serving.wrap_socket(theirs, server_side=True, do_handshake_on_connect=False)
    greeting = Thread(target=server.do_handshake)
    greeting.start()
    client = trusting.wrap_socket(ours)
    greeting.join()
    server.settimeout(0)
    try:
        yield Line(cast("Session", Opened(client)), Timeouts()), server
    finally:
        client.close()
        server.close()


def envelope(key: int, size: int = 100) -> Envelope:
    return Envelope(key, "b" * 60 + "@courier.example", "r" * 60 + "@example.org", b"x" * (size - 5) + b"\r\n")


def read(server: ssl.SSLSocket) -> bytes:
    """All that has come."""
    found = b""
    with suppress(ssl.SSLWantReadError):
        while data := server.recv(RECORD):
            found += data
    return found


def ask(line: Line, server: ssl.SSLSocket, following: Envelope) -> None:
    """The server has the envelope of a message, wants its body, and gets it with the next envelope."""
    line.begin(envelope(1, RECORD - 40))
    line.flush()
    read(server)
    server.send(b"250 ok\r\n250 ok\r\n354 go ahead\r\n")
    line.receive(RecordingJournal())
    line.follow()
    line.begin(following)
    line.flush()


@pytest.mark.parametrize("buffer", range(4096, 24576, 512))
def test_a_message_whose_dot_the_server_has_is_never_called_unsent(certificate: Path, buffer: int) -> None:
    with connected(certificate, buffer) as (line, server):
        ask(line, server, envelope(2))
        line.fail("the connection broke")

        has_dot = b"\r\n.\r\n" in read(server)
        first = line.outcomes[0]
        assert (first.key, first.result) == (1, Result.UNKNOWN if has_dot else Result.UNSENT)


@pytest.mark.parametrize("buffer", range(4096, 24576, 2048))
def test_what_was_held_up_is_written_once_and_in_order(certificate: Path, buffer: int) -> None:
    with connected(certificate, buffer) as (line, server):
        ask(line, server, envelope(2))
        seen = read(server)
        while line.has_output:
            line.flush()
            seen += read(server)

        body, _, after = seen.partition(b"\r\n.\r\n")
        assert body == b"x" * (RECORD - 45)
        assert after.startswith(b"MAIL FROM:<bbb")
        assert after.endswith(b"DATA\r\n")
        assert after.count(b"\r\n") == 3
