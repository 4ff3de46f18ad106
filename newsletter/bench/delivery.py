"""`newsletter bench delivery`: who sends how fast, at what cost."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from newsletter.bench import machine
from newsletter.bench.figures import TROUBLE
from newsletter.bench.means import Means, gathered
from newsletter.bench.measures import measured
from newsletter.bench.plan import Plan
from newsletter.bench.profiling import Line, profile
from newsletter.bench.report import Report
from newsletter.bench.rounds import race
from newsletter.bench.scenarios import entries

Tell = Callable[[str], None]


def measure(plan: Plan, tell: Tell) -> Report:
    """Everything that the plan asks for and this machine can do; `tell` hears of each step.

    Raises InvalidInput when no edition has the wanted size.
    """
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder, gathered(plan, Path(folder)) as means:
        facts = machine.facts(means)
        competing, missing = entries(means)
        for sentence in missing:
            tell(sentence)
        results, failures = race(competing, tell)
        lines, problems = _profiled(means, tell)
    return Report(
        command=plan.command,
        machine=facts,
        measures=measured(results, plan, machine.cores()),
        results=results,
        left_out=[*missing, *failures, *problems],
        profile=lines,
    )


def _profiled(means: Means, tell: Tell) -> tuple[list[Line], list[str]]:
    """The profile, if one was asked for, or one sentence why there is none."""
    if not means.plan.profiled:
        return [], []
    tell("profiling one sender")
    try:
        return profile(means, means.plan.profiled), []
    except TROUBLE as error:
        problem = f"The profile is left out: {error}"
        tell(problem)
        return [], [problem]
