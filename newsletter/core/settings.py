"""Settings: `NEWSLETTER_*` from the environment (and `.env`), read and checked once at start, then frozen.

A wrong value stops the start with one line that names the setting, its value and what was expected. Secrets
have no default and their values are never repeated.
"""

import hmac
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import idna
from dotenv import dotenv_values

from newsletter.core.errors import SettingsError
from newsletter.core.setting_urls import (
    PrivacyNotice,
    base_url,
    database_url,
    engine_url,
    issuer_url,
    limits_url,
    privacy_notice,
)
from newsletter.core.setting_values import (
    address,
    as_it_is,
    boolean,
    days,
    days_or_off,
    hours,
    number,
    one_of,
    path,
    path_or_off,
    seconds,
)

PREFIX = "NEWSLETTER_"
SHORTEST_SECRET = 32
HIGHEST_PROOF = 10_000_000
"""The highest number that a browser may be asked to find."""

KeepIp = Literal["whole", "network", "none"]
SignedForms = Literal["optional", "required"]
RoleAddresses = Literal["refuse", "allow"]
SecondFactor = Literal["optional", "publishers", "everybody"]

OnUnknown = Literal["resend_once", "resend_anywhere", "hold"]


@dataclass(frozen=True)
class HostPort:
    """A place on the network, as in `127.0.0.1:8000`."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class DkimKeyFile:
    """A file with a private key, and whose mail it signs: `domain` in A-labels, both names in lower case."""

    domain: str
    selector: str
    path: Path


@dataclass(frozen=True)
class Budget:
    """At most `most` confirmations within `window`, counted `by` address, near, wide, domain or all."""

    by: str
    most: int
    window: timedelta


@dataclass(frozen=True)
class ProofOfWork:
    """What a sign-up form asks of a browser: to find a number of at most `most` by trying."""

    most: int = 50_000
    is_required: bool = False


USUAL_BUDGETS = tuple(
    Budget(by, most, timedelta(hours=1))
    for by, most in (("near", 20), ("wide", 100), ("domain", 500), ("all", 5000))
)


@dataclass(frozen=True)
class Settings:
    """All there is to set; the comments of `.env.example` say what each is for."""

    secret_keys: tuple[str, ...] = field(repr=False)
    pepper: str = field(repr=False)
    backends: str = field(repr=False)
    database_url: str = field(repr=False)
    base_url: str = "http://127.0.0.1:8000"
    engine: str = field(default="local", repr=False)
    limits: str = field(default="auto", repr=False)
    listen: HostPort = HostPort("127.0.0.1", 8000)
    web_processes: int = 0
    spool: Path = Path("var/spool")
    images: Path = Path("var/images")
    senders: int = 0
    operator: str = field(default="", repr=False)
    metrics_token: str = field(default="", repr=False)
    budgets: tuple[Budget, ...] = USUAL_BUDGETS
    signed_forms: SignedForms = "optional"
    proof_of_work: ProofOfWork | None = None
    privacy_notice: PrivacyNotice | None = None
    keep_ip: KeepIp = "whole"
    keep_pending: timedelta = timedelta(days=14)
    keep_ended: timedelta = timedelta(days=3 * 365)
    keep_deliveries: timedelta = timedelta(days=548)
    ask_inactive: timedelta | None = None
    answer_within: timedelta = timedelta(days=30)
    confirm_within: timedelta = timedelta(hours=72)
    remind_after: timedelta = timedelta(hours=24)
    check_dns: bool = False
    role_addresses: RoleAddresses = "refuse"
    second_factor: SecondFactor = "optional"
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_name: str = ""
    disposable_domains: Path | None = None
    poll_every: timedelta = timedelta(minutes=5)
    fetch_allow: tuple[HostPort, ...] = ()
    proxy_hops: int = 0
    domain_limits: str = ""
    dkim: tuple[DkimKeyFile, ...] = ()
    on_unknown: OnUnknown = "resend_once"
    retry_first: timedelta = timedelta(minutes=5)
    retry_longest: timedelta = timedelta(hours=3)
    retry_within: timedelta = timedelta(hours=48)
    lease_for: timedelta = timedelta(minutes=15)
    log_level: str = "INFO"
    log_json: bool = False

    @property
    def is_sqlite(self) -> bool:
        """Whether one file is the database, so that all processes must be on this machine."""
        return self.database_url.startswith("sqlite")

    @property
    def has_broker(self) -> bool:
        """Whether a broker carries the work between processes, so that they may be on many machines."""
        return self.engine != "local"

    @property
    def limits_redis(self) -> str | None:
        """The Redis through which all machines share their rate limits; None where each keeps its own."""
        if self.limits == "auto":
            return self.engine if self.engine.startswith(("redis:", "rediss:")) else None
        return None if self.limits == "local" else self.limits

    @property
    def installation(self) -> str:
        """Sixteen hex digits that all processes of this installation share and no other one has.

        They keep two installations apart that use one broker.
        """
        return hmac.digest(self.pepper.encode(), b"installation", "sha256").hex()[:16]


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


def names() -> Mapping[str, str]:
    """For each setting's name in the environment the attribute of `Settings`, in the order of .env.example."""
    return {PREFIX + suffix: attribute for suffix, (attribute, _) in _READERS.items()}


