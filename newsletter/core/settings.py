"""Settings: `NEWSLETTER_*` from the environment (and `.env`), read and checked once at start, then frozen.

A wrong value stops the start with one line that names the setting, its value and what was expected. Secrets
have no default and their values are never repeated.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from newsletter.core.errors import SettingsError

PREFIX = "NEWSLETTER_"
SHORTEST_SECRET = 32
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})

OnUnknown = Literal["resend_once", "hold"]


@dataclass(frozen=True)
class HostPort:
    """A place on the network, as in `127.0.0.1:8000`."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Settings:
    """All there is to set; the comments of `.env.example` say what each is for."""

    secret_keys: tuple[str, ...] = field(repr=False)
    pepper: str = field(repr=False)
    backends: str = field(repr=False)
    database_url: str = field(repr=False)
    base_url: str = "http://127.0.0.1:8000"
    engine: str = "local"
    listen: HostPort = HostPort("127.0.0.1", 8000)
    spool: Path = Path("var/spool")
    senders: int = 0
    confirm_within: timedelta = timedelta(hours=72)
    check_dns: bool = False
    poll_every: timedelta = timedelta(minutes=5)
    fetch_allow: tuple[HostPort, ...] = ()
    proxy_hops: int = 0
    on_unknown: OnUnknown = "resend_once"
    log_level: str = "INFO"
    log_json: bool = False

    @property
    def is_sqlite(self) -> bool:
        """Whether one file is the database, so that all processes must be on this machine."""
        return self.database_url.startswith("sqlite")


def from_environment(dotenv: Path | None = None) -> Settings:
    """The settings of this process; the environment wins over the file `.env`.

    Raises SettingsError at the first value that cannot be used, and for a `NEWSLETTER_` name that means nothing.
    """
    values = dict(dotenv_values(dotenv or Path(".env")))
    values.update(os.environ)
    return from_mapping({name: value for name, value in values.items() if value})


def from_mapping(values: Mapping[str, str | None]) -> Settings:
    """As `from_environment`, from any mapping of names to texts."""
    known = {PREFIX + suffix for suffix in _READERS}
    for name in sorted(values):
        # What begins with NEWSLETTER_TEST_ is said to the tests.
        if name.startswith(PREFIX) and name not in known and not name.startswith(PREFIX + "TEST_"):
            raise SettingsError(name, "there is no such setting; .env.example lists them all")
    chosen = {}
    for suffix, (attribute, read) in _READERS.items():
        text = (values.get(PREFIX + suffix) or "").strip() or _DEFAULTS.get(suffix)
        if text and not text.isprintable():
            raise SettingsError(PREFIX + suffix, "has line breaks or other characters that cannot be printed")
        if text:
            chosen[attribute] = read(PREFIX + suffix, text)
        elif suffix in _REQUIRED:
            raise SettingsError(PREFIX + suffix, f"is not set; expected {_REQUIRED[suffix]}")
    settings = Settings(**chosen)  # type: ignore[arg-type]
    _check_together(settings)
    return settings


def _check_together(settings: Settings) -> None:
    if settings.engine != "local" and settings.is_sqlite:
        raise SettingsError(
            PREFIX + "ENGINE", "a broker needs NEWSLETTER_DATABASE_URL to be PostgreSQL; expected local"
        )


def _secret(name: str, text: str) -> str:
    if len(text) < SHORTEST_SECRET:
        raise SettingsError(name, f"has {len(text)} characters; expected at least {SHORTEST_SECRET} random ones")
    if len(set(text)) < SHORTEST_SECRET // 4:
        raise SettingsError(name, "is not random; `newsletter init` makes a good one")
    return text


def _secrets(name: str, text: str) -> tuple[str, ...]:
    secrets = tuple(_secret(name, part) for part in re.split(r"[,\s]+", text) if part)
    if not secrets:
        raise SettingsError(name, f"holds none; expected {_REQUIRED['SECRET_KEYS']}")
    return secrets


def _database_url(name: str, text: str) -> str:
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


