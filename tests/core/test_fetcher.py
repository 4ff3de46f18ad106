"""What the fetcher brings home, and by which way."""

import gzip
import socket
import zlib

import pytest

from newsletter.core.errors import FetchFailed, FetchRefused
from newsletter.core.fetcher import Fetcher
from newsletter.core.fetcher.client import Network, connect
from tests.core.servers import page, redirect, saying, serving

pytestmark = pytest.mark.loopback


def test_an_answer_carries_its_body_and_what_to_ask_with_next_time() -> None:
    answer = page(b"<rss/>", "Content-Type: Text/XML; charset=ISO-8859-1", 'ETag: "abc"', "Last-Modified: Mon")
    with serving(saying(answer)) as place:
        fetched = Fetcher((place,)).get(f"http://{place}/feed")

    assert (fetched.status, fetched.body) == (200, b"<rss/>")
    assert (fetched.content_type, fetched.charset) == ("text/xml", "iso-8859-1")
    assert (fetched.etag, fetched.last_modified) == ('"abc"', "Mon")


def test_a_conditional_question_may_be_answered_with_not_modified() -> None:
    asked: list[bytes] = []

    def converse(line: socket.socket) -> None:
        line.sendall(page(b"", status="304 Not Modified"))

    with serving(converse) as place:
        network = Network(connect=lambda *where: recording(connect(*where), asked))
        fetched = Fetcher((place,), network=network).get(f"http://{place}/", etag='"abc"', last_modified="Mon")

    assert fetched.status == 304
    assert b'If-None-Match: "abc"\r\nIf-Modified-Since: Mon\r\n' in asked[0]


def test_nothing_of_ours_goes_out_and_no_cookie_comes_back() -> None:
    asked: list[bytes] = []
    with serving(saying(page(b"x", "Set-Cookie: a=b"))) as place:
        network = Network(connect=lambda *where: recording(connect(*where), asked))
        fetcher = Fetcher((place,), network=network)
        fetcher.get(f"http://{place}/")
        fetcher.get(f"http://{place}/")

    names = {line.split(b":")[0].lower() for line in asked[1].split(b"\r\n")[1:] if line}
    assert names == {b"host", b"user-agent", b"accept", b"accept-encoding", b"connection"}


@pytest.mark.parametrize(
    ("coding", "encoded"),
    [
        ("gzip", gzip.compress(b"<rss/>", mtime=0)),
        ("gzip", gzip.compress(b"<rs", mtime=0) + gzip.compress(b"s/>", mtime=0)),
        ("deflate", zlib.compress(b"<rss/>")),
        ("deflate", zlib.compress(b"<rss/>", wbits=-15)),
    ],
)
def test_a_compressed_answer_is_unpacked(coding: str, encoded: bytes) -> None:
    with serving(saying(page(encoded, f"Content-Encoding: {coding}"))) as place:
        assert Fetcher((place,)).get(f"http://{place}/").body == b"<rss/>"


@pytest.mark.parametrize(
    ("coding", "body"), [("gzip", b"not gzip"), ("br", b"x"), ("gzip", gzip.compress(b"x", mtime=0)[:-9])]
)
def test_an_answer_that_cannot_be_unpacked_is_a_failure(coding: str, body: bytes) -> None:
    with serving(saying(page(body, f"Content-Encoding: {coding}"))) as place, pytest.raises(FetchFailed):
        Fetcher((place,)).get(f"http://{place}/")


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "500 Oh", "204 No Content", "304 Not Modified"])
def test_another_status_is_a_failure(status: str) -> None:
    with serving(saying(page(b"", status=status))) as place, pytest.raises(FetchFailed):
        Fetcher((place,)).get(f"http://{place}/")


def test_a_body_that_is_cut_off_is_a_failure() -> None:
    cut_off = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>"
    with serving(saying(cut_off)) as place, pytest.raises(FetchFailed, match="breaks off"):
        Fetcher((place,)).get(f"http://{place}/")


def test_permanent_redirects_are_noted_as_far_as_no_temporary_one_came_before() -> None:
    with serving(saying(page(b"feed"))) as third, serving(saying(redirect(f"http://{third}/end"))) as second:
        moved = redirect(f"http://{second}/new", "301 Moved Permanently")
        with serving(saying(moved)) as first:
            fetched = Fetcher((first, second, third)).get(f"http://{first}/old")

    assert fetched.url == f"http://{third}/end"
    assert fetched.permanent_url == f"http://{second}/new"


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/", "file:///etc/passwd", "http://u@1.1.1.1/"],
)
def test_a_redirect_is_checked_like_the_first_url(target: str) -> None:
    with serving(saying(redirect(target))) as place, pytest.raises(FetchRefused):
        Fetcher((place,)).get(f"http://{place}/")


