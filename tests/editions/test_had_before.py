"""What readers had of an edition's articles by earlier ones, however many parts those had."""

from typing import Any

import pytest
from sqlalchemy import event

from newsletter.core.clock import now
from newsletter.core.db import all_writers_wait, db
from newsletter.editions import service
from newsletter.editions.models import Edition
from newsletter.editions.policy import PLAIN_LAYOUT, Readers
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from tests import make
from tests.digests.reading import had

ANN = "ann@example.org"


@pytest.fixture
def plans(house: House) -> Any:  # noqa: ANN401 - a generator of a list.
    """How SQLite goes about filling the table of shares, a list of steps for each statement."""
    seen: list[list[str]] = []

    def look(_link: object, cursor: Any, statement: str, values: Any, *_more: object) -> None:  # noqa: ANN401 - the driver's.
        if statement.startswith("INSERT INTO shares_of_readers"):
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            seen.append([row[3] for row in rows])

    if all_writers_wait():
        event.listen(db.engine, "before_cursor_execute", look)
        yield seen
        event.remove(db.engine, "before_cursor_execute", look)
    else:
        yield seen


def sent(of: Newsletter, carried: list[Any], house: House) -> Edition:
    window = service.Window(now(), now())
    readers = Readers(once_in_house=True)
    return service.send(service.draft(of.id, window, carried, PLAIN_LAYOUT, readers).id, house)


def test_what_came_by_two_newsletters_in_different_parts_counts_once(house: House, outbox: list[Envelope]) -> None:
    first, second, third = (make.newsletter(slug) for slug in ("first", "second", "third"))
    reader = make.subscription(first, house, ANN)
    make.also(reader, second)
    source = make.source()
    a, b, c, d = (make.article(source, title) for title in "ABCD")
    service.send(make.edition(first, [a, b]).id, house)
    service.send(make.edition(second, [b, c]).id, house)
    make.also(reader, third)

    sent(third, [a, b, c, d], house)
    make.send_all(house)

    assert had(outbox)[ANN] == [["A", "B"], ["B", "C"], ["D"]]


def test_the_deliveries_of_an_earlier_mailing_are_gone_through_once_whatever_its_parts(
    house: House, plans: list[list[str]]
) -> None:
    first, second = make.newsletter("first"), make.newsletter("second")
    source = make.source()
    carried = [make.article(source, title, topics=[title]) for title in "ABCD"]
    for title in "ABCD":
        reader = make.subscription(first, house)
        make.wish(reader, topics=[title])
        make.also(reader, second)
    service.send(make.edition(first, carried).id, house)

    sent(second, carried, house)

    of_had = [steps for steps in plans if any("carried_articles" in step for step in steps)]
    assert bool(of_had) == all_writers_wait()
    for steps in of_had:
        assert [step for step in steps if step.startswith("SCAN")] == []
        places = [
            place for place, step in enumerate(steps) if step.split()[1] in {"deliveries", "carried_articles"}
        ]
        assert [steps[place].split()[1] for place in places] == ["deliveries", "carried_articles"]
