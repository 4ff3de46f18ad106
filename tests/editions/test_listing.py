"""The list of editions for those who make them: by index at any place, and nothing twice at a page's border."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.keyset import NEWEST, Place
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import listing
from newsletter.editions.queries.listing import PAGE, Wanted, listed
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from tests import make
from tests.delivery.test_plans import executed, on_sqlite, plan

__all__ = ["on_sqlite"]

ANY, ONE, HELD = Wanted(), Wanted([1]), Wanted([1, 2], EditionStatus.HELD)
PLACES = (NEWEST, Place(before=30), Place(after=1), Place(after=70))


def editions(of: Newsletter, how_many: int, status: EditionStatus = EditionStatus.HELD) -> list[int]:
    """Their ids, oldest first."""
    rows = [
        {"newsletter_id": of.id, "slot": f"{of.id}-{number}", "number": number, "status": status}
        | {"subject": f"Edition {number}", "window_start": now(), "window_end": now(), "created_at": now()}
        for number in range(1, how_many + 1)
    ]
    with transaction():
        return list(db.session.scalars(insert(Edition).returning(Edition.id, sort_by_parameter_order=True), rows))


@pytest.mark.parametrize("wanted", [ANY, ONE, HELD])
@pytest.mark.parametrize("place", PLACES)
def test_a_page_is_read_by_index_and_in_its_order(on_sqlite: House, wanted: Wanted, place: Place) -> None:
    for slug in ("courier", "tide"):
        editions(make.newsletter(slug), 40)
    with executed() as seen:
        listed(wanted, place)

    steps = [step for statement in seen for step in plan(statement)]
    assert steps
    assert [step for step in steps if "TEMP B-TREE" in step] == []
    # A scan of the table itself is a walk along its ids, which the limit ends after one page.
    assert [step for step in steps if step.startswith("SCAN")] == (
        ["SCAN editions"] if _is_walk(wanted, place) else []
    )


def _is_walk(wanted: Wanted, place: Place) -> bool:
    return wanted is ANY and (place == NEWEST or place == Place(after=70))


def test_the_figures_beside_the_list_are_read_by_index(on_sqlite: House) -> None:
    editions(make.newsletter(), 40)
    with executed() as seen:
        listing.audiences(listed(ONE).rows)
        listing.states()
        listing.states([1])

    steps = [step for statement in seen for step in plan(statement)]
    assert [step for step in steps if step.startswith("SCAN") and "INDEX" not in step] == []


@pytest.mark.parametrize("how_many", [1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1])
@pytest.mark.parametrize("wanted", [ANY, ONE])
def test_each_edition_stands_on_one_page_both_ways(house: House, how_many: int, wanted: Wanted) -> None:
    made = editions(make.newsletter(), how_many)

    down = _walked(lambda rows: Place(before=rows[-1].id), wanted, NEWEST)
    assert [each for page in down for each in page] == made[::-1]
    assert all(0 < len(page) <= PAGE for page in down)
    if len(down) > 1:
        up = _walked(lambda rows: Place(after=rows[0].id), wanted, Place(before=down[-2][-1]), is_up=True)
        assert up[-1] == made[: -PAGE - 1 : -1]
        assert sorted({each for page in up for each in page}) == made


def _walked(
    onward: Callable[[list[Edition]], Place], wanted: Wanted, place: Place, *, is_up: bool = False
) -> list[list[int]]:
    pages = []
    for _ in range(9):
        page = listed(wanted, place)
        rows = list(page.rows)
        pages.append([each.id for each in rows])
        if not (page.has_newer if is_up else page.has_older):
            return pages
        place = onward(rows)
    pytest.fail("the list has no end")


def test_one_that_is_made_meanwhile_moves_no_border(house: House) -> None:
    of = make.newsletter()
    made = editions(of, PAGE + 3)
    first = listed(ONE)
    make.edition(of, [make.article(make.source())])

    second = listed(ONE, Place(before=first.rows[-1].id))

    assert [each.id for each in second.rows] == made[2::-1]
    assert (second.has_older, second.has_newer) == (False, True)


def test_a_state_is_turned_within_itself(house: House) -> None:
    of = make.newsletter()
    held, sent = editions(of, 3), make.newsletter("tide")
    kept = editions(sent, PAGE + 1, EditionStatus.SENT)

    page = listed(Wanted([of.id, sent.id], EditionStatus.HELD))

    assert ([each.id for each in page.rows], page.has_older) == (held[::-1], False)
    assert listed(Wanted(None, EditionStatus.SENT), Place(before=kept[0])).rows == []


def test_the_links_of_the_page_lead_to_its_neighbours_with_the_filters(
    operator: FlaskClient, house: House
) -> None:
    of = make.newsletter()
    made = editions(of, PAGE + 1)
    editions(make.newsletter("tide"), 1)
    page = operator.get("/console/editions?newsletter=courier&state=held").text

    assert _numbers(page) == made[:0:-1]
    (older,) = re.findall(r'rel="next" href="([^"]+)"', page)
    last = operator.get(older.replace("&amp;", "&")).text
    assert _numbers(last) == [made[0]]
    (newer,) = re.findall(r'rel="prev" href="([^"]+)"', last)
    assert _numbers(operator.get(newer.replace("&amp;", "&")).text) == made[:0:-1]
    assert "rel=" not in re.sub(
        r"<head>.*?</head>", "", operator.get("/console/editions?state=sent").text, flags=re.DOTALL
    )
    for hostile in ("x", "-1", "1' OR 1=1", "9" * 40):
        assert operator.get("/console/editions", query_string={"before": hostile}).status_code == 404


def _numbers(page: str) -> list[int]:
    return [int(each) for each in re.findall(r'class="title" href="/console/editions/(\d+)"', page)]