def test_a_stranger_cannot_lead_to_a_place_of_ours() -> None:
    with serving(saying(page(b"ours"))) as ours, serving(saying(redirect(f"http://{ours}/feed"))) as stranger:
        network = Network(
            resolve=lambda _host, _port: ["93.184.215.14"],
            connect=lambda _address, _port, seconds: socket.create_connection(
                (stranger.host, stranger.port), seconds
            ),
        )
        fetcher = Fetcher(allow=(ours,), network=network)

        with pytest.raises(FetchRefused, match="not public"):
            fetcher.get("http://stranger.example/feed")


def test_a_circle_of_redirects_ends() -> None:
    with serving(saying(redirect("/again"))) as place, pytest.raises(FetchFailed, match="more than 5 times"):
        Fetcher((place,)).get(f"http://{place}/")


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """A name server that answers with a public address first and with our own network next (DNS rebinding)."""
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    connected: list[str] = []
    with serving(saying(page(b"feed"))) as place:

        def connect_elsewhere(address: str, _port: int, seconds: float) -> socket.socket:
            connected.append(address)
            return connect(place.host, place.port, seconds)

        network = Network(resolve=lambda _host, _port: next(answers), connect=connect_elsewhere)
        fetcher = Fetcher(network=network)
        fetcher.get("http://rebound.example/")

        with pytest.raises(FetchRefused):
            fetcher.get("http://rebound.example/")
    assert connected == ["93.184.215.14"]


def test_of_several_addresses_only_the_public_ones_are_tried() -> None:
    connected: list[str] = []

    def connect_nowhere(address: str, _port: int, _seconds: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    network = Network(
        resolve=lambda _host, _port: ["10.0.0.1", "93.184.215.14", "::1", "8.8.8.8"], connect=connect_nowhere
    )

    with pytest.raises(FetchFailed, match="cannot be reached"):
        Fetcher(network=network).get("http://both.example/")
    assert connected == ["93.184.215.14", "8.8.8.8"]


def test_what_is_posted_goes_out_as_it_is_with_the_headers_that_were_given() -> None:
    asked: list[bytes] = []
    with serving(saying(page(b"{}"))) as place:
        network = Network(connect=lambda *where: recording(connect(*where), asked))
        headers = {"Authorization": "Basic eA==", "Content-Type": "application/x-www-form-urlencoded"}
        answer = Fetcher((place,), network=network).exchange(f"http://{place}/token", headers, b"code=1")

    assert answer.body == b"{}"
    assert asked[0].startswith(b"POST /token HTTP/1.1\r\n")
    assert b"Authorization: Basic eA==\r\n" in asked[0]
    assert asked[0].endswith(b"\r\n\r\ncode=1")


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Moved"]
)
def test_no_redirect_is_followed_with_headers_of_ours(status: str) -> None:
    asked: list[bytes] = []
    with serving(saying(redirect("/elsewhere", status))) as place:
        network = Network(connect=lambda *where: recording(connect(*where), asked))
        with pytest.raises(FetchFailed, match="not followed"):
            Fetcher((place,), network=network).exchange(f"http://{place}/", {"Authorization": "Bearer x"})

    assert len(asked) == 1


@pytest.mark.parametrize("status", ["304 Not Modified", "400 Bad Request", "204 No Content"])
def test_an_exchange_brings_an_answer_or_fails(status: str) -> None:
    with serving(saying(page(b"", status=status))) as place, pytest.raises(FetchFailed):
        Fetcher((place,)).exchange(f"http://{place}/", {"Accept": "application/json"})


def test_an_exchange_goes_where_a_fetch_may_go() -> None:
    with pytest.raises(FetchRefused):
        Fetcher().exchange("http://127.0.0.1/token", {}, b"code=1")


class recording(socket.socket):  # noqa: N801 - it stands where a function would.
    """A connection that notes what is sent over it."""

    def __init__(self, line: socket.socket, asked: list[bytes]) -> None:
        super().__init__(fileno=line.detach())
        self._asked = asked
        self._asked.append(b"")

    def sendall(self, data: bytes, *_flags: int) -> None:  # type: ignore[override]
        self._asked[-1] += data
        super().sendall(data)
