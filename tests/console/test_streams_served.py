"""Streams over a real web server: readers are answered beside them, and a page that was closed leaves its seat."""

import socket
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
from newsletter.operators.service import Browser, log_in
from tests import make
from tests.console.desks import newsroom
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


def listen(stage: Stage, key: str) -> tuple[socket.socket, bytes]:
    """A connection on which a browser listens, and the beginning of what it is told."""
    place = urlsplit(stage.url)
    line = socket.create_connection((place.hostname or "", place.port or 0), timeout=10)
    request = f"GET /console/editions/1/stream HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: console={key}\r\n\r\n"
    line.sendall(request.encode())
    told = line.recv(4096)
    while told.startswith(b"HTTP/1.1 200") and b"event: figures" not in told:
        told += line.recv(4096)
    return line, told


def test_readers_are_answered_beside_streams_and_a_closed_page_leaves_its_seat(stage: Stage) -> None:
    who = make.operator(stage.house)
    key = log_in(who.address, make.PASSWORD, Browser("192.0.2.9", "Netscape"), stage.house).key
    db.session.commit()
    lines = [listen(stage, key) for _ in range(SEATS)]

    assert all(b"text/event-stream" in told for _, told in lines)
    refused, told = listen(stage, key)
    assert told.startswith(b"HTTP/1.1 503")
    refused.close()
    assert get(f"{stage.url}/courier")[0] == 200

    for line, _ in lines:
        line.close()

    def has_a_seat() -> bool | None:
        line, told = listen(stage, key)
        line.close()
        return told.startswith(b"HTTP/1.1 200") or None

    assert awaited(has_a_seat)
