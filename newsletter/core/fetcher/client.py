"""Asks servers that other people name, without being led anywhere else.

A name is resolved once and the connection goes to the address that was checked: a second answer of a hostile
name server is never asked for, while TLS is verified against the name. Each redirect is checked like the
first URL. Nothing of ours goes out: no cookies, no logins, no proxy of the environment.
"""

import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from importlib.metadata import version
from typing import TypeVar
from urllib.parse import urljoin

import certifi

from newsletter.core.errors import FetchFailed, FetchRefused
from newsletter.core.fetcher.answers import MAX_BYTES, Fetched, read
from newsletter.core.fetcher.metered import Budget, MeteredSocket
from newsletter.core.fetcher.places import PORTS, Place, parse_url
from newsletter.core.fetcher.public import is_public
from newsletter.core.settings import HostPort
from newsletter.core.words import said

SECONDS = 30.0
"""For everything together, redirects too; only a name server may take the system's own limit longer."""

CONNECT_SECONDS = 10.0
MAX_REDIRECTS = 5
MAX_ADDRESSES = 4

_HEADER_BYTES = 256 * 1024
_PERMANENT = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT})
_REDIRECT = _PERMANENT | {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT}
_HEADERS = {
    "User-Agent": f"newsletter/{version('newsletter')}",
    "Accept": "application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.8",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "close",
}
_ANYTHING = {"Accept": "*/*"}

Resolve = Callable[[str, int], Iterable[str]]
"""The addresses of a host, best first; OSError if it has none."""

_REFUSED = HTTPStatus.BAD_REQUEST
"""From this status on a server does not give what it was asked for."""

Connect = Callable[[str, int, float], socket.socket]
"""A connection to an address and port, made within so many seconds."""


def resolve(host: str, port: int) -> list[str]:
    """What the resolver of the system says, once each."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """A TCP connection; no name is looked up, because the address is a literal."""
    return socket.create_connection((address, port), timeout=seconds)


@cache
def trusting() -> ssl.SSLContext:
    """Trusts what the system trusts, and the public authorities where the system names none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


@dataclass(frozen=True)
class Network:
    """The seam to the outside: tests answer for name servers and lead connections to servers of their own."""

    resolve: Resolve = resolve
    connect: Connect = connect
    tls: Callable[[], ssl.SSLContext] = trusting


Answer = TypeVar("Answer")


@dataclass(frozen=True)
class _Question:
    """What is asked of each server on the way to the answer."""

    method: str
    headers: dict[str, str]
    body: bytes | None = None


@dataclass(frozen=True)
class _Redirect:
    url: str
    is_permanent: bool


