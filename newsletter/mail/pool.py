"""The ways out together: several backends with weights, rates and a ramp, and limits for recipient domains.

NEWSLETTER_BACKENDS="smtp://mx1.example.org?weight=3&rate=200/s, smtp://mx2.example.org?warmup=2026-12-01:500"
NEWSLETTER_DOMAIN_LIMITS="example.com rate=20/s connections=4, * rate=100/s"
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from newsletter.core.errors import SettingsError
from newsletter.mail.backends import make_backend
from newsletter.mail.backends.base import Backend
from newsletter.mail.backends.url import BackendUrl
from newsletter.mail.limits import Rate

BACKENDS, DOMAINS = "NEWSLETTER_BACKENDS", "NEWSLETTER_DOMAIN_LIMITS"
EVERY_OTHER = "*"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
DAY = 86400
GROWTH = 1.5
"""How much more each day of a ramp may send than the day before; doubling looks like a stolen server."""

_NEXT_URL = re.compile(r",\s*(?=[a-z][a-z0-9+.-]*:)")
_RATE = re.compile(r"(\d{1,9})/([smhd])")
_WARMUP = re.compile(r"(\d{4}-\d\d-\d\d):(\d{1,9})")
_OURS = ("weight", "rate", "warmup")


@dataclass(frozen=True)
class Ramp:
    """So many messages on the first day, half as many more on each that follows; times are days in UTC."""

    begins: date
    first: int

    def on(self, day: date) -> Rate:
        """The rate of that day: spread over it, with at most a twenty-fourth of it at once."""
        volume = self.first * GROWTH ** min(max(0, (day - self.begins).days), 60)
        return Rate(volume / DAY, burst=max(1, int(volume / 24)))


@dataclass(frozen=True)
class Member:
    """One way out; `weight` is its part of the whole, `rate` and `ramp` are None for as fast as it takes."""

    backend: Backend
    weight: int = 1
    rate: Rate | None = None
    ramp: Ramp | None = None

    def rates(self, today: date) -> dict[str, Rate]:
        """By the key of its bucket, each rate that holds today."""
        held = {f"backend {self.backend.name}": self.rate, f"warm-up {self.backend.name}": None}
        if self.ramp:
            held[f"warm-up {self.backend.name}"] = self.ramp.on(today)
        return {key: rate for key, rate in held.items() if rate}


@dataclass(frozen=True)
class DomainLimit:
    """How fast one recipient domain is sent to, and how many messages to it may be under way in one process."""

    rate: Rate | None = None
    connections: int | None = None


@dataclass(frozen=True)
class DomainLimits:
    """`named` by domain; `others` holds for each other domain by itself."""

    named: Mapping[str, DomainLimit] = field(default_factory=dict)
    others: DomainLimit = DomainLimit()

    def of(self, domain: str) -> DomainLimit:
        return self.named.get(domain.lower(), self.others)

    @property
    def is_empty(self) -> bool:
        return not self.named and self.others == DomainLimit()

    def most_of(self, domain: str) -> int | None:
        """How many messages for this domain may be under way at a time; None for any number."""
        return self.of(domain).connections


Pool = tuple[Member, ...]


def make_pool(text: str, senders: int = 1, domains: DomainLimits | None = None) -> Pool:
    """The backends that the setting names, at least one; `senders` processes share the connections of each.

    Raises SettingsError, which names the setting, its value without the password, and what was expected.
    """
    pool = tuple(_member(part, senders, domains or DomainLimits()) for part in _NEXT_URL.split(text.strip()))
    names = [member.backend.name for member in pool]
    if len(set(names)) < len(names):
        problem = f"names {max(names, key=names.count)} twice; give it a higher weight instead"
        raise SettingsError(BACKENDS, problem)
    return pool


def domain_limits(text: str) -> DomainLimits:
    """`DOMAIN rate=20/s connections=4`, several with commas, `*` for all others. Raises SettingsError."""
    limits: dict[str, DomainLimit] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        domain, *options = part.lower().split()
        limit = DomainLimit()
        for option in options:
            name, _, value = option.partition("=")
            if name == "rate":
                limit = replace(limit, rate=_rate(DOMAINS, value))
            elif name == "connections" and value.isdecimal() and int(value):
                limit = replace(limit, connections=int(value))
            else:
                problem = f"'{part}' has {option}; expected DOMAIN rate=20/s connections=4"
                raise SettingsError(DOMAINS, problem)
        limits[domain] = limit
    return DomainLimits(
        {name: limit for name, limit in limits.items() if name != EVERY_OTHER},
        limits.get(EVERY_OTHER, DomainLimit()),
    )


def _member(text: str, senders: int, domains: DomainLimits) -> Member:
    url = BackendUrl.parse(text, senders, domains.most_of if not domains.is_empty else None)
    ours = {name: url.options[name] for name in _OURS if name in url.options}
    rest = {name: value for name, value in url.options.items() if name not in ours}
    try:
        weight = url.number("weight", 1, 1000)
    except ValueError as error:
        raise SettingsError(BACKENDS, f"'{url.without_secrets}' {error}") from error
    return Member(
        backend=make_backend(replace(url, options=rest)),
        weight=weight,
        rate=_rate(BACKENDS, ours["rate"]) if "rate" in ours else None,
        ramp=_ramp(ours["warmup"]) if "warmup" in ours else None,
    )


def _rate(setting: str, text: str) -> Rate:
    found = _RATE.fullmatch(text)
    if not found or not int(found[1]):
        raise SettingsError(
            setting, f"has rate={text}; expected a number and a unit, such as 200/s, 5000/h or 90/m"
        )
    per_second = int(found[1]) / UNITS[found[2]]
    return Rate(per_second, burst=max(1, int(per_second)))


def _ramp(text: str) -> Ramp:
    found = _WARMUP.fullmatch(text)
    try:
        if found and int(found[2]):
            return Ramp(date.fromisoformat(found[1]), int(found[2]))
    except ValueError:
        pass
    problem = f"has warmup={text}; expected the first day and its number of messages, such as 2026-12-01:500"
    raise SettingsError(BACKENDS, problem)
