"""Who competes: each scenario brings its contestants, or says why it cannot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from newsletter.bench import dkim
from newsletter.bench.figures import TROUBLE, Contestant
from newsletter.bench.means import POSTGRES, SQLITE, Means
from newsletter.bench.others import Distant, Peer, SmtpSource
from newsletter.bench.plan import Senders
from newsletter.bench.service import Service
from newsletter.bench.sinks import FAST, POSTFIX, Sink, find_program
from newsletter.core.errors import InvalidInput, NotFound

SMTPLIB, AIOSMTPLIB, CEILING, SMTP_SOURCE = "smtplib", "aiosmtplib", "bare pipelined client", "smtp-source"
FAR, FAR_LOCKSTEP, SIGNED = "SQLite, 20 ms away", "smtplib, 20 ms away", "SQLite with DKIM"
MANY = "{} with {:,} recipients"

MOST_SESSIONS = 10
FAR_SENDERS = Senders(processes=1, connections=8)
SHORT, FAR_SHORT, FAR_LOCKSTEP_SHORT = 5, 12, 50
"""Contestants that are slow or many send only one message of so many; rates are what is compared."""


@dataclass(frozen=True)
class Entry:
    """A contestant, the sinks it sends into, and in how many rounds.

    `least_bytes` is what its messages must have at least, or they are not what they should be.
    """

    contestant: Contestant
    sinks: Sequence[Sink]
    rounds: int
    least_bytes: int = 0


def entries(means: Means) -> tuple[list[Entry], list[str]]:
    """All that can compete, and one sentence for each scenario that cannot, or not everywhere.

    Raises InvalidInput when no edition has the wanted size.
    """
    plan = means.plan
    wanted = plan.only or [name for name in SCENARIOS if plan.million or not name.startswith("million")]
    found: list[Entry] = []
    here = {sink.name for sink in means.sinks}
    missing = [sentence for name, sentence in _ABSENT.items() if name not in here]
    for name in wanted:
        try:
            found += SCENARIOS[name](means)
        except InvalidInput:
            raise
        except TROUBLE as error:
            missing.append(f"{name} is left out: {error}")
    return found, missing


_ABSENT = {
    FAST: "The fast sink is left out: there is no C compiler, cc, that can make it.",
    POSTFIX: "smtp-sink is left out: it is not installed (Debian: apt-get install postfix).",
}
"""What to say of a sink that this machine cannot run."""


def _sqlite(means: Means) -> list[Entry]:
    return [_everywhere(means, Service(SQLITE, means.stage(SQLITE), means.plan.senders))]


def _postgresql(means: Means) -> list[Entry]:
    return [_everywhere(means, Service(POSTGRES, means.stage(POSTGRES), means.plan.senders))]


def _smtplib(means: Means) -> list[Entry]:
    return [_everywhere(means, Peer(SMTPLIB, "smtplib", means.load(SHORT)))]


def _aiosmtplib(means: Means) -> list[Entry]:
    if not find_spec("aiosmtplib"):
        raise NotFound(kind="Python package", name="aiosmtplib")
    return [_everywhere(means, Peer(AIOSMTPLIB, "aiosmtplib", means.load(SHORT)))]


def _smtp_source(means: Means) -> list[Entry]:
    program = find_program("smtp-source")
    if not program:
        raise NotFound(kind="program", name="smtp-source")
    load = means.load(SHORT)
    return [
        _everywhere(means, SmtpSource(f"{SMTP_SOURCE}, {sessions} sessions", program, load, sessions))
        for sessions in range(1, MOST_SESSIONS + 1)
    ]


def _ceiling(means: Means) -> list[Entry]:
    senders = means.plan.senders
    each = max(1, senders.connections // senders.processes)
    return [_everywhere(means, Peer(CEILING, "ceiling", means.load(1), senders.processes, each))]


def _distance(means: Means) -> list[Entry]:
    ours = Service(FAR, means.stage(SQLITE, means.plan.recipients // FAR_SHORT), FAR_SENDERS)
    load = means.load(FAR_LOCKSTEP_SHORT)
    lockstep = Peer(FAR_LOCKSTEP, "smtplib", load, connections=FAR_SENDERS.connections)
    return [
        Entry(Distant(contestant, means.folder), means.sinks[:1], means.plan.repeat)
        for contestant in (ours, lockstep)
    ]


def _dkim(means: Means) -> list[Entry]:
    """Raises SettingsError where the service cannot sign."""
    stage = means.stage(SQLITE, means.plan.recipients // SHORT)
    signing = Service(SIGNED, stage, means.plan.senders, dkim.settings(means.folder))
    least = len(stage.message) + dkim.SHORTEST_SIGNATURE
    return [Entry(signing, means.sinks[:1], means.plan.repeat, least)]


def _million(means: Means) -> list[Entry]:
    return [_with_many(means, SQLITE)]


def _million_postgresql(means: Means) -> list[Entry]:
    return [_with_many(means, POSTGRES)]


def _with_many(means: Means, kind: str) -> Entry:
    """Once: it takes minutes, and memory and queueing hardly differ from run to run."""
    many = means.plan.million
    contestant = Service(MANY.format(kind, many), means.stage(kind, many), means.plan.senders)
    return Entry(contestant, means.sinks[:1], rounds=1)


def _everywhere(means: Means, contestant: Contestant) -> Entry:
    return Entry(contestant, means.sinks, means.plan.repeat)


SCENARIOS: dict[str, Callable[[Means], list[Entry]]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "smtplib": _smtplib,
    "aiosmtplib": _aiosmtplib,
    "smtp-source": _smtp_source,
    "ceiling": _ceiling,
    "distance": _distance,
    "dkim": _dkim,
    "million": _million,
    "million-postgresql": _million_postgresql,
}
