"""Rows that went past the object layer are the same as those that went through it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from sqlalchemy import Table, select

from newsletter.core.db import db, transaction
from newsletter.core.loading import Row, filled, load
from newsletter.subscriptions.models import Subscriber

TABLE: Table = Subscriber.metadata.tables["subscribers"]
MOMENT = datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=2)))


def row(number: int, **values: object) -> Row:
    told = {
        # Above what the database counts by itself.
        "id": 1000 + number,
        "address": f"ann{number}@example.org",
        "entered": f"Ann{number}@example.org",
        "address_key": f"{number:032}",
        "name": "",
        "language": "",
        "timezone": "",
        "local_hour": None,
        "active_at": None,
        "still_asked_at": None,
        "import_id": None,
        "created_at": MOMENT,
    }
    return [(told | values)[column.name] for column in filled(TABLE)]  # type: ignore[misc]


@pytest.mark.parametrize("name", ["Zoë", "a\tb", "a\\b", "\\N", "", "it's", 'say "no"', "line\nend", "字"])
def test_a_text_is_loaded_as_it_is(name: str, app: Flask) -> None:
    with transaction():
        load(TABLE, [row(1, name=name)])

    assert db.session.scalars(select(Subscriber.name)).all() == [name]


def test_a_moment_is_kept_as_the_object_layer_keeps_it(app: Flask) -> None:
    moments = [MOMENT, MOMENT.replace(microsecond=7), datetime(2026, 1, 1, tzinfo=UTC)]
    with transaction():
        load(TABLE, (row(number, created_at=moment) for number, moment in enumerate(moments)))
        for number, moment in enumerate(moments, start=len(moments)):
            key = f"{number:032}"
            db.session.add(Subscriber(address=key, entered=key, address_key=key, created_at=moment))

    loaded = select(Subscriber).order_by(Subscriber.address_key)
    assert [each.created_at for each in db.session.scalars(loaded)] == [*moments, *moments]
    for moment in moments:
        alike = db.session.scalars(select(Subscriber).where(Subscriber.created_at == moment)).all()
        assert len(alike) == 2


def test_nothing_stays_when_a_row_cannot_be_kept(app: Flask) -> None:
    def rows() -> object:
        yield row(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), transaction():
        load(TABLE, rows())  # type: ignore[arg-type]

    assert db.session.scalars(select(Subscriber.id)).all() == []