def _check_together(settings: Settings) -> None:
    if settings.has_broker and settings.is_sqlite:
        raise SettingsError(
            PREFIX + "ENGINE", "a broker needs NEWSLETTER_DATABASE_URL to be PostgreSQL; expected local"
        )
    if settings.retry_first > settings.retry_longest:
        first = int(settings.retry_first.total_seconds())
        problem = f"is shorter than {PREFIX}RETRY_FIRST_SECONDS; expected at least {first}"
        raise SettingsError(PREFIX + "RETRY_LONGEST_SECONDS", problem)
    _check_provider(settings)
    for suffix, used in (("ENGINE", settings.has_broker), ("LIMITS", settings.limits_redis)):
        if used and not (find_spec("celery") and find_spec("redis")):
            raise SettingsError(PREFIX + suffix, f"is a URL, and for that Celery must be installed; {_INSTALL}")


def _check_provider(settings: Settings) -> None:
    """All three that a provider needs, or none of them."""
    needed = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")
    missing = [each for each in needed if not getattr(settings, each)]
    if missing and (len(missing) < len(needed) or settings.oidc_name):
        others = ", ".join(PREFIX + each.upper() for each in needed if each not in missing) or f"{PREFIX}OIDC_NAME"
        raise SettingsError(PREFIX + missing[0].upper(), f"is not set, but {others}; expected all three or none")


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


def _host_port(name: str, text: str) -> HostPort:
    found = re.fullmatch(r"(?:([\w.-]+)|\[([\da-fA-F:.]+)\]):(\d{1,5})", text, re.ASCII)
    if not found or not 0 < int(found[3]) < 2**16:
        raise SettingsError(name, f"'{text}' is no place to listen or connect; expected HOST:PORT")
    return HostPort(found[1] or found[2], int(found[3]))


def _host_ports(name: str, text: str) -> tuple[HostPort, ...]:
    return tuple(_host_port(name, part) for part in re.split(r"[,\s]+", text) if part)


def dkim_key_files(name: str, text: str) -> tuple[DkimKeyFile, ...]:
    """The value of `NEWSLETTER_DKIM`; `name` is what an error calls it."""
    files = tuple(_dkim_key_file(name, part) for part in re.split(r"[,\s]+", text) if part)
    places = [(file.domain, file.selector) for file in files]
    for domain, selector in places:
        if places.count((domain, selector)) > 1:
            raise SettingsError(name, f"has selector '{selector}' of {domain} twice; expected one key for each")
    return files


def _dkim_key_file(name: str, text: str) -> DkimKeyFile:
    domain, selector, path = [*text.split(":", 2), "", ""][:3]
    try:
        domain = idna.encode(domain, uts46=True, std3_rules=True).decode()
        idna.encode(f"{selector}.{domain}", uts46=True, std3_rules=True)
    except idna.IDNAError:
        domain = ""
    if not re.fullmatch(r"[^.]+(\.[^.]+)+", domain) or not selector.isascii() or not path:
        problem = f"'{text}' names no domain, selector and file; expected DOMAIN:SELECTOR:PATH"
        raise SettingsError(name, f"{problem}, such as example.org:key1:/etc/newsletter/key1.pem")
    return DkimKeyFile(domain, selector.lower(), Path(path))


def _budgets(name: str, text: str) -> tuple[Budget, ...]:
    units = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
    found = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        match = re.fullmatch(r"(near|wide|domain|all) ([1-9][0-9]{0,8})/([mhd])", part)
        if match is None:
            raise SettingsError(name, f"'{part}' is no budget; expected such as near 20/h, wide 100/h, all 5000/h")
        found.append(Budget(match[1], int(match[2]), units[match[3]]))
    return tuple(found)


