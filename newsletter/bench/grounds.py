"""Where the benches of import and web are held: one kind of database after the other, and what came of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from newsletter.bench import machine
from newsletter.bench.databases import Databases, PostgresServer, SqliteFiles
from newsletter.bench.means import POSTGRES, SQLITE
from newsletter.core.errors import BackendUnavailable


class Result(Protocol):
    """One figure, or several that belong together."""

    def as_dict(self) -> dict[str, object]: ...


Found = TypeVar("Found", bound=Result)


@dataclass(frozen=True)
class Ground:
    """A kind of database, and a folder for what is made there."""

    name: str
    databases: Databases
    folder: Path


@dataclass(frozen=True)
class Grounds:
    """Those that are here, and one sentence for each that is not."""

    here: Sequence[Ground]
    missing: Sequence[str]
    machine: dict[str, str]


@dataclass
class Outcome(Generic[Found]):
    """All that was measured; `left_out` has a sentence for each thing that is missing or failed."""

    command: str
    machine: dict[str, str] = field(default_factory=dict)
    results: list[Found] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def note(self, grounds: Grounds) -> None:
        """What is known before anything is measured."""
        self.machine |= grounds.machine
        self.left_out += grounds.missing

    def as_dict(self) -> dict[str, object]:
        return {
            "command": self.command,
            "machine": self.machine,
            "results": [each.as_dict() for each in self.results],
            "left_out": self.left_out,
        }


@contextmanager
def grounds(folder: str, postgres: str) -> Iterator[Grounds]:
    """SQLite, and the PostgreSQL server of this URL; what was made there is gone afterwards."""
    server, missing = None, []
    try:
        server = PostgresServer(postgres)
    except BackendUnavailable as error:
        missing.append(f"{POSTGRES} is left out: {error}")
    here = [Ground(SQLITE, SqliteFiles(_made(folder, "sqlite")), _made(folder, "sqlite"))]
    if server:
        here.append(Ground(POSTGRES, server, _made(folder, "postgresql")))
    try:
        yield Grounds(here, missing, machine.around(Path(folder), server.version if server else ""))
    finally:
        if server:
            server.drop_all()


def _made(folder: str, name: str) -> Path:
    path = Path(folder) / name
    path.mkdir(exist_ok=True)
    return path
