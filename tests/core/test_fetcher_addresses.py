"""Where the fetcher does not go: forty addresses, and the ways to hide one."""

import socket

import pytest

from newsletter.core.errors import FetchFailed, FetchRefused
from newsletter.core.fetcher import Fetcher, parse_url
from newsletter.core.fetcher.client import Network
from newsletter.core.fetcher.public import is_public
from newsletter.core.settings import HostPort

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - nothing is bound to it.
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::7f00:1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "no address",
]
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.215.14", "100.128.0.1", "172.32.0.1", "::ffff:8.8.8.8", "2606:4700::1111",
]  # fmt: skip


def fetcher_that_must_not_connect(addresses: list[str]) -> Fetcher:
    def connect(address: str, _port: int, _seconds: float) -> socket.socket:
        pytest.fail(f"connected to {address}")

    return Fetcher(network=Network(resolve=lambda _host, _port: addresses, connect=connect))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_of_no_public_network_is_refused(address: str) -> None:
    fetcher = fetcher_that_must_not_connect([address])

    with pytest.raises(FetchRefused, match="public internet"):
        fetcher.get("http://feeds.example.org/")


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet_may_be_asked(address: str) -> None:
    assert is_public(address)


@pytest.mark.loopback
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "[::1]", "[::ffff:7f00:1]", "①②⑦.0.0.1"],
)
def test_the_spelling_of_an_address_does_not_matter(host: str) -> None:
    with pytest.raises(FetchRefused, match="public internet"):
        Fetcher().get(f"http://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://feeds.example.org/",
        "ftp://feeds.example.org/",
        "javascript:alert(1)",
        "feeds.example.org/feed",
        "//feeds.example.org/feed",
        "http://",
        "http:///feed",
        "http://user@feeds.example.org/",
        "http://user:pass@feeds.example.org/",
        "http://@feeds.example.org/",
        "http://feeds.example.org\\@10.0.0.1/",
        "http://feeds.example.org /",
        "http://feeds.example.org/\r\nX: y",
        "http://feeds.example.org/\x00",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://feeds.example.org:99999/",
        "http://feeds.example.org:port/",
        "http://.example.org/",
        "http://xn--\u00e9.example/",
        "http://feeds.example.org/" + "a" * 2000,
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(FetchRefused):
        parse_url(url)


@pytest.mark.parametrize("url", ["http://feeds.example.org:22/", "https://feeds.example.org:8443/"])
def test_other_ports_are_refused(url: str) -> None:
    with pytest.raises(FetchRefused, match="ports 80 and 443"):
        fetcher_that_must_not_connect(["93.184.215.14"]).get(url)


def test_an_allowed_place_is_allowed_under_its_own_spelling_only() -> None:
    network = Network(resolve=lambda _host, _port: ["127.0.0.1"])
    fetcher = Fetcher((HostPort("127.0.0.1", 8090),), network=network)

    with pytest.raises(FetchRefused):
        fetcher.get("http://rebound.example:8090/")


def test_a_name_that_nobody_knows_is_a_failure_and_no_refusal() -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    with pytest.raises(FetchFailed, match="name cannot be found"):
        Fetcher(network=Network(resolve=resolve)).get("http://nowhere.example/")


def test_an_international_name_is_asked_for_in_a_labels() -> None:
    assert parse_url("https://straße.example/ä?q=ö").host == "xn--strae-oqa.example"
    assert parse_url("https://straße.example/ä?q=ö").target == "/%C3%A4?q=%C3%B6"
