"""Which URLs may be asked, judged by their text alone; where their names lead is judged by `client`.

One parser reads the URL and the connection is made from what it found, so that no second parser can see
another host in the same text.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

import idna

from newsletter.core.errors import FetchRefused
from newsletter.core.words import said

MAX_URL = 2000
"""Characters; a longer one is no address that a person meant."""

PORTS = {"http": 80, "https": 443}

_NEVER = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_SAFE = "/%:@!$&'()*+,;=~"


@dataclass(frozen=True)
class Place:
    """A server and what to ask it for: `host` in A-labels or an address literal, `target` for the request."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """For the Host header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def parse_url(url: str) -> Place:
    """The place of an absolute http or https URL; raises FetchRefused, whose text never repeats the URL."""
    parts = _split(url)
    target = quote(parts.path or "/", safe=_SAFE)
    if parts.query:
        target += "?" + quote(parts.query, safe=_SAFE + "?[]|")
    return Place(parts.scheme, _host(parts), _port(parts), target)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _not_an_address() from error
    if len(url) > MAX_URL or _NEVER.search(url):
        raise _not_an_address()
    if parts.scheme not in PORTS:
        problem = said("Only addresses that begin with http:// or https:// can be read.")
        raise FetchRefused(problem)
    if "@" in parts.netloc:
        problem = said("The address must not contain a user name or password.")
        raise FetchRefused(problem)
    return parts


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode()
        except idna.IDNAError as error:
            raise _not_an_address() from error
    if not host or "%" in host or host.startswith("."):
        raise _not_an_address()
    return host


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise _not_an_address() from error
    return PORTS[parts.scheme] if port is None else port


def _not_an_address() -> FetchRefused:
    return FetchRefused(said("This is not a complete web address."))
