"""The public pages of what was sent find their rows by index, however much has been sent."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from newsletter.articles.queries import authors_in, source_titles
from newsletter.core.clock import now
from newsletter.core.keyset import Place
from newsletter.digests.queries import newsletters_drawing_from, shown_article
from newsletter.editions import queries
from newsletter.mail.house import House
from tests import make
from tests.delivery.test_plans import executed, on_sqlite, plan
from tests.editions.test_archive import several

__all__ = ["on_sqlite"]

GROWING = {"editions", "edition_texts", "edition_articles", "articles", "digest_sources", "authors"}

PAGES: Sequence[Callable[[], Any]] = (
    lambda: queries.archive_page(1),
    lambda: queries.archive_page(1, Place(before=3)),
    lambda: queries.archive_page(1, Place(after=1), ["ferry", "ubersee"]),
    lambda: queries.neighbours(queries.public_edition(1, 2)),
    lambda: queries.articles_by_edition([1, 2, 3]),
    lambda: queries.articles_of(2),
    lambda: queries.editions_with(1),
    lambda: shown_article(1, now()),
    lambda: newsletters_drawing_from(1),
    lambda: authors_in("Ines Marlow, Tom Reed"),
    lambda: source_titles([1, 2]),
)


@pytest.mark.parametrize("page", PAGES, ids=range(len(PAGES)))
def test_a_page_reads_no_whole_table(on_sqlite: House, page: Callable[[], Any]) -> None:
    of = make.newsletter()
    several(of, 3)
    make.digest(of, [make.source()])
    with executed() as seen:
        page()

    steps = [step for statement in seen for step in plan(statement)]
    assert seen
    assert [step for step in steps if step.startswith("SCAN") and step.split()[1] in GROWING] == []


def test_the_archive_is_read_in_its_order_without_sorting(on_sqlite: House) -> None:
    several(make.newsletter(), 3)
    with executed() as seen:
        queries.archive_page(1, Place(before=3))

    steps = [step for statement in seen for step in plan(statement)]
    assert all("newsletter_id=?" in step for step in steps)
    assert not [step for step in steps if "TEMP B-TREE" in step]
