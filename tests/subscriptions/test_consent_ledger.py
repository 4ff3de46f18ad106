"""The consent ledger is append-only, by the database itself; only the person goes, and the ledger with it."""

import re

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DatabaseError

from newsletter.core.db import db, transaction
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import ConsentEvent, ConsentOrigin, Subscriber, Wording
from newsletter.subscriptions.service import answer_sign_ups, sign_up
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make
from tests.subscriptions.commands import ran


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


def test_a_request_names_the_mail_that_asked_about_it(house: House, outbox: list[Envelope]) -> None:
    make.newsletter()
    make.signed_up("ann@example.org", house)
    make.send_all(house)

    [event] = db.session.scalars(select(ConsentEvent)).all()
    assert event.message_id == make.parsed(outbox[0])["Message-ID"]


def test_a_request_that_no_mail_follows_names_none(house: House, outbox: list[Envelope]) -> None:
    of = make.newsletter()
    make.newsletter("evening")
    make.subscription(of, house, "ann@example.org")
    suppress(make.signed_up("bob@example.org", house).subscriber.address_key, Reason.MANUAL)
    make.signed_up("bob@example.org", house)
    sign_up("ann@example.org", ["courier", "evening"], make.FORM, house)
    answer_sign_ups(house)
    make.send_all(house)

    events = db.session.scalars(select(ConsentEvent).order_by(ConsentEvent.id)).all()
    [asked] = [str(make.parsed(mail)["Message-ID"]) for mail in outbox]
    assert [each.message_id for each in events][1:] == ["", "", asked]


def test_the_story_tells_wording_and_mail_of_a_request(house: House, outbox: list[Envelope]) -> None:
    make.newsletter()
    make.signed_up("ann@example.org", house, origin=make.form(wording="First line\nSecond line"))
    make.send_all(house)
    told = ran(house.settings, "subscriber", "show", "ann@example.org")

    assert f"asked by mail {make.parsed(outbox[0])['Message-ID']}" in told
    assert re.search(r'told "First line\n {21}Second line" \(version \d+, SHA-256 [0-9a-f]{64}\)', told)
