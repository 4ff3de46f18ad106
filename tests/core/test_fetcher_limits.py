"""Servers that never come to an end: each costs seconds and megabytes that we chose."""

import socket
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from itertools import repeat

import pytest

from newsletter.core.errors import FetchFailed
from newsletter.core.fetcher import Fetcher
from tests.core.servers import Conversation, page, serving

pytestmark = pytest.mark.loopback

HEAD = b"HTTP/1.1 200 OK\r\n"
MEGABYTE = b"x" * 2**20


def endlessly(first: bytes, again: bytes) -> Conversation:
    def converse(line: socket.socket) -> None:
        line.sendall(first)
        for piece in repeat(again):
            line.sendall(piece)

    return converse


def drop_by_drop(data: Iterator[bytes]) -> Conversation:
    def converse(line: socket.socket) -> None:
        for piece in data:
            line.sendall(piece)
            time.sleep(0.05)

    return converse


@pytest.mark.parametrize(
    "conversation",
    [
        pytest.param(endlessly(HEAD + b"\r\n", MEGABYTE), id="body without length"),
        pytest.param(endlessly(HEAD + b"Content-Length: 9000000\r\n\r\n", MEGABYTE), id="body with length"),
        pytest.param(
            endlessly(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"100000\r\n" + MEGABYTE + b"\r\n"),
            id="chunks",
        ),
        pytest.param(endlessly(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", MEGABYTE), id="chunk extension"),
        pytest.param(
            endlessly(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n" * 1000), id="trailers"
        ),
        pytest.param(endlessly(HEAD + b"A: ", MEGABYTE), id="header line"),
        pytest.param(endlessly(HEAD, b"A: b\r\n" * 1000), id="headers"),
        pytest.param(endlessly(b"", MEGABYTE), id="status line"),
        pytest.param(endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), id="provisional answers"),
    ],
)
def test_an_endless_answer_is_given_up(conversation: Conversation) -> None:
    tracemalloc.start()
    try:
        with serving(conversation) as place, pytest.raises(FetchFailed):
            Fetcher((place,)).get(f"http://{place}/")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 40_000_000


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(repeat(b"H"), id="status line"),
        pytest.param(iter([HEAD, *[b"A"] * 1000]), id="headers"),
        pytest.param(iter([HEAD, b"\r\n", *[b"x"] * 1000]), id="body"),
    ],
)
def test_a_server_that_sends_byte_by_byte_is_given_up_in_time(data: Iterator[bytes]) -> None:
    began = time.monotonic()
    with serving(drop_by_drop(data)) as place, pytest.raises(FetchFailed, match="too slowly"):
        Fetcher((place,), seconds=0.4).get(f"http://{place}/")

    assert time.monotonic() - began < 15


def test_redirects_share_one_limit_of_time() -> None:
    def converse(line: socket.socket) -> None:
        time.sleep(0.2)
        line.sendall(page(b"", "Location: /next", status="302 Found"))

    with serving(converse) as place, pytest.raises(FetchFailed, match="too slowly"):
        Fetcher((place,), seconds=0.4).get(f"http://{place}/")


def test_a_gzip_bomb_is_not_unpacked() -> None:
    """Half a gigabyte in half a megabyte, of which only the beginning is ever unpacked."""
    packer = zlib.compressobj(1, wbits=31)
    zeros = bytes(2**20)
    bomb = b"".join(packer.compress(zeros) for _ in range(500))
    tracemalloc.start()
    try:
        with serving(lambda line: line.sendall(page(bomb, "Content-Encoding: gzip"))) as place:
            with pytest.raises(FetchFailed, match="larger than 5 MB"):
                Fetcher((place,)).get(f"http://{place}/")
            _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 40_000_000


def test_gzip_of_many_tiny_members_is_not_unpacked() -> None:
    member = zlib.compressobj(wbits=31)
    tiny = member.compress(b"") + member.flush()
    with serving(lambda line: line.sendall(page(tiny * 100_000, "Content-Encoding: gzip"))) as place:
        began = time.monotonic()
        with pytest.raises(FetchFailed, match="damaged"):
            Fetcher((place,)).get(f"http://{place}/")

    assert time.monotonic() - began < 15
