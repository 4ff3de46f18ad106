"""The benchmark counts what it says: sink, ledger and contestants agree, and what is missing is told."""

import json
import os
from pathlib import Path

import pytest

from newsletter.bench.delivery import measure
from newsletter.bench.means import POSTGRES, SQLITE
from newsletter.bench.plan import SCENARIOS, Plan, Senders
from newsletter.bench.report import Report
from newsletter.bench.scenarios import AIOSMTPLIB, CEILING, FAR, FAR_LOCKSTEP, SIGNED, SMTPLIB
from newsletter.bench.scenarios import SCENARIOS as PLAYED
from newsletter.core.errors import InvalidInput
from newsletter.core.settings import Settings
from tests.cli.test_commands import done

pytestmark = pytest.mark.loopback

RECIPIENTS, SIZE = 300, 12_000
NOBODY = "postgresql+psycopg://127.0.0.1:1/nobody"


def measured(*only: str, recipients: int = RECIPIENTS, **asked: object) -> Report:
    usual = {
        "senders": Senders(2, 4),
        "repeat": 1,
        "postgres": os.environ.get("NEWSLETTER_TEST_DATABASE_URL", NOBODY),
    }
    plan = Plan(recipients, SIZE, only=only, **{**usual, **asked})  # type: ignore[arg-type]
    return measure(plan, lambda _words: None)


def counts(report: Report, name: str) -> list[tuple[int | None, int]]:
    """Of each run into a sink that counts: what it counted, and what the contestant says it sent."""
    return [
        (run.received.messages, run.effort.messages)
        for (contestant, _), runs in report.results.items()
        for run in runs
        if contestant == name and run.received.messages is not None
    ]


def test_the_sink_counts_what_the_ledger_says_was_accepted(settings: Settings) -> None:
    kind, scenario = (SQLITE, "sqlite") if settings.is_sqlite else (POSTGRES, "postgresql")

    report = measured(scenario)

    assert counts(report, kind) == [(RECIPIENTS, RECIPIENTS)]
    run = report.results[kind, report.sinks[0]][0]
    assert run.message_bytes == pytest.approx(SIZE, rel=0.02)
    assert run.effort.queueing
    assert run.effort.sending
    assert run.effort.cpu > 0
    assert run.effort.rss >= run.effort.pss


@pytest.mark.parametrize(
    ("scenario", "name", "messages"),
    [("smtplib", SMTPLIB, 60), ("aiosmtplib", AIOSMTPLIB, 60), ("ceiling", CEILING, 300)],
)
def test_the_sink_counts_what_another_program_sent(scenario: str, name: str, messages: int) -> None:
    report = measured(scenario)

    assert counts(report, name) == [(messages, messages)]
    assert report.results[name, report.sinks[0]][0].message_bytes == pytest.approx(SIZE, rel=0.02)


def test_far_away_every_answer_takes_the_round_trip() -> None:
    report = measured("distance", recipients=400)

    assert counts(report, FAR) == [(33, 33)]
    assert counts(report, FAR_LOCKSTEP) == [(8, 8)]
    # MAIL, RCPT, DATA and the dot, of one message on each of eight connections.
    assert report.results[FAR_LOCKSTEP, report.sinks[0]][0].effort.seconds >= 4 * 0.02


def test_many_recipients_give_figures_for_memory_and_queueing() -> None:
    report = measured("million", million=RECIPIENTS)

    words = [measure.words for measure, _ in report.measures]
    assert "queueing 300 recipients, SQLite" in words
    assert "peak memory, 300 recipients, SQLite, sum of RSS" in words


def test_a_signed_message_is_longer_or_signing_is_said_to_be_impossible() -> None:
    report = measured("dkim")

    runs = report.results.get((SIGNED, report.sinks[0])) if report.sinks else None
    if runs:
        assert (runs[0].message_bytes or 0) > SIZE + 344
    else:
        assert any(sentence.startswith("dkim is left out: NEWSLETTER_DKIM") for sentence in report.left_out)


def test_a_server_that_does_not_answer_is_said_to_be_left_out() -> None:
    report = measured("postgresql", "million-postgresql", million=5, postgres=NOBODY)

    assert report.results == {}
    told = [sentence for sentence in report.left_out if "postgresql is left out" in sentence]
    assert len(told) == 2


def test_a_size_that_no_edition_has_is_refused() -> None:
    with pytest.raises(InvalidInput, match="1 bytes"):
        measure(Plan(1, 1, Senders(1, 1)), lambda _words: None)


def test_every_scenario_that_can_be_asked_for_is_played() -> None:
    assert tuple(PLAYED) == SCENARIOS


def test_the_command_writes_the_page_and_says_what_this_machine_lacks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    words = ("bench", "delivery", "--recipients", "50", "--repeat", "1")
    only = ("--only", "smtp-source", "--only", "smtplib")

    # Without a search path there is no compiler, and so no fast sink.
    said = json.loads(done(tmp_path, *words, *only, "--write", str(page), "--json", PATH=""))

    contestants = {run["contestant"].partition(",")[0] for run in said["runs"]}
    told = " ".join(said["left_out"])
    assert "fast sink is left out" in told
    assert "smtplib" in contestants
    assert ("smtp-source" in contestants) != ("smtp-source is left out: There is no program" in told)
    text = page.read_text()
    assert all(f"| {name}" in text for name in contestants)
    assert "--only smtp-source --only smtplib" in text
    assert all(f"- {sentence}" in text for sentence in said["left_out"])


def test_the_profile_names_functions_and_no_folder_of_this_machine() -> None:
    lines = measured("smtplib", profiled=20).profile

    assert 0 < len(lines) <= 25
    assert not any(line.function.startswith("/") for line in lines)
    assert sum(line.share for line in lines) <= 1
