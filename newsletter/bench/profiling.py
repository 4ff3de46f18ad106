"""Where one sender's time goes: `newsletter deliver` under the standard library's profiler."""

import pstats
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import newsletter
from newsletter.bench.children import Child, environment, python
from newsletter.bench.means import SQLITE, Means
from newsletter.bench.stage import EDITION
from newsletter.core.errors import BackendUnavailable

MOST_LINES = 25


@dataclass(frozen=True)
class Line:
    """A function: how often it was called, and its own seconds, without what it called."""

    function: str
    calls: int
    seconds: float
    share: float


def profile(means: Means, messages: int) -> list[Line]:
    """The functions with the most time of their own in sending so many; raises BackendUnavailable."""
    stage = means.stage(SQLITE, messages)
    out = means.folder / "deliver.profile"
    with means.sinks[0].listening() as sink:
        backend = f"smtp://127.0.0.1:{sink.port}?tls=none&connections={means.plan.senders.connections}"
        installation = stage.installation(BACKENDS=backend)
        with Child(
            python("newsletter.bench.queueing", str(EDITION)), installation.folder, installation.environment
        ) as child:
            child.say("go")
            child.last_line()
        deliver = ("newsletter", "deliver", "--edition", str(EDITION), "--json")
        done = subprocess.run(  # noqa: S603 - our own program.
            [*python("cProfile", "-o", str(out), "-m"), *deliver],
            cwd=installation.folder,
            env=environment(installation.environment),
            stdout=subprocess.DEVNULL,
            check=False,
        )
        stage.forget(installation)
    if done.returncode or not out.exists():
        problem = f"The profiled sender ended with {done.returncode}."
        raise BackendUnavailable(problem)
    return _lines(pstats.Stats(str(out)))


def _lines(stats: Any) -> list[Line]:  # noqa: ANN401 - its attributes are not in the library's types.
    total = stats.total_tt
    rows = sorted(stats.stats.items(), key=lambda row: -row[1][2])[:MOST_LINES]
    return [Line(_name(*place), calls, seconds, seconds / total) for place, (_, calls, seconds, _, _) in rows]


def _name(file: str, line: int, function: str) -> str:
    """Without folders of this machine."""
    if file == "~":
        return function
    path = Path(file)
    for above in (Path(newsletter.__file__).parents[1], *_libraries()):
        if path.is_relative_to(above):
            return f"{path.relative_to(above)}:{line} {function}"
    return f"{path.name}:{line} {function}"


def _libraries() -> list[Path]:
    return [Path(sysconfig.get_path(name)) for name in ("purelib", "stdlib")]
