"""`newsletter bench import`: everybody in from a file, out again, and taken back; what each takes."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from newsletter import schema
from newsletter.bench import exported
from newsletter.bench.databases import Databases
from newsletter.bench.figures import TROUBLE
from newsletter.bench.grounds import Ground, Outcome, grounds
from newsletter.bench.installation import Installation
from newsletter.bench.stage import NEWSLETTER
from newsletter.bench.typed import Typed, typed
from newsletter.core.errors import BackendUnavailable
from newsletter.newsletters.queries import newsletter
from newsletter.newsletters.service import add_newsletter
from newsletter.subscriptions.queries import counts

SLUG = "tidewater"
SURE = (
    *("--newsletter", SLUG, "--provenance", "Signed up at the kiosk, 2019 to 2026, exported by Ines Marlow"),
    *("--consent-note", "Each had confirmed there; the export says when"),
)


@dataclass(frozen=True)
class Step:
    """What one command took on one kind of database."""

    database: str
    name: str
    rows: int
    took: Typed

    def as_dict(self) -> dict[str, object]:
        return {
            "database": self.database,
            "step": self.name,
            "rows": self.rows,
            "seconds": round(self.took.seconds, 2),
            "rows_per_second": round(self.rows / self.took.seconds),
            "cpu_seconds": round(self.took.cpu, 2),
            "peak_rss_bytes": self.took.rss,
        }


def measure(rows: int, postgres: str, tell: Callable[[str], None]) -> Outcome[Step]:
    """Every step on each kind of database that there is; `tell` hears of each."""
    found = Outcome[Step](f"newsletter bench import --rows {rows}")
    with (
        tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder,
        grounds(folder, postgres) as found_here,
    ):
        file = Path(folder) / "export.csv"
        wrote = exported.write_export(file, rows)
        found.note(found_here)
        for ground in found_here.here:
            try:
                for step in _steps(ground, file, wrote):
                    found.results.append(step)
                    tell(f"{step.name} on {step.database}: {step.took.seconds:.1f} s")
            except TROUBLE as error:
                found.left_out.append(f"{ground.name}: {error}")
                tell(found.left_out[-1])
    return found


def _steps(ground: Ground, file: Path, wrote: Counter[str]) -> Iterator[Step]:
    """Raises BackendUnavailable when a command fails, or did not do what it should."""
    rows = wrote.total()
    installation = _founded(ground.databases, ground.folder)
    order = ("subscriber", "import", str(file), *SURE)
    shown = typed(installation, *order)
    yield Step(ground.name, "dry run", rows, shown)
    rejected = installation.folder / "rejected.csv"
    done = typed(installation, *order, "--apply", shown.said["plan"], "--rejected", str(rejected))
    _check(_statuses(installation), _expected(wrote), "imported")
    _check(len(rejected.read_text(encoding="utf-8").splitlines()) - 1, wrote["rejected"], "rejected")
    yield Step(ground.name, "import", rows, done)
    out = installation.folder / "out.csv"
    written = typed(installation, "subscriber", "export", "--newsletter", SLUG, "--output", str(out))
    _check(written.said["rows"], sum(_expected(wrote).values()), "exported")
    yield Step(ground.name, "export", written.said["rows"], written)
    undone = typed(installation, "subscriber", "import-undo", str(done.said["import"]))
    _check(_statuses(installation), {}, "undone")
    yield Step(ground.name, "undo", rows, undone)
    ground.databases.drop(installation.database_url)


def _founded(databases: Databases, folder: Path) -> Installation:
    """An installation with one newsletter, and nobody in it."""
    installation = Installation(folder, databases.make("import"))
    with installation.entered():
        schema.upgrade()
        add_newsletter(NEWSLETTER, SLUG)
    return installation


def _statuses(installation: Installation) -> dict[str, int]:
    with installation.entered():
        return {str(status): number for status, number in counts(newsletter(SLUG).id).items() if number}


def _expected(wrote: Counter[str]) -> dict[str, int]:
    return {here: wrote[there] for there, here in exported.BECOMES.items() if wrote[there]}


def _check(found: object, expected: object, what: str) -> None:
    if found != expected:
        problem = f"{what}: {found}, and not {expected}."
        raise BackendUnavailable(problem)