class Fetcher:
    """Reads URLs that other people wrote.

    `allow` names places of the own network, spelled as in their URLs, that may be read although they are not
    public or have another port. `seconds` limits one `get` as a whole.
    """

    def __init__(
        self,
        allow: tuple[HostPort, ...] = (),
        *,
        network: Network | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._allow = frozenset((place.host.lower(), place.port) for place in allow)
        self._network = network or Network()
        self._seconds = seconds

    def get(self, url: str, *, etag: str | None = None, last_modified: str | None = None) -> Fetched:
        """The answer, after redirects; only with `etag` or `last_modified` may it be a 304.

        Raises FetchRefused if the URL, or one it redirects to, is not ours to ask; FetchFailed if there is no
        usable answer.
        """
        question = _Question("GET", _conditions(etag, last_modified))
        budget = Budget(self._seconds, MAX_BYTES + _HEADER_BYTES)
        permanent_url = url
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._ask(url, question, budget, partial(_read, question.headers, url, permanent_url))
            if isinstance(answer, Fetched):
                return answer
            # A move away from TLS is followed, but never remembered.
            keeps_tls = answer.url.startswith("https:") or not url.startswith("https:")
            if answer.is_permanent and permanent_url == url and keeps_tls:
                permanent_url = answer.url
            url = self._moved(url, answer)
        raise _too_many()

    def exchange(self, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Fetched:
        """What a server of our choice answers to headers of ours: to GET, or with a body to POST.

        No redirect is followed, because what is said here is for nobody else. Raises as `get`.
        """
        question = _Question("GET" if body is None else "POST", dict(headers), body)
        budget = Budget(self._seconds, MAX_BYTES + _HEADER_BYTES)
        answer = self._ask(url, question, budget, partial(_read, {}, url, url))
        if isinstance(answer, Fetched):
            return answer
        problem = said("The server redirects, which is not followed here.")
        raise FetchFailed(problem)

    def status(self, url: str) -> int:
        """What whoever opens it is answered with, at the end of its redirects; no body is read.

        HEAD first, then GET where that is refused: some servers do not know HEAD. Raises as `get` does, but never
        for a status.
        """
        budget = Budget(self._seconds, 2 * _HEADER_BYTES)
        found = self._status(_Question("HEAD", _ANYTHING), url, budget)
        return found if found < _REFUSED else self._status(_Question("GET", _ANYTHING), url, budget)

    def _status(self, question: _Question, url: str, budget: Budget) -> int:
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._ask(url, question, budget, lambda response: response.status)
            if isinstance(answer, int):
                return answer
            url = self._moved(url, answer)
        raise _too_many()

    def _moved(self, url: str, answer: _Redirect) -> str:
        if self._is_allowed(answer.url) and not self._is_allowed(url):
            # A stranger must not lead us into our own network, not even to a place we may read ourselves.
            problem = said("The server redirects to a place that is not public.")
            raise FetchRefused(problem)
        return answer.url

    def _is_allowed(self, url: str) -> bool:
        place = parse_url(url)
        return (place.host, place.port) in self._allow

    def _ask(
        self, url: str, question: _Question, budget: Budget, take: Callable[[HTTPResponse], Answer]
    ) -> Answer | _Redirect:
        place = parse_url(url)
        addresses = self._addresses(place)
        headers = {"Host": place.authority, **_HEADERS, **question.headers}
        try:
            with closing(self._dial(place, addresses, budget)) as line:
                response = _request(place, question, headers, MeteredSocket(line, budget))
                return _redirect(response, url) if response.status in _REDIRECT else take(response)
        except TimeoutError as error:
            problem = said("The server answers too slowly.")
            raise FetchFailed(problem) from error
        except ssl.SSLError as error:
            problem = said("No secure connection can be made; the server's certificate may not be valid.")
            raise FetchFailed(problem) from error
        # ValueError: a host name that no certificate can have.
        except (OSError, HTTPException, ValueError) as error:
            problem = said("The server cannot be reached, or breaks off its answer.")
            raise FetchFailed(problem) from error

    def _addresses(self, place: Place) -> list[str]:
        """What the name stands for, asked once; the connection goes to one of these and no other."""
        is_allowed = (place.host, place.port) in self._allow
        if place.port not in PORTS.values() and not is_allowed:
            problem = said("Only the ports 80 and 443 can be read.")
            raise FetchRefused(problem)
        try:
            found = list(self._network.resolve(place.host, place.port))
        except (OSError, UnicodeError) as error:
            problem = said("The server's name cannot be found.")
            raise FetchFailed(problem) from error
        usable = found if is_allowed else [address for address in found if is_public(address)]
        if not usable:
            problem = said("The address does not lead to the public internet.")
            raise FetchRefused(problem)
        return usable[:MAX_ADDRESSES]

    def _dial(self, place: Place, addresses: list[str], budget: Budget) -> socket.socket:
        connecting = Budget(min(CONNECT_SECONDS, budget.seconds()), 0)
        failure: OSError = TimeoutError()
        for still_to_try in range(len(addresses), 0, -1):
            # One address that swallows everything must leave time for the next.
            seconds = connecting.seconds() / still_to_try
            try:
                line = self._network.connect(addresses[-still_to_try], place.port, seconds)
            except OSError as error:
                failure = error
            else:
                return self._secured(line, place) if place.scheme == "https" else line
        raise failure

    def _secured(self, line: socket.socket, place: Place) -> socket.socket:
        try:
            return self._network.tls().wrap_socket(line, server_hostname=place.host.rstrip("."))
        except BaseException:
            line.close()
            raise


def _conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    asked = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in asked.items() if value}


def _read(conditions: dict[str, str], url: str, permanent_url: str, response: HTTPResponse) -> Fetched:
    if response.status == HTTPStatus.NOT_MODIFIED and not conditions:
        problem = said("The server says that nothing changed, which it was not asked.")
        raise FetchFailed(problem)
    return read(response, url, permanent_url)


def _too_many() -> FetchFailed:
    return FetchFailed(said("The server redirects more than %(most)s times.", most=MAX_REDIRECTS))


def _request(place: Place, question: _Question, headers: dict[str, str], line: MeteredSocket) -> HTTPResponse:
    connection = HTTPConnection(place.host, place.port)
    # A connection that has a socket never makes one, so neither the name nor a proxy is looked at again.
    connection.sock = line
    connection.request(question.method, place.target, body=question.body, headers=headers)
    return connection.getresponse()


def _redirect(response: HTTPResponse, url: str) -> _Redirect:
    location = response.headers.get("location", "").encode("latin-1", "replace").decode(errors="replace")
    if not location:
        problem = said("The server redirects to nowhere.")
        raise FetchFailed(problem)
    return _Redirect(urljoin(url, location.strip().replace(" ", "%20")), response.status in _PERMANENT)
