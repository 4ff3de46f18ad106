"""The bench of digests shows only what the tables agree with."""

from pathlib import Path

import pytest

from newsletter.bench import chapters, digesting
from newsletter.bench.means import SQLITE
from tests.bench.test_bench import NOBODY

pytestmark = pytest.mark.loopback


def test_each_step_is_measured_and_stands_on_the_page(tmp_path: Path) -> None:
    told: list[str] = []
    outcome = digesting.measure(
        digesting.Asked(sources=3, entries=5, stored=40, choices=4, readers=50), NOBODY, told.append
    )
    page = tmp_path / "page.md"
    for _ in range(2):
        chapters.write_digest(page, outcome)

    assert [(feat.database, feat.number) for feat in outcome.results] == [
        (SQLITE, number) for number in (15, 40, 40, 4, 50, 50)
    ]
    assert len(told) == 6
    assert page.read_text().count("## Feeds, a digest") == 1
    assert page.read_text().count(f"| {SQLITE} |") >= 6
