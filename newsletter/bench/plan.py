"""What was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

SCENARIOS = (
    *("sqlite", "postgresql", "smtplib", "aiosmtplib", "smtp-source", "ceiling"),
    *("distance", "dkim", "million", "million-postgresql"),
)

ANY_POSTGRES = "postgresql+psycopg:///postgres"
"""The server of this machine, by its socket, as whoever runs the bench."""


@dataclass(frozen=True)
class Senders:
    """How many processes send, and how many connections they have all together."""

    processes: int
    connections: int


@dataclass(frozen=True)
class Plan:
    """What was asked for; `only` empty means every scenario.

    `million` is how many recipients the scenarios of that name have, and `profiled` how many messages are sent
    under the profiler; 0 leaves them out. `postgres` is the URL of a server on which databases may be made.
    """

    recipients: int
    size: int
    senders: Senders
    repeat: int = 3
    million: int = 0
    profiled: int = 0
    only: Sequence[str] = ()
    postgres: str = ANY_POSTGRES

    @property
    def command(self) -> str:
        """What one types to measure this again, but for where the databases and the report are."""
        words = ["newsletter bench delivery", f"--recipients {self.recipients}", f"--size {self.size}"]
        words += [f"--repeat {self.repeat}", *(f"--only {name}" for name in self.only)]
        words += [f"--senders {self.senders.processes}", f"--connections {self.senders.connections}"]
        words += ["--million"] if self.million else []
        words += ["--profile"] if self.profiled else []
        return " ".join(words)
