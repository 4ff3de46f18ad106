"""Streams over a real web server: readers are answered beside them, and a page or a server that goes ends them."""

import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from newsletter.console.live import SEATS
from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.editions import service as editions
from newsletter.editions.queries import edition
from newsletter.mail.house import House
from newsletter.operators.service import Browser, log_in
from tests import make
from tests.console.desks import newsroom
from tests.console.test_sending import on_its_way
from tests.engine.test_supervisor import answers, service
from tests.patience import until
from tests.trips.stage import Stage, awaited, get, running

pytestmark = pytest.mark.loopback


@pytest.fixture
def stage(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Stage]:
    """An edition waits on its way, because nothing answers where its mail goes."""
    with running(settings, tmp_path, backends="smtp://127.0.0.1:1?tls=none") as stage:
        room = newsroom(stage.house)
        make.subscription(room.courier, stage.house)
        editions.approve(room.edition.id, stage.house)
        db.session.commit()
        awaited(lambda: edition(room.edition.id).mailing_id)
        yield stage


def listen(url: str, cookie: str, host: str = "") -> tuple[socket.socket, bytes]:
    """A connection on which a browser listens, and the beginning of what it is told."""
    place = urlsplit(url)
    line = socket.create_connection((place.hostname or "", place.port or 0), timeout=10)
    asked = f"Host: {host or place.netloc}\r\nCookie: {cookie}"
    line.sendall(f"GET /console/editions/1/stream HTTP/1.1\r\n{asked}\r\n\r\n".encode())
    told = line.recv(4096)
    while told.startswith(b"HTTP/1.1 200") and b"event: figures" not in told:
        told += line.recv(4096)
    return line, told


def test_readers_are_answered_beside_streams_and_a_closed_page_leaves_its_seat(stage: Stage) -> None:
    who = make.operator(stage.house)
    key = log_in(who.address, make.PASSWORD, Browser("192.0.2.9", "Netscape"), stage.house).key
    db.session.commit()
    lines = [listen(stage.url, f"console={key}") for _ in range(SEATS)]

    assert all(b"text/event-stream" in told for _, told in lines)
    refused, told = listen(stage.url, f"console={key}")
    assert told.startswith(b"HTTP/1.1 503")
    refused.close()
    assert get(f"{stage.url}/courier")[0] == 200

    for line, _ in lines:
        line.close()

    def has_a_seat() -> bool | None:
        line, told = listen(stage.url, f"console={key}")
        line.close()
        return told.startswith(b"HTTP/1.1 200") or None

    assert awaited(has_a_seat)


def test_a_web_server_that_stops_ends_its_streams_and_keeps_nobody_waiting(
    app: Flask, house: House, settings: Settings, tmp_path: Path
) -> None:
    room = on_its_way(house, "ann@example.org")
    editions.pause(room.edition.id)
    who = make.operator(house)
    key = log_in(who.address, make.PASSWORD, Browser("192.0.2.9", "Netscape"), house).key
    db.session.commit()
    with service(settings, tmp_path) as (process, url):
        until(lambda: answers(url))
        line, told = listen(url, f"__Host-console={key}", "letters.example.org")
        assert b"event: figures" in told

        process.send_signal(signal.SIGTERM)
        asked_at = time.monotonic()
        while more := line.recv(4096):
            told += more
        line.close()

        assert told.endswith(b"\r\n0\r\n\r\n")
        assert process.wait(timeout=60) == 0
        # Threads that go on are waited for twice five seconds.
        assert time.monotonic() - asked_at < 8
