"""The seam to the outside: what every backend offers. `tests/contracts/` holds the suite each must pass."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from newsletter.mail.message import Envelope
from newsletter.mail.outcomes import Outcome


class Journal(Protocol):
    """Where a connection writes down what it is about to do and what came of it, before anything else."""

    def dotting(self, *keys: int) -> None:
        """Called before the last byte of these messages is handed over; when this raises, it must not be."""

    def answered(self, outcome: Outcome) -> None:
        """Called as soon as the fate of a dotted message is known; kept in memory until the next call."""

    def flush(self) -> None:
        """Called before waiting for anything: what was answered is written now."""


class Connection(Protocol):
    """One conversation; used by one thread."""

    @property
    def is_usable(self) -> bool:
        """False once it has broken; what is not sent by then needs a new connection."""

    def send(self, envelopes: Iterable[Envelope], journal: Journal) -> Iterator[Outcome]:
        """Hand over messages, in order.

        Takes an envelope only when there is room for it, and yields exactly one outcome for each that it took,
        in that order, also when the connection breaks; then it ends without taking more. An implementation may
        take several before it yields the first (pipelining). What it was never given is untouched.
        """

    def close(self) -> None:
        """Say goodbye; never raises, because by now every fate is known."""


class Backend(Protocol):
    """A way out, made once from its URL and shared by threads."""

    @property
    def name(self) -> str:
        """For logs, attempts and people: its URL without user, password and options."""

    @property
    def takes_international(self) -> bool:
        """Whether addresses with a non-ASCII local part can be sent (SMTPUTF8, RFC 6531)."""

    def connect(self) -> Connection:
        """A fresh connection.

        Raises BackendUnavailable, with the server's words, when none can be had, and its kind BackendRefused when
        none can be had before somebody changes something.
        """
