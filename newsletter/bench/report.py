"""What was measured, told in a terminal, as JSON, and as `docs/benchmarks.md`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newsletter.bench.figures import Run, Tally
from newsletter.bench.measures import MEGABYTE, Measure, Measured
from newsletter.bench.profiling import Line
from newsletter.bench.rounds import Results

THOUSAND = 1000

Rows = list[list[str]]


@dataclass(frozen=True)
class Report:
    """`left_out` has a sentence for each thing that is missing or failed; `profile` is empty if none was made."""

    command: str
    machine: dict[str, str]
    measures: Sequence[Measured]
    results: Results
    left_out: Sequence[str]
    profile: Sequence[Line] = ()

    @property
    def sinks(self) -> list[str]:
        return list(dict.fromkeys(sink for _, sink in self.results))

    def as_dict(self) -> dict[str, object]:
        return {
            "command": self.command,
            "machine": self.machine,
            "measures": [_measure_as_dict(*each) for each in self.measures],
            "runs": [
                {"contestant": name, "sink": sink, "round": number} | run.as_dict()
                for (name, sink), runs in self.results.items()
                for number, run in enumerate(runs, start=1)
            ],
            "left_out": list(self.left_out),
            "profile": [vars(line) for line in self.profile],
        }

    def measure_rows(self) -> Rows:
        """Heading first."""
        rows = [["measure", "at least", "go for", *(f"into {sink}" for sink in self.sinks)]]
        for measure, tallies in self.measures:
            marks = [_mark(measure, measure.least), _mark(measure, measure.aim)]
            rows.append([measure.words, *marks, *(_found(measure, tallies.get(sink)) for sink in self.sinks)])
        return rows

    def run_rows(self) -> Rows:
        """Heading first; of smtp-source only the number of sessions that was best into this sink."""
        heading = ["contestant", "sink", "rounds", "messages", "messages/s"]
        heading += ["CPU s per 1,000", "sink's CPU s per 1,000", "peak PSS MB", "peak RSS MB", "bytes each"]
        return [heading, *(_run_row(name, sink, runs) for (name, sink), runs in self._shown().items())]

    def queueing_rows(self) -> Rows:
        """Heading first; only the service queues."""
        rows = [["contestant", "sink", "queueing s", "first lease to last record s", "messages/s of that"]]
        for (name, sink), runs in self.results.items():
            queued = [run for run in runs if run.effort.queueing is not None]
            if queued:
                rows.append([name, sink, *_queueing_cells(queued)])
        return rows

    def profile_rows(self) -> Rows:
        """Heading first."""
        heading = ["function", "calls", "own seconds", "share"]
        cells = [[f"`{x.function}`", f"{x.calls:,}", f"{x.seconds:.2f}", f"{x.share:.1%}"] for x in self.profile]
        return [heading, *cells]

    def _shown(self) -> Results:
        best: dict[tuple[str, str], str] = {}
        for (name, sink), runs in self.results.items():
            group = name.partition(", ")[0] if name.startswith("smtp-source, ") else name
            rate = Tally([run.rate for run in runs]).median
            so_far = best.get((group, sink))
            if so_far is None or rate > Tally([run.rate for run in self.results[so_far, sink]]).median:
                best[group, sink] = name
        return {(name, sink): self.results[name, sink] for (_, sink), name in best.items()}


def _run_row(name: str, sink: str, runs: Sequence[Run]) -> list[str]:
    def middle(value: Callable[[Run], float], digits: int) -> str:
        return f"{Tally([value(run) for run in runs]).median:,.{digits}f}"

    first = runs[0]
    per = THOUSAND / first.effort.messages
    return [
        name,
        sink,
        str(len(runs)),
        f"{first.effort.messages:,}",
        Tally([run.rate for run in runs]).words(0),
        middle(lambda run: run.effort.cpu * per, 3),
        middle(lambda run: run.received.cpu * per, 3),
        *(_megabytes([run.effort.pss for run in runs]), _megabytes([run.effort.rss for run in runs])),
        f"{first.message_bytes:,.0f}" if first.message_bytes else "-",
    ]


def _megabytes(values: Sequence[int]) -> str:
    """The middle; a dash where all was over before anybody looked, or the system does not tell."""
    return f"{Tally(values).median / MEGABYTE:,.0f}" if any(values) else "-"


def _queueing_cells(runs: Sequence[Run]) -> list[str]:
    queueing = Tally([run.effort.queueing or 0.0 for run in runs])
    sending = Tally([run.effort.sending or 0.0 for run in runs])
    return [queueing.words(2), sending.words(2), f"{runs[0].effort.messages / max(sending.median, 0.001):,.0f}"]


def _mark(measure: Measure, value: float) -> str:
    return f"{value:,g} {measure.unit}".strip()


def _found(measure: Measure, tally: Tally | None) -> str:
    return f"{tally.words(measure.digits)}: {measure.verdict(tally.median)}" if tally else "-"


def _measure_as_dict(measure: Measure, tallies: dict[str, Tally]) -> dict[str, object]:
    return {
        "measure": measure.words,
        "unit": measure.unit,
        "at_least": measure.least,
        "go_for": measure.aim,
        "less_is_better": measure.less_is_better,
        "measured": {
            sink: {
                "median": round(tally.median, 3),
                "rounds": [round(value, 3) for value in tally.values],
                "verdict": measure.verdict(tally.median),
            }
            for sink, tally in tallies.items()
        },
    }
