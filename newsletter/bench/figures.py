"""What was measured, as data."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from subprocess import SubprocessError
from typing import Protocol

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from newsletter.core.errors import NewsletterError

TROUBLE = (NewsletterError, OSError, ValueError, SubprocessError, SQLAlchemyError, psycopg.Error)
"""What may go wrong in a run, without anything being wrong with the bench."""


@dataclass(frozen=True)
class Effort:
    """What a sender did: seconds of the clock, CPU seconds, and the highest sum of its processes' memory in bytes.

    `pss` counts a page that several processes share once, `rss` once for each; 0 where the system does not tell.
    `queueing` and `sending` are parts of `seconds`, None for a sender without a queue.
    """

    messages: int
    seconds: float
    cpu: float
    rss: int = 0
    pss: int = 0
    queueing: float | None = None
    sending: float | None = None


class Contestant(Protocol):
    """Somebody who sends, as often as asked."""

    @property
    def name(self) -> str:
        """What tables call it."""

    def run(self, port: int) -> Effort:
        """Send everything to the sink at this port of 127.0.0.1; raises BackendUnavailable when it cannot."""


@dataclass(frozen=True)
class Received:
    """What a sink saw of it; `messages` and `bytes` are None where the sink does not count."""

    cpu: float
    messages: int | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Run:
    """One contestant's one run into one sink."""

    effort: Effort
    received: Received

    @property
    def rate(self) -> float:
        """Messages per second, from the beginning to the last answer, or the last record."""
        return self.effort.messages / self.effort.seconds

    @property
    def message_bytes(self) -> float | None:
        """How long a message was on average, without its final dot."""
        received = self.received
        return received.bytes / received.messages if received.bytes and received.messages else None

    def as_dict(self) -> dict[str, float | int | None]:
        return {
            "messages": self.effort.messages,
            "seconds": round(self.effort.seconds, 3),
            "queueing_seconds": self.effort.queueing and round(self.effort.queueing, 3),
            "sending_seconds": self.effort.sending and round(self.effort.sending, 3),
            "messages_per_second": round(self.rate, 1),
            "cpu_seconds": round(self.effort.cpu, 3),
            "sink_cpu_seconds": round(self.received.cpu, 3),
            "peak_pss_bytes": self.effort.pss,
            "peak_rss_bytes": self.effort.rss,
            "counted_by_sink": self.received.messages,
            "message_bytes": self.message_bytes and round(self.message_bytes, 1),
        }


@dataclass(frozen=True)
class Tally:
    """The middle of what the rounds gave, and how far they lie apart."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def words(self, digits: int) -> str:
        """`5,012 (4,870 to 5,130)`; without the spread where there was one round."""
        middle = f"{self.median:,.{digits}f}"
        if len(self.values) == 1:
            return middle
        return f"{middle} ({min(self.values):,.{digits}f} to {max(self.values):,.{digits}f})"