def _base_url(name: str, text: str) -> str:
    if "@" in text:
        raise SettingsError(name, "holds a user or password, which every mail would show; expected https://HOST")
    # It stands in a header of each mail, where only ASCII may; a domain of other letters has an xn-- form.
    if not re.fullmatch(r"https?://([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?/?", text, re.ASCII):
        raise SettingsError(name, f"'{text}' is no web address in plain ASCII; expected https://HOST")
    url = urlsplit(text)
    if url.scheme == "http" and url.hostname not in LOOPBACK_HOSTS:
        raise SettingsError(name, f"'{text}' is not encrypted; expected https (RFC 8058 asks for it in mails)")
    return text.rstrip("/")


def _engine(name: str, text: str) -> str:
    if text != "local":
        raise SettingsError(name, f"'{text}' is no engine; expected local")
    return text


def _host_port(name: str, text: str) -> HostPort:
    found = re.fullmatch(r"(?:([\w.-]+)|\[([\da-fA-F:.]+)\]):(\d{1,5})", text, re.ASCII)
    if not found or not 0 < int(found[3]) < 2**16:
        raise SettingsError(name, f"'{text}' is no place to listen or connect; expected HOST:PORT")
    return HostPort(found[1] or found[2], int(found[3]))


def _host_ports(name: str, text: str) -> tuple[HostPort, ...]:
    return tuple(_host_port(name, part) for part in re.split(r"[,\s]+", text) if part)


def _boolean(name: str, text: str) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if text.lower() not in words:
        raise SettingsError(name, f"'{text}' is neither yes nor no; expected yes or no")
    return words[text.lower()]


def _number(least: int, most: int) -> Callable[[str, str], int]:
    def read(name: str, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise SettingsError(name, f"'{text}' is not expected; expected a whole number from {least} to {most}")
        return int(text)

    return read


def _hours(least: int, most: int) -> Callable[[str, str], timedelta]:
    number = _number(least, most)
    return lambda name, text: timedelta(hours=number(name, text))


def _seconds(least: int, most: int) -> Callable[[str, str], timedelta]:
    number = _number(least, most)
    return lambda name, text: timedelta(seconds=number(name, text))


def _one_of(*words: str) -> Callable[[str, str], str]:
    def read(name: str, text: str) -> str:
        if text not in words:
            raise SettingsError(name, f"'{text}' is not expected; expected {', '.join(words[:-1])} or {words[-1]}")
        return text

    return read


def _path(_name: str, text: str) -> Path:
    return Path(text)


def _text(_name: str, text: str) -> str:
    return text


_READERS: dict[str, tuple[str, Callable[[str, str], object]]] = {
    "SECRET_KEYS": ("secret_keys", _secrets),
    "PEPPER": ("pepper", _secret),
    "BACKENDS": ("backends", _text),
    "DATABASE_URL": ("database_url", _database_url),
    "BASE_URL": ("base_url", _base_url),
    "ENGINE": ("engine", _engine),
    "LISTEN": ("listen", _host_port),
    "SPOOL": ("spool", _path),
    "SENDERS": ("senders", _number(0, 64)),
    "CONFIRM_HOURS": ("confirm_within", _hours(1, 14 * 24)),
    "CHECK_DNS": ("check_dns", _boolean),
    "POLL_SECONDS": ("poll_every", _seconds(5, 24 * 3600)),
    "FETCH_ALLOW": ("fetch_allow", _host_ports),
    "PROXY_HOPS": ("proxy_hops", _number(0, 10)),
    "ON_UNKNOWN": ("on_unknown", _one_of("resend_once", "hold")),
    "LOG_LEVEL": ("log_level", _one_of("DEBUG", "INFO", "WARNING", "ERROR")),
    "LOG_JSON": ("log_json", _boolean),
}

_DEFAULTS = {"DATABASE_URL": "sqlite:///var/newsletter.db"}
"""Those that must be read like a given text; the others' stand in `Settings`."""

_REQUIRED = {
    "SECRET_KEYS": "one or more random texts of 32 characters, newest first; `newsletter init` makes one",
    "PEPPER": "one random text of 32 characters that never changes; `newsletter init` makes one",
    "BACKENDS": "where mail goes, such as smtp://USER:PASSWORD@HOST:587?tls=starttls",
}
