"""The consent ledger is append-only, by the database itself; only the person goes, and the ledger with it."""

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DatabaseError

from newsletter.core.db import db, transaction
from newsletter.mail.house import House
from newsletter.subscriptions.models import ConsentEvent, ConsentOrigin, Subscriber, Wording
from tests import make


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_events SET kind = 'confirmed'",
        "UPDATE consent_events SET at = '2020-01-01 00:00:00', edition_id = 7",
        "DELETE FROM consent_events",
        "UPDATE wordings SET text = 'I agree to everything'",
        "DELETE FROM wordings",
    ],
)
def test_the_database_refuses_to_change_what_was_agreed(house: House, statement: str) -> None:
    make.newsletter()
    make.signed_up("ann@example.org", house)

    with pytest.raises(DatabaseError, match="append-only"), transaction():
        db.session.execute(text(statement))

    [event] = db.session.scalars(select(ConsentEvent)).all()
    assert event.wording
    assert (event.kind, event.wording.text) == ("requested", "Sign up")


def test_who_is_erased_takes_their_events_along_and_nobody_elses(house: House) -> None:
    make.newsletter()
    ann = make.signed_up("ann@example.org", house)
    bob = make.signed_up("bob@example.org", house)

    with transaction():
        db.session.execute(delete(Subscriber).where(Subscriber.id == ann.subscriber_id))

    assert db.session.scalars(select(ConsentEvent.subscriber_id)).all() == [bob.subscriber_id]
    assert db.session.scalar(select(func.count()).select_from(ConsentOrigin)) == 1


def test_the_same_wording_is_kept_once_and_a_new_one_beside_it(house: House) -> None:
    make.newsletter()
    for name, wording in (("ann", "Yes"), ("bob", "Yes"), ("cleo", "Please")):
        make.signed_up(f"{name}@example.org", house, origin=make.form(wording=wording))

    kept = db.session.scalars(select(Wording).order_by(Wording.id)).all()
    assert [each.text for each in kept] == ["Yes", "Please"]
    assert all(len(each.digest) == 64 for each in kept)
