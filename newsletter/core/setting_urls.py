"""Settings that are URLs: how each is read, and what is wrong with one that cannot be.

One that may hold a password is never repeated.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from newsletter.core.errors import SettingsError

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


def database_url(name: str, text: str) -> str:
    expected = "expected sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise SettingsError(name, f"cannot be read; {expected}") from error
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise SettingsError(name, f"has driver '{url.drivername}'; {expected}")
    if url.drivername == "sqlite" and url.database in {None, "", ":memory:"}:
        raise SettingsError(name, "is a database in memory, which two processes cannot share; " + expected)
    if url.drivername == "sqlite":
        # Relative to where the process was started, whatever a library takes for its own folder.
        url = url.set(database=str(Path(str(url.database)).absolute()))
    return url.render_as_string(hide_password=False)


def base_url(name: str, text: str) -> str:
    if "@" in text:
        raise SettingsError(name, "holds a user or password, which every mail would show; expected https://HOST")
    # It stands in a header of each mail, where only ASCII may; a domain of other letters has an xn-- form.
    if not re.fullmatch(r"https?://([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?/?", text, re.ASCII):
        raise SettingsError(name, f"'{text}' is no web address in plain ASCII; expected https://HOST")
    url = urlsplit(text)
    if url.scheme == "http" and url.hostname not in LOOPBACK_HOSTS:
        raise SettingsError(name, f"'{text}' is not encrypted; expected https (RFC 8058 asks for it in mails)")
    return text.rstrip("/")


def issuer_url(name: str, text: str) -> str:
    """Kept letter by letter, with its last slash or without: a provider's answers name it just so."""
    url = urlsplit(text)
    found = re.fullmatch(r"https?://\w[\w.-]*(?::(\d{1,5}))?(/[\w./~-]*)?", text, re.ASCII)
    if not found or not 0 < int(found[1] or 443) < 2**16:
        raise SettingsError(
            name, "is no address of an OpenID provider; expected such as https://login.example.org"
        )
    if url.scheme == "http" and url.hostname not in LOOPBACK_HOSTS:
        raise SettingsError(name, f"'{text}' is not encrypted; expected https")
    return text


def engine_url(name: str, text: str) -> str:
    if text == "local":
        return text
    return _service(name, text, "local", ("redis", "rediss", "amqp", "amqps"))


def limits_url(name: str, text: str) -> str:
    if text in {"auto", "local"}:
        return text
    return _service(name, text, "auto, local", ("redis", "rediss"))


def _service(name: str, text: str, words: str, schemes: tuple[str, ...]) -> str:
    """A URL of another service; it may hold a password, so it is never repeated."""
    *most, last = (f"{each}://" for each in schemes)
    expected = f"expected {words}, {', '.join(most)} or {last}"
    scheme, divider, _ = text.partition("://")
    if not divider and not re.search(r"[@:/]", text):
        raise SettingsError(name, f"'{text}' is not known; {expected}")
    if scheme not in schemes:
        raise SettingsError(name, f"has another scheme; {expected}")
    try:
        url = urlsplit(text)
        is_whole = bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        is_whole = False
    if not is_whole:
        raise SettingsError(name, f"names no host and port; expected {scheme}://USER:PASSWORD@HOST:PORT/NAME")
    return text


LONGEST_NOTICE, LONGEST_VERSION = 500, 40


@dataclass(frozen=True)
class PrivacyNotice:
    """What sign-up forms link to, and which version of it that is."""

    url: str
    version: str


def privacy_notice(name: str, text: str) -> PrivacyNotice | None:
    """`https://paper.example/privacy 2026-11`; None of `off`. Raises SettingsError."""
    if text == "off":
        return None
    url, _, version = (part.strip() for part in text.partition(" "))
    parts = urlsplit(url)
    is_url = parts.scheme in {"http", "https"} and parts.hostname and len(url) <= LONGEST_NOTICE
    if not is_url or not 0 < len(version) <= LONGEST_VERSION:
        expected = "https://paper.example/privacy 2026-11"
        raise SettingsError(name, f"is no address with a version after it; expected such as {expected}")
    return PrivacyNotice(url, version)
