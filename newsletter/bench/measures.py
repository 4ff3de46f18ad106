"""The figures that count: what is asked for at least, what to go for, and what was measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newsletter.bench.figures import Run, Tally
from newsletter.bench.means import POSTGRES, SQLITE
from newsletter.bench.plan import Plan
from newsletter.bench.rounds import Results
from newsletter.bench.scenarios import (
    CEILING,
    FAR,
    FAR_LOCKSTEP,
    FAR_SENDERS,
    MANY,
    SIGNED,
    SMTP_SOURCE,
    SMTPLIB,
)

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Measure:
    """`least` is a ceiling, not a floor, where less is better."""

    words: str
    least: float
    aim: float
    unit: str = ""
    digits: int = 2
    less_is_better: bool = False

    def verdict(self, value: float) -> str:
        """How the value stands to the two marks."""
        sign = -1 if self.less_is_better else 1
        if sign * value >= sign * self.aim:
            return "reaches the aim"
        return "is enough" if sign * value >= sign * self.least else "falls short"


Measured = tuple[Measure, dict[str, Tally]]
"""A measure, and what it came to with each sink."""


def measured(results: Results, plan: Plan, cores: int) -> list[Measured]:
    """Every measure for which there are runs."""
    found = [(measure, _tallies(results, values)) for measure, values in _all(plan, cores)]
    return [(measure, tallies) for measure, tallies in found if tallies]


Values = Callable[[Results, str], list[float]]
"""One value for each round, into this sink."""


def _all(plan: Plan, cores: int) -> Sequence[tuple[Measure, Values]]:
    end_to_end = "end to end on SQLite"
    return (
        (Measure(f"{end_to_end} ÷ `smtplib`, one connection", 4, 6), _ratio(SQLITE, SMTPLIB)),
        (
            Measure(f"{end_to_end} ÷ `smtp-source`, best of 1 to 10", 1.0, 1.3),
            _ratio(SQLITE, SMTP_SOURCE),
        ),
        (Measure(f"{end_to_end} ÷ bare pipelined client", 0.6, 0.85), _ratio(SQLITE, CEILING)),
        (Measure("end to end, PostgreSQL ÷ SQLite", 0.6, 0.9), _ratio(POSTGRES, SQLITE)),
        (
            Measure(f"20 ms away, {FAR_SENDERS.connections} connections: the service ÷ `smtplib`", 3.3, 4),
            _ratio(FAR, FAR_LOCKSTEP),
        ),
        (
            Measure("end to end with DKIM, RSA-2048, for each core", 1500, 2800, "messages/s", 0),
            _of(SIGNED, lambda run: run.rate / min(plan.senders.processes, cores)),
        ),
        *_of_many(SQLITE, plan),
        *_of_many(POSTGRES, plan),
    )


def _of_many(kind: str, plan: Plan) -> Sequence[tuple[Measure, Values]]:
    name, many = MANY.format(kind, plan.million), f"{plan.million:,} recipients"
    return (
        (
            Measure(f"queueing {many}, {kind}", 10, 3, "s", 2, less_is_better=True),
            _of(name, lambda run: run.effort.queueing or 0.0),
        ),
        (
            Measure(f"peak memory, {many}, {kind}, sum of PSS", 200, 120, "MB", 0, less_is_better=True),
            _of(name, lambda run: run.effort.pss / MEGABYTE),
        ),
        (
            Measure(f"peak memory, {many}, {kind}, sum of RSS", 200, 120, "MB", 0, less_is_better=True),
            _of(name, lambda run: run.effort.rss / MEGABYTE),
        ),
    )


def _tallies(results: Results, values: Values) -> dict[str, Tally]:
    names = dict.fromkeys(sink for _, sink in results)
    return {sink: Tally(found) for sink in names if (found := values(results, sink))}


def _ratio(ours: str, theirs: str) -> Values:
    """Round by round, because both then had the same machine."""

    def values(results: Results, sink: str) -> list[float]:
        pairs = zip(rates(results, ours, sink), rates(results, theirs, sink), strict=False)
        return [our / their for our, their in pairs]

    return values


def _of(name: str, value: Callable[[Run], float]) -> Values:
    return lambda results, sink: [found for run in results.get((name, sink), []) if (found := value(run))]


def rates(results: Results, name: str, sink: str) -> list[float]:
    """Messages per second in each round; of those that differ only in their sessions, the best in each."""
    alike = [
        [run.rate for run in runs]
        for (each, into), runs in results.items()
        if into == sink and (each == name or (each.startswith(f"{SMTP_SOURCE}, ") and name == SMTP_SOURCE))
    ]
    return [max(of_round) for of_round in zip(*alike, strict=False)]
