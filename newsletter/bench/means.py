"""What the contestants need, made when the first of them asks."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.bench.databases import PostgresServer, SqliteFiles
from newsletter.bench.others import Load
from newsletter.bench.plan import Plan
from newsletter.bench.sinks import Sink, sinks
from newsletter.bench.stage import Stage
from newsletter.core.errors import BackendUnavailable

SQLITE, POSTGRES = "SQLite", "PostgreSQL"


@dataclass
class Means:
    """`sinks` has the fastest first."""

    plan: Plan
    folder: Path
    sinks: Sequence[Sink]
    _stages: dict[tuple[str, int], Stage] = field(default_factory=dict)
    _server: PostgresServer | None = None

    def stage(self, kind: str, recipients: int | None = None) -> Stage:
        """On a database of this kind, `recipients` None for as many as planned; raises BackendUnavailable."""
        key = kind, max(1, self.plan.recipients if recipients is None else recipients)
        if key not in self._stages:
            databases = self.server() if kind == POSTGRES else SqliteFiles(self.folder)
            self._stages[key] = Stage(databases, self.folder, key[1], self.plan.size)
        return self._stages[key]

    def load(self, part: int) -> Load:
        """The message of the stage, one time for each `part` recipients."""
        return Load(self.stage(SQLITE).message, max(1, self.plan.recipients // part), self.folder)

    def server(self) -> PostgresServer:
        """Raises BackendUnavailable when it does not answer."""
        if self._server is None:
            self._server = PostgresServer(self.plan.postgres)
        return self._server

    @property
    def has_postgres(self) -> bool:
        try:
            self.server()
        except BackendUnavailable:
            return False
        return True

    def close(self) -> None:
        """Leave nothing behind on the server."""
        if self._server:
            self._server.drop_all()


@contextmanager
def gathered(plan: Plan, folder: Path) -> Iterator[Means]:
    """The means for this plan; what they made on a server is gone afterwards."""
    made = Means(plan, folder, sinks(folder))
    try:
        yield made
    finally:
        made.close()
