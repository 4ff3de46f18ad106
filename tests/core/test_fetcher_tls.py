"""TLS is verified against the name, although the connection goes to an address."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.core.errors import FetchFailed
from newsletter.core.fetcher import Fetcher
from newsletter.core.fetcher.client import Network, connect, trusting
from tests.core.servers import page, serving

pytestmark = pytest.mark.loopback

CERTIFICATE = Path(__file__).parent / "data" / "feeds.example.org.pem"
"""Signed by itself, with a key that is no secret, for one name."""


@contextmanager
def secure_server() -> Iterator[Network]:
    """Each name leads to a TLS server that can prove it is feeds.example.org, to whom its issuer is known."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    def converse(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(page(b"feed"))

    with serving(converse, reads_first=False) as place:
        yield Network(
            resolve=lambda _host, _port: ["93.184.215.14"],
            connect=lambda _address, _port, seconds: connect(place.host, place.port, seconds),
            tls=lambda: ssl.create_default_context(cafile=str(CERTIFICATE)),
        )


def test_a_server_that_proves_its_name_is_read() -> None:
    with secure_server() as network:
        assert Fetcher(network=network).get("https://feeds.example.org/").body == b"feed"


def test_a_server_that_proves_another_name_is_not_read() -> None:
    with secure_server() as network, pytest.raises(FetchFailed, match="certificate"):
        Fetcher(network=network).get("https://other.example.org/")


def test_a_server_that_nobody_vouches_for_is_not_read() -> None:
    with secure_server() as network, pytest.raises(FetchFailed, match="certificate"):
        Fetcher(network=Network(network.resolve, network.connect, trusting)).get("https://feeds.example.org/")


def test_a_server_that_never_shakes_hands_costs_only_the_time_there_is() -> None:
    with serving(lambda _line: time.sleep(1)) as place:
        network = Network(
            resolve=lambda _host, _port: ["93.184.215.14"],
            connect=lambda _address, _port, seconds: connect(place.host, place.port, seconds),
        )
        with pytest.raises(FetchFailed, match="too slowly"):
            Fetcher(network=network, seconds=0.5).get("https://feeds.example.org/")
