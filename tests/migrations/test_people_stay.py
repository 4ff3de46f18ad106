"""A table that is made anew keeps its rows, and what hangs on them."""

import pytest
from flask import Flask
from sqlalchemy import delete, inspect, select
from sqlalchemy.exc import DBAPIError

from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.schema import downgrade, upgrade
from newsletter.subscriptions.models import ConsentEvent, Subscriber, Subscription
from newsletter.subscriptions.queries import consent_of
from tests import make


def rows() -> list[list[str]]:
    found = [
        [repr(row) for row in db.session.execute(select(each.__table__))] for each in (Subscriber, Subscription)
    ]
    db.session.remove()
    return found


def test_subscribers_are_the_same_after_the_way_down_and_up_again(app: Flask, house: House) -> None:
    make.newsletter()
    make.signed_up("ann@example.org", house)
    make.signed_up("bob@example.org", house)
    before, indexes = rows(), {each["name"] for each in inspect(db.engine).get_indexes("subscribers")}

    downgrade("6b90d4e2a7f1")
    upgrade()

    assert rows() == before
    assert {each["name"] for each in inspect(db.engine).get_indexes("subscribers")} == indexes
    assert [event.kind for event in consent_of(1)] == ["requested"]
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(delete(ConsentEvent))
    db.session.rollback()

    # And the rule that takes their subscriptions with them is in force again.
    db.session.execute(delete(Subscriber).where(Subscriber.id == 1))
    assert db.session.scalars(select(Subscription.subscriber_id)).all() == [2]
