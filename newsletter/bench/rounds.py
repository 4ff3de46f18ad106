"""The race: contestants take turns, so that what slows the machine for a while slows all of them."""

from collections.abc import Callable, Sequence

from newsletter.bench.figures import TROUBLE, Run
from newsletter.bench.scenarios import Entry
from newsletter.bench.sinks import Sink
from newsletter.core.errors import BackendUnavailable

Results = dict[tuple[str, str], list[Run]]
"""The runs of each contestant into each sink, in the order of the rounds."""


def race(entries: Sequence[Entry], tell: Callable[[str], None]) -> tuple[Results, list[str]]:
    """What came of it, and one sentence for each run that failed; `tell` hears of each run."""
    results: Results = {}
    failures = []
    last = max((entry.rounds for entry in entries), default=0)
    for number in range(1, last + 1):
        for entry in (each for each in entries if number <= each.rounds):
            for sink in entry.sinks:
                name = f"{entry.contestant.name} into {sink.name}"
                try:
                    run = _run(entry, sink)
                except TROUBLE as error:
                    failures.append(f"{name} failed in round {number}: {error}")
                    tell(failures[-1])
                    continue
                results.setdefault((entry.contestant.name, sink.name), []).append(run)
                tell(f"round {number} of {entry.rounds}: {name}: {run.rate:,.0f} messages/s")
    return results, failures


def _run(entry: Entry, sink: Sink) -> Run:
    """Raises BackendUnavailable when the sink does not agree with the contestant."""
    with sink.listening() as listening:
        effort = entry.contestant.run(listening.port)
    run = Run(effort, listening.received)
    if run.received.messages not in {None, effort.messages}:
        problem = f"The sink counts {run.received.messages:,} messages, the sender {effort.messages:,}."
        raise BackendUnavailable(problem)
    if run.message_bytes and run.message_bytes < entry.least_bytes:
        problem = f"A message has {run.message_bytes:,.0f} bytes; expected {entry.least_bytes:,} at least."
        raise BackendUnavailable(problem)
    return run
