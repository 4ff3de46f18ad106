"""A command of the service, as an operator types it, with what it took."""

import json
import resource
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from newsletter.bench.children import environment, python
from newsletter.bench.installation import Installation
from newsletter.bench.meter import Meter
from newsletter.core.errors import BackendUnavailable


@dataclass(frozen=True)
class Typed:
    """`said` is its JSON. `rss` is the highest sum of its processes' memory in bytes, `cpu` their CPU seconds."""

    said: Any
    seconds: float
    cpu: float
    rss: int


def typed(installation: Installation, *arguments: str) -> Typed:
    """Run it to its end; raises BackendUnavailable when it fails."""
    out, log = installation.folder / "said.json", installation.folder / "command.log"
    before, began = _cpu_of_ended(), time.monotonic()
    with out.open("wb") as said, log.open("wb") as told:
        process = subprocess.Popen(  # noqa: S603 - our own program.
            python("newsletter", *arguments, "--json"),
            cwd=installation.folder,
            env=environment(installation.environment),
            stdout=said,
            stderr=told,
        )
        with Meter(process.pid) as meter:
            process.wait()
            seconds = time.monotonic() - began
    if process.returncode:
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        problem = f"newsletter {' '.join(arguments[:2])} ended with {process.returncode}: {' '.join(last)[:300]}"
        raise BackendUnavailable(problem)
    answer = json.loads(out.read_text(encoding="utf-8") or "null")
    return Typed(answer, seconds, _cpu_of_ended() - before, meter.rss)


def _cpu_of_ended() -> float:
    """User and system seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
