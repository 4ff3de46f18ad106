"""`newsletter bench web`: beside a full database, how long pages take, how many people a second has."""

import http.client
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from socket import create_connection

from newsletter import schema
from newsletter.app import create_app
from newsletter.bench import crowd
from newsletter.bench.children import LONGEST_END, Child, environment, python
from newsletter.bench.errands import KINDS, Kind, write_requests
from newsletter.bench.figures import TROUBLE
from newsletter.bench.grounds import Ground, Outcome, grounds
from newsletter.bench.holdings import Holdings, hold
from newsletter.bench.installation import Installation
from newsletter.bench.looking import Look, look_at, pages
from newsletter.bench.meter import cpu_seconds
from newsletter.bench.sinks import free_port
from newsletter.bench.stage import NEWSLETTER
from newsletter.core.errors import BackendUnavailable
from newsletter.core.settings import from_mapping
from newsletter.newsletters.queries import newsletter
from newsletter.newsletters.service import add_newsletter

SLUG = "tidewater"
PROCESSES, CONNECTIONS = 2, 16
MOST_PER_SECOND = 4000
"""Requests that are prepared for each second; no machine that this was made for answers more."""

LONGEST_START = 30.0
LONGEST_LOOK = 60.0


@dataclass(frozen=True)
class Rush:
    """What came of all requests of one kind; `p50` and `p95` are seconds, `cpu` those of the web server in all."""

    database: str
    kind: Kind
    requests: int
    seconds: float
    p50: float
    p95: float
    cpu: float

    def as_dict(self) -> dict[str, object]:
        return {
            "database": self.database,
            "kind": self.kind.name,
            "requests": self.requests,
            "seconds": round(self.seconds, 2),
            "per_second": round(self.requests / self.seconds),
            "aim_per_second": self.kind.aim,
            "p50_ms": round(self.p50 * 1000, 1),
            "p95_ms": round(self.p95 * 1000, 1),
            "cpu_ms_per_request": round(self.cpu * 1000 / self.requests, 2),
        }


@dataclass(frozen=True)
class Asked:
    """How many subscribers there are, and for how many seconds each kind of request is sent; with 0 none is.

    Each page of the console is looked at once, and `looks` times again; with 0 none is, and the house has nothing
    but its subscribers.
    """

    subscribers: int
    seconds: float
    looks: int = 0
    kinds: Sequence[Kind] = KINDS


@dataclass
class Seen(Outcome[Rush]):
    """With `looks` at pages beside the results."""

    looks: list[Look] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        return super().as_dict() | {"pages": [each.as_dict() for each in self.looks]}


@dataclass(frozen=True)
class Missing:
    """Why a page has no figure, in one sentence."""

    words: str


def measure(asked: Asked, postgres: str, tell: Callable[[str], None]) -> Seen:
    """Each page and each kind of request on each kind of database that there is; `tell` hears of each."""
    sizes = f"--subscribers {asked.subscribers} --seconds {asked.seconds:g} --looks {asked.looks}"
    found = Seen(f"newsletter bench web {sizes}")
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder, grounds(folder, postgres) as here:
        found.note(here)
        found.machine["web server"] = f"{PROCESSES} processes; {CONNECTIONS} connections, kept, from one client"
        for ground in here.here:
            try:
                for one in _measured(ground, asked):
                    if isinstance(one, Missing):
                        found.left_out.append(one.words)
                        tell(one.words)
                    elif isinstance(one, Look):
                        found.looks.append(one)
                        tell(f"{one.page} on {ground.name}: {one.first * 1000:.0f}, {one.median * 1000:.0f} ms")
                    else:
                        found.results.append(one)
                        tell(f"{one.kind.name} on {ground.name}: {one.requests / one.seconds:,.0f}/s")
            except TROUBLE as error:
                found.left_out.append(f"{ground.name}: {error}")
                tell(found.left_out[-1])
    return found


def _measured(ground: Ground, asked: Asked) -> Iterator[Look | Missing | Rush]:
    """Raises BackendUnavailable when a request had no effect, or another one than it should."""
    port = free_port()
    settings = {"LISTEN": f"127.0.0.1:{port}", "WEB_PROCESSES": str(PROCESSES)}
    installation = Installation(ground.folder, ground.databases.make("web"), settings)
    with installation.entered() as house:
        schema.upgrade()
        of = add_newsletter(NEWSLETTER, SLUG)
        crowd.fill(of, asked.subscribers)
        held = hold(of, asked.subscribers, house) if asked.looks else None
    ground.databases.settle(installation.database_url)
    with _server(installation, port) as server:
        if held:
            yield from _looks(ground, installation, held, asked)
        for kind in asked.kinds if asked.seconds else ():
            yield _rush(ground, installation, kind, server, asked)


def _looks(ground: Ground, installation: Installation, held: Holdings, asked: Asked) -> Iterator[Look | Missing]:
    """Over one connection, and so by one process; the other one has nothing to do."""
    app = create_app(from_mapping(installation.environment))
    port = int(installation.settings["LISTEN"].rpartition(":")[2])
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_LOOK)) as line:
        for page in pages(app, held, SLUG, asked.subscribers):
            try:
                yield look_at(page, asked.looks, line, ground.name, held)
            except BackendUnavailable as error:
                yield Missing(f"{ground.name}: {error}")


def _rush(
    ground: Ground, installation: Installation, kind: Kind, server: subprocess.Popen[bytes], asked: Asked
) -> Rush:
    file = installation.folder / "requests"
    with installation.entered() as house:
        of = newsletter(SLUG)
        write_requests(file, kind.make(of, house, max(1, int(asked.seconds * MOST_PER_SECOND))), house)
        before = kind.effects()
    used = cpu_seconds([server.pid])
    port = installation.settings["LISTEN"].rpartition(":")[2]
    command = python("newsletter.bench.visiting", port, str(CONNECTIONS), str(asked.seconds), str(file))
    with Child(command, installation.folder) as visitors:
        visitors.say("go")
        said = json.loads(visitors.last_line())
    used = cpu_seconds([server.pid]) - used
    answered = sum(said["statuses"].values())
    with installation.entered():
        changed = [now - then for now, then in zip(kind.effects(), before, strict=True)]
    if said["lost"] or set(said["statuses"]) != {kind.status} or set(changed) != {answered}:
        problem = (
            f"{kind.name}: {answered} answers, {said['statuses']}, {said['lost']} lost, {changed} in the tables."
        )
        raise BackendUnavailable(problem)
    return Rush(ground.name, kind, answered, said["seconds"], said["p50"], said["p95"], used)


@contextmanager
def _server(installation: Installation, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`newsletter web`, answering."""
    log = installation.folder / "web.log"
    with log.open("wb") as out:
        running = subprocess.Popen(  # noqa: S603 - our own program.
            # It stops by itself when this process is killed.
            python("newsletter", "web", "--parent", str(os.getpid())),
            cwd=installation.folder,
            env=environment(installation.environment),
            stdout=out,
            stderr=out,
        )
    try:
        _await_answer(port, running)
        yield running
    finally:
        running.terminate()
        with suppress(subprocess.TimeoutExpired):
            running.wait(LONGEST_END)
        running.kill()
        running.wait()


def _await_answer(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + LONGEST_START
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    problem = "The web server did not start."
    raise BackendUnavailable(problem)
