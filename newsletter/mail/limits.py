"""Rate limits that hold over all senders: those of one machine through a file, those of many through Redis.

Both count by GCRA (the generic cell rate algorithm, ITU-T I.371): for each key one number is kept, the moment at
which the bucket will be full again. Moments are whole ticks, so that both count exactly alike and never round
in favour of the sender.
"""

import fcntl
import json
import math
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from newsletter.core.logs import logger
from newsletter.core.settings import Settings

TICKS = 10_000_000
"""Ticks in a second. Lua counts in doubles, which are exact for some thirty years of them."""

_PATIENCE = 1.0
"""Seconds to wait for whoever holds the limits, and for the next question when nobody answers."""

log = logger(__name__)


@dataclass(frozen=True)
class Rate:
    """How many messages each second, and how many at once after a silence (None: one second's worth)."""

    per_second: float
    burst: int | None = None

    @property
    def interval(self) -> int:
        """Ticks from one message to the next."""
        return max(1, math.ceil(TICKS / self.per_second))

    @property
    def size(self) -> int:
        """What the full bucket holds; at least 1."""
        return max(1, int(self.per_second) if self.burst is None else self.burst)


@dataclass(frozen=True)
class Grant:
    """How many messages may leave now, and the seconds until one more may."""

    granted: int
    wait: float


class Limits(Protocol):
    """What a sender asks before it hands messages over."""

    def take(self, key: str, wanted: int, rate: Rate) -> Grant:
        """As many of these messages as the bucket of this key holds; when it cannot be asked, none."""


def make_limits(settings: Settings) -> Limits:
    """The limits of this installation, as `NEWSLETTER_LIMITS` has it."""
    if settings.limits_redis:
        return RedisLimits(settings.limits_redis, f"newsletter:{settings.installation}:limit:")
    return FileLimits(settings.spool)


def spend(full_at: int, now: int, wanted: int, rate: Rate) -> tuple[Grant, int]:
    """What a bucket grants that is full at this tick, and when it is full again afterwards.

    A moment beyond what an empty bucket needs is of another boot or a clock that was set back: it counts as empty.
    """
    full_at = min(max(full_at, now), now + rate.size * rate.interval)
    granted = max(0, min(wanted, rate.size - -(-(full_at - now) // rate.interval)))
    full_at += granted * rate.interval
    ticks = max(0, full_at + rate.interval - rate.size * rate.interval - now)
    return Grant(granted, ticks / TICKS), full_at


class FileLimits:
    """Shared by all senders of this machine, through one small file beside their journals.

    The monotonic clock is the same for all processes of a boot.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "limits.json"
        self._is_silent = False

    def take(self, key: str, wanted: int, rate: Rate) -> Grant:
        try:
            grant = self._take(key, wanted, rate)
        except OSError as error:
            if not self._is_silent:
                log.error("limits cannot be kept", path=str(self._path), error=str(error))  # noqa: TRY400
            self._is_silent = True
            return Grant(0, _PATIENCE)
        self._is_silent = False
        return grant

    def _take(self, key: str, wanted: int, rate: Rate) -> Grant:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(file)
            # The clock is read under the lock, or an earlier moment could be written after a later one.
            now = time.monotonic_ns() * TICKS // 1_000_000_000
            buckets = _buckets(file)
            grant, buckets[key] = spend(buckets.get(key, 0), now, wanted, rate)
            _write(file, {name: full_at for name, full_at in buckets.items() if full_at > now})
        finally:
            os.close(file)
        return grant


def _lock(file: int) -> None:
    """Raises OSError when somebody keeps it: a process that was frozen with it must not freeze all others."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.001)
        else:
            return


def _buckets(file: int) -> dict[str, int]:
    """By key, the tick at which each bucket is full; a file that says nothing sensible holds none."""
    with suppress(ValueError, RecursionError):
        read = json.loads(os.pread(file, os.fstat(file).st_size, 0))
        if isinstance(read, dict):
            return {key: full_at for key, full_at in read.items() if isinstance(full_at, int)}
    return {}


def _write(file: int, buckets: dict[str, int]) -> None:
    # One write over the old text, filled up with blanks, so that a process that dies here leaves old or new.
    text = json.dumps(buckets).encode()
    os.pwrite(file, text.ljust(os.fstat(file).st_size), 0)


_SPEND = """
local time = redis.call('TIME')
local now = (time[1] - 1735689600) * 10000000 + time[2] * 10
local wanted, interval, size = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full_at = tonumber(redis.call('GET', KEYS[1]) or 0)
full_at = math.min(math.max(full_at, now), now + size * interval)
local granted = math.max(0, math.min(wanted, size - math.ceil((full_at - now) / interval)))
if granted > 0 then
  full_at = full_at + granted * interval
  redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 10000) + 1000)
end
return {granted, string.format('%.0f', math.max(0, full_at + interval - size * interval - now))}
"""
"""`spend`, by the clock of Redis, counted from 2025 on; keys go away when their buckets are full."""


class RedisLimits:
    """Shared by all senders of all machines that name this Redis; `prefix` begins its keys."""

    def __init__(self, url: str, prefix: str) -> None:
        from redis import Redis  # noqa: PLC0415 - only installed where somebody scales out.

        self._redis: Any = Redis.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
        self._spend = self._redis.register_script(_SPEND)
        self._prefix = prefix
        self._is_silent = False

    def take(self, key: str, wanted: int, rate: Rate) -> Grant:
        from redis import RedisError  # noqa: PLC0415 - as above.

        try:
            granted, ticks = self._spend(keys=[self._prefix + key], args=[wanted, rate.interval, rate.size])
        except (RedisError, OSError) as error:
            # To send without asking could be too fast for the receiving server, so nothing is sent.
            if not self._is_silent:
                log.error("limits do not answer", error=str(error))  # noqa: TRY400 - a trace says no more.
            self._is_silent = True
            return Grant(0, _PATIENCE)
        self._is_silent = False
        return Grant(int(granted), int(ticks) / TICKS)

    def close(self) -> None:
        """Hang up; a later question connects again."""
        self._redis.close()