def _proof_of_work(name: str, text: str) -> ProofOfWork | None:
    if text in {"off", "0"}:
        return None
    found = re.fullmatch(r"(offered|required)(?: ([1-9][0-9]{3,7}))?", text)
    most = int(found[2]) if found and found[2] else ProofOfWork.most
    if found is None or most > HIGHEST_PROOF:
        problem = f"'{text}' is no proof of work; expected off, or offered or required with a number from 1000 to"
        raise SettingsError(name, f"{problem} {HIGHEST_PROOF}, such as offered 50000")
    return ProofOfWork(most, is_required=found[1] == "required")


_READERS: dict[str, tuple[str, Callable[[str, str], object]]] = {
    "SECRET_KEYS": ("secret_keys", _secrets),
    "PEPPER": ("pepper", _secret),
    "BACKENDS": ("backends", as_it_is),
    "DATABASE_URL": ("database_url", database_url),
    "BASE_URL": ("base_url", base_url),
    "ENGINE": ("engine", engine_url),
    "LIMITS": ("limits", limits_url),
    "LISTEN": ("listen", _host_port),
    "WEB_PROCESSES": ("web_processes", number(0, 64)),
    "SPOOL": ("spool", path),
    "IMAGES": ("images", path),
    "SENDERS": ("senders", number(0, 64)),
    "OPERATOR": ("operator", address),
    "METRICS_TOKEN": ("metrics_token", _secret),
    "BUDGETS": ("budgets", _budgets),
    "SIGNED_FORMS": ("signed_forms", one_of("optional", "required")),
    "PROOF_OF_WORK": ("proof_of_work", _proof_of_work),
    "PRIVACY_NOTICE": ("privacy_notice", privacy_notice),
    "KEEP_IP": ("keep_ip", one_of("whole", "network", "none")),
    "KEEP_PENDING_DAYS": ("keep_pending", days(1, 30)),
    "KEEP_ENDED_DAYS": ("keep_ended", days(30, 3650)),
    "KEEP_DELIVERIES_DAYS": ("keep_deliveries", days(30, 3650)),
    "ASK_INACTIVE_DAYS": ("ask_inactive", days_or_off(365, 3650)),
    "ANSWER_DAYS": ("answer_within", days(7, 90)),
    "CONFIRM_HOURS": ("confirm_within", hours(1, 14 * 24)),
    "REMIND_HOURS": ("remind_after", hours(0, 7 * 24)),
    "CHECK_DNS": ("check_dns", boolean),
    "ROLE_ADDRESSES": ("role_addresses", one_of("refuse", "allow")),
    "SECOND_FACTOR": ("second_factor", one_of("optional", "publishers", "everybody")),
    "OIDC_ISSUER": ("oidc_issuer", issuer_url),
    "OIDC_CLIENT_ID": ("oidc_client_id", as_it_is),
    "OIDC_CLIENT_SECRET": ("oidc_client_secret", as_it_is),
    "OIDC_NAME": ("oidc_name", as_it_is),
    "DISPOSABLE_DOMAINS": ("disposable_domains", path_or_off),
    "POLL_SECONDS": ("poll_every", seconds(5, 24 * 3600)),
    "FETCH_ALLOW": ("fetch_allow", _host_ports),
    "PROXY_HOPS": ("proxy_hops", number(0, 10)),
    "ON_UNKNOWN": ("on_unknown", one_of("resend_once", "resend_anywhere", "hold")),
    "RETRY_FIRST_SECONDS": ("retry_first", seconds(1, 3600)),
    "RETRY_LONGEST_SECONDS": ("retry_longest", seconds(1, 24 * 3600)),
    "RETRY_HOURS": ("retry_within", hours(1, 240)),
    "LEASE_SECONDS": ("lease_for", seconds(2, 7200)),
    "DOMAIN_LIMITS": ("domain_limits", as_it_is),
    "DKIM": ("dkim", dkim_key_files),
    "LOG_LEVEL": ("log_level", one_of("DEBUG", "INFO", "WARNING", "ERROR")),
    "LOG_JSON": ("log_json", boolean),
}

_INSTALL = "install requirements/scale.lock, or choose local"

_DEFAULTS = {"DATABASE_URL": "sqlite:///var/newsletter.db"}
"""Those that must be read like a given text; the others' stand in `Settings`."""

_REQUIRED = {
    "SECRET_KEYS": "one or more random texts of 32 characters, newest first; `newsletter init` makes one",
    "PEPPER": "one random text of 32 characters that never changes; `newsletter init` makes one",
    "BACKENDS": "where mail goes, such as smtp://USER:PASSWORD@HOST:587?tls=starttls",
}
