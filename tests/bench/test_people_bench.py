"""The benches of import and web show only what the tables agree with."""

import csv
import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.bench import chapters, importing, web
from newsletter.bench.errands import KINDS
from newsletter.bench.exported import write_export
from newsletter.bench.grounds import Outcome
from newsletter.bench.means import POSTGRES, SQLITE
from tests.bench.test_bench import NOBODY
from tests.cli.test_commands import done

pytestmark = pytest.mark.loopback

SERVER = os.environ.get("NEWSLETTER_TEST_DATABASE_URL", "")
HERE = [SQLITE, POSTGRES] if SERVER else [SQLITE]


def silent(_words: str) -> None:
    """Hears of each step."""


def test_the_invented_export_is_the_same_each_time_and_holds_what_it_says(tmp_path: Path) -> None:
    first, again = tmp_path / "first.csv", tmp_path / "again.csv"

    said = write_export(first, 3000)
    write_export(again, 3000)

    assert first.read_bytes() == again.read_bytes()
    with first.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["email"] for row in rows}) == 3000
    assert Counter(row["status"] if "@" in row["email"] else "rejected" for row in rows) == said


def test_everybody_comes_in_goes_out_and_is_taken_back_on_each_database() -> None:
    outcome = importing.measure(2000, SERVER or NOBODY, silent)

    steps = [(step.database, step.name) for step in outcome.results]
    assert steps == [(kind, name) for kind in HERE for name in ("dry run", "import", "export", "undo")]
    assert all(step.took.seconds > 0 and step.took.cpu > 0 and step.took.rss > 0 for step in outcome.results)
    assert [sentence.split()[0] for sentence in outcome.left_out] == ([] if SERVER else [POSTGRES])


def test_every_request_of_each_kind_has_its_effect_on_each_database() -> None:
    outcome = web.measure(web.Asked(600, 0.5), SERVER or NOBODY, silent)

    kinds = [(rush.database, rush.kind.name) for rush in outcome.results]
    assert kinds == [(where, kind.name) for where in HERE for kind in KINDS]
    assert all(rush.requests > 0 and rush.cpu > 0 and rush.p50 <= rush.p95 for rush in outcome.results)


@pytest.mark.parametrize("wrong", [{"status": "418"}, {"effects": lambda: (0, 0)}])
def test_a_figure_whose_requests_did_something_else_is_not_shown(wrong: dict[str, object]) -> None:
    kinds = [replace(KINDS[0], **wrong)]  # type: ignore[arg-type]

    outcome = web.measure(web.Asked(100, 0.2, kinds=kinds), NOBODY, silent)

    assert outcome.results == []
    assert any("sign-up" in sentence and "in the tables" in sentence for sentence in outcome.left_out)


def test_the_commands_write_their_chapters_beside_each_other(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    written = ("--postgres", NOBODY, "--write", str(page), "--json")

    done(tmp_path, "bench", "import", "--rows", "200", *written)
    sizes = ("--subscribers", "100", "--seconds", "0.2", "--looks", "0")
    said = json.loads(done(tmp_path, "bench", "web", *sizes, *written))
    done(tmp_path, "bench", "import", "--rows", "300", *written)

    text = page.read_text()
    assert text.index("--rows 300") < text.index("--subscribers 100")
    assert "--rows 200" not in text
    assert text.count("| SQLite | sign-up |") == 1
    assert said["results"][0]["aim_per_second"] == 500
    assert f"- {said['left_out'][0]}" in text


def test_a_kind_without_an_aim_has_none_in_its_row() -> None:
    rush = web.Rush(SQLITE, KINDS[1], 100, 2.0, 0.01, 0.02, 0.5)

    rows = chapters.web_rows(Outcome("", results=[rush]))

    assert rows[1] == [SQLITE, "confirmation", "100", "50", "-", "10.0", "20.0", "5.00"]
