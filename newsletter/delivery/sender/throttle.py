"""What of a slice may leave now: the rates of the backend, the limits of recipient domains, domains that rest."""

import os
import time
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from newsletter.core.clock import now
from newsletter.core.logs import logger
from newsletter.delivery.policy import RetryPolicy, is_about_the_domain
from newsletter.delivery.service import Leased
from newsletter.mail.breaker import Breaker, Patience
from newsletter.mail.limits import Limits, Rate
from newsletter.mail.outcomes import Outcome, Result
from newsletter.mail.pool import DomainLimits, Member

MOST_DOMAINS = 10_000
"""Domains whose answers are remembered; beyond it the one that was quiet for longest is forgotten."""

SLOWEST, PACE_SECONDS = 0.2, 60.0
"""The least pace per second that is believed of a domain, and for how long one that was found is kept."""

REFUSALS = 8
"""So many "not now" in a row from one domain, and it rests."""

log = logger(__name__)

Postponed = list[tuple[Leased, datetime | None]]


class Throttle:
    """Of one sender; the buckets behind it are shared by all."""

    def __init__(self, member: Member, domains: DomainLimits, limits: Limits, retry: RetryPolicy) -> None:
        self._member = member
        self._domains = domains
        self._limits = limits
        # A domain rests for a fifth of what one of its deliveries would wait, up to the longest wait.
        first = retry.first.total_seconds() / 5
        self._patience = Patience(REFUSALS, first, max(first, retry.longest.total_seconds() / 6))
        self._breakers: OrderedDict[str, Breaker] = OrderedDict()
        self._promised: dict[str, float] = {}
        self._paces: dict[str, tuple[Rate, float]] = {}

    @property
    def limits_domains(self) -> bool:
        return not self._domains.is_empty

    @property
    def slice_size(self) -> int | None:
        """How many the slowest of the backend's rates lets out at once; None for any number."""
        rates = self._member.rates(now().date()).values()
        return min((rate.size for rate in rates), default=None)

    def sort(self, leased: Sequence[Leased]) -> tuple[Sequence[Leased], Postponed, float]:
        """What may leave now, what must wait and until when, and the seconds until the backend takes more."""
        going, later = self._by_domain(leased)
        allowed, rest = len(going), 0.0
        for key, rate in self._member.rates(now().date()).items() if going else ():
            grant = self._limits.take(key, allowed, rate)
            if grant.granted < allowed:
                rest = max(rest, grant.wait)
            allowed = grant.granted
        return going[:allowed], later + [(each, None) for each in going[allowed:]], rest

    def learn(self, leased: Leased, outcome: Outcome) -> None:
        """Remember how the recipient's domain answered."""
        if outcome.result is Result.ACCEPTED and not self._breakers:
            return
        breaker = self._breakers.get(leased.domain)
        if is_about_the_domain(outcome):
            if breaker is None:
                breaker = self._breakers[leased.domain] = Breaker(self._patience)
                if len(self._breakers) > MOST_DOMAINS:
                    self._breakers.popitem(last=False)
            # Those that were under way when it opened say nothing new.
            if not breaker.seconds_left:
                breaker.failed()
                if breaker.seconds_left:
                    seconds = round(breaker.seconds_left, 1)
                    log.warning("domain rests", domain=leased.domain, problem=outcome.words, seconds=seconds)
        elif breaker and outcome.result in {Result.ACCEPTED, Result.FAILED}:
            del self._breakers[leased.domain]

    def holds_back(self, leased: Leased) -> bool:
        """Whether its domain has begun to rest since the slice was sorted."""
        if not self._breakers:
            return False
        breaker = self._breakers.get(leased.domain)
        return breaker is not None and breaker.seconds_left > 0

    def put_off(self, leased: Sequence[Leased], sent: Mapping[str, int], seconds: float) -> Postponed:
        """When those are to be taken whose domain had no room, after a slice in which so many were sent there.

        The pace of that slice is kept for a minute, so that the next one does not have to wait for them again.
        """
        later: Postponed = []
        for domain, those in _grouped(leased).items():
            breaker = self._breakers.get(domain)
            if breaker and breaker.seconds_left:
                until = now() + timedelta(seconds=breaker.seconds_left)
                later += [(each, until) for each in those]
                continue
            pace = Rate(max(SLOWEST, sent.get(domain, 0) / max(seconds, 1.0)))
            self._paces[domain] = pace, time.monotonic() + PACE_SECONDS
            horizon = now() + timedelta(seconds=PACE_SECONDS)
            later += [(each, min(at or horizon, horizon)) for each, at in self._spread(domain, those, pace)]
            self._promised.pop(domain, None)
        return later

    def _by_domain(self, leased: Sequence[Leased]) -> tuple[list[Leased], Postponed]:
        if self._domains.is_empty and not self._breakers and not self._paces:
            return list(leased), []
        going: list[Leased] = []
        later: Postponed = []
        for domain, those in _grouped(leased).items():
            room = self._room(domain, those, later)
            going += those[:room]
        return sorted(going), later

    def _room(self, domain: str, those: Sequence[Leased], later: Postponed) -> int:
        """How many of this domain's may leave; the others are added to `later`."""
        breaker, (key, rate) = self._breakers.get(domain), self._rate(domain)
        room = breaker.room(len(those)) if breaker else len(those)
        if breaker and room < len(those):
            # After the rest one goes ahead, and the others hear of it before they are looked at again.
            until = now() + timedelta(seconds=max(1.0, breaker.seconds_left) + (5.0 if room else 0.0))
            later += [(each, until) for each in those[room:]]
        if rate and room:
            granted = self._limits.take(key, room, rate).granted
            later += self._spread(domain, those[granted:room], rate)
            room = granted
        return room

    def _rate(self, domain: str) -> tuple[str, Rate | None]:
        """The bucket of this domain and its rate: the one that was set, or the pace that it was found to have."""
        rate = self._domains.of(domain).rate
        pace, until = self._paces.get(domain, (None, 0.0))
        if pace and time.monotonic() >= until:
            del self._paces[domain]
        elif pace and (rate is None or pace.per_second < rate.per_second):
            # Of this sender alone: what another one manages is its own affair.
            return f"pace {os.getpid()} {id(self)} {domain}", pace
        return f"domain {domain}", rate

    def _spread(self, domain: str, those: Sequence[Leased], rate: Rate) -> Postponed:
        """One after the other at the domain's rate, behind those to whom a moment was promised before."""
        moment = now()
        start = max(self._promised.get(domain, 0.0), moment.timestamp())
        if len(self._promised) > MOST_DOMAINS:
            self._promised.clear()
        self._promised[domain] = start + len(those) / rate.per_second
        behind = timedelta(seconds=start - moment.timestamp())
        return [
            (each, moment + behind + timedelta(seconds=place / rate.per_second))
            for place, each in enumerate(those, start=1)
        ]


def _grouped(leased: Sequence[Leased]) -> Mapping[str, Sequence[Leased]]:
    by_domain: defaultdict[str, list[Leased]] = defaultdict(list)
    for each in leased:
        by_domain[each.domain].append(each)
    return by_domain
