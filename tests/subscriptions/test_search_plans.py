"""Looking for people goes by index, whatever narrows the list, and so does counting them before an act."""

from collections.abc import Mapping

import pytest

from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.subscriptions.models import BulkKind
from newsletter.subscriptions.policy.wanting import wanted_from
from newsletter.subscriptions.queries.finding import Bounds, people
from newsletter.subscriptions.service.bulk import offer_bulk
from tests import make
from tests.delivery.test_plans import executed, on_sqlite, plan, scans

__all__ = ["on_sqlite"]

MANY = Bounds(few=1, first=2, next=2, most=10)
"""With which a handful of people are as many as a million."""


@pytest.mark.parametrize("bounds", [Bounds(), MANY])
@pytest.mark.parametrize(
    "said",
    [
        {"status": "confirmed"},
        {"text": "reader"},
        {"text": "@example.org", "form": "footer"},
        {"provider": "Gmail", "cadence": "weekly"},
        {"topic": "Harbour", "status": "confirmed", "since": "2026-01-01"},
        {"form": "footer", "cadence": "weekly", "topic": "Harbour", "provider": "other", "until": "2026-12-01"},
    ],
)
def test_a_page_of_people_reads_no_whole_table(on_sqlite: House, said: Mapping[str, str], bounds: Bounds) -> None:
    of = make.newsletter()
    make.subscriptions(of, on_sqlite, 5)
    with executed() as seen:
        people(wanted_from(said, frozenset({of.id})), bounds=bounds)

    assert len(seen) > 1
    assert scans(seen) == []


def test_no_way_that_leads_to_too_many_is_brought_here(on_sqlite: House) -> None:
    """Each is counted first, and the count is one row."""
    of = make.newsletter()
    make.subscriptions(of, on_sqlite, 5)
    said = {"form": "", "provider": "other", "status": "confirmed", "since": "2020-01-01"}
    with executed() as seen:
        people(wanted_from(said, frozenset({of.id})), bounds=MANY)

    counts = [statement for statement, _ in seen if statement.startswith("SELECT count(*)")]
    assert len(counts) == 3
    assert all("LIMIT" in each for each in counts)


@pytest.mark.parametrize(
    ("said", "index"), [({"form": "footer"}, "form"), ({"cadence": "weekly"}, "cadence"), ({}, "audience")]
)
def test_who_is_meant_by_an_act_is_counted_by_the_index_of_its_field(
    on_sqlite: House, said: Mapping[str, str], index: str
) -> None:
    of = make.newsletter()
    make.subscriptions(of, on_sqlite, 3)
    db.session.commit()
    with executed() as seen:
        offer_bulk(BulkKind.UNSUBSCRIBE, wanted_from(said, frozenset({of.id})))

    steps = [step for statement in seen for step in plan(statement) if "subscriptions" in step]
    assert [f"ix_subscriptions_{index}" in step for step in steps] == [True]
