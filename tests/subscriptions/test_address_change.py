"""Another address: proven at the new one, told to the old one, and nothing for whoever guesses or waits there."""

from collections import Counter
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from time_machine import Traveller

from newsletter.core.addresses import parse
from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import AddressChange, SignUp, Subscriber, Subscription
from newsletter.subscriptions.queries import consent_of
from newsletter.subscriptions.service import answer_sign_ups, erase
from newsletter.subscriptions.service.readdressing import purge_changes
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make
from tests.subscriptions.readers_pages import do, link

OLD, NEW = "ann@example.org", "ann@new.example.org"


@pytest.fixture
def ann(house: House) -> Subscription:
    """A confirmed reader."""
    return make.subscription(make.newsletter(), house, OLD)


def ask(client: FlaskClient, ann: Subscription, house: House, address: str = NEW) -> tuple[int, str]:
    told = do(client, link("account", ann, house), "address", email=address)
    answer_sign_ups(house)
    return told


def asked(client: FlaskClient, ann: Subscription, house: House, outbox: list[Envelope], address: str = NEW) -> str:
    """Ann has asked for it, and the question has arrived: the path of its link."""
    ask(client, ann, house, address)
    make.send_all(house)
    assert outbox[-1].recipient == address
    return f"/email-change/{make.token_in(outbox[-1], 'email-change')}"


def address_of(ann: Subscription) -> str:
    db.session.rollback()
    return db.session.get_one(Subscriber, ann.subscriber_id, populate_existing=True).address


def last_verdict() -> str | None:
    return db.session.scalar(select(SignUp.verdict).order_by(SignUp.id.desc()).limit(1))


def test_it_changes_by_the_button_behind_the_link_in_the_new_inbox(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    status, page = ask(client, ann, house)
    make.send_all(house)
    assert (status, "Check your new inbox" in page, address_of(ann)) == (200, True, OLD)
    path = f"/email-change/{make.token_in(outbox[0], 'email-change')}"
    for _ in range(3):
        assert client.get(path, headers={"Sec-Purpose": "prefetch"}).status_code == 200
    assert address_of(ann) == OLD

    assert "Your address is changed" in client.post(path).text
    assert address_of(ann) == NEW
    person = ann.subscriber
    assert person.address_key == parse(NEW).key(house.settings.pepper)


def test_the_old_address_is_told_and_learns_nothing_of_the_new_one(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    client.post(asked(client, ann, house, outbox))
    make.send_all(house)

    assert [mail.recipient for mail in outbox] == [NEW, OLD]
    assert make.parsed(outbox[1])["Subject"] == "Your address was changed"
    assert b"new.example.org" not in outbox[1].data


def test_the_mail_to_the_new_address_says_nothing_of_the_old_one_or_the_person(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    do(client, link("account", ann, house), "profile", name="Buy at http://evil.example")
    asked(client, ann, house, outbox)

    assert OLD.encode() not in outbox[0].data
    assert b"evil" not in outbox[0].data


def test_it_is_in_the_ledger_for_each_newsletter(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    client.post(asked(client, ann, house, outbox))

    [event] = consent_of(ann.subscriber_id)
    assert (event.kind, event.method, event.newsletter_id) == ("moved", "email-change", ann.newsletter_id)
    assert event.wording
    assert event.wording.text == "Yes, write to me here"


# The page has a token in it, and so the time in seconds, which must be the same.
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("taken_by", ["another", *Reason])
def test_an_address_that_is_taken_or_suppressed_is_refused_with_the_same_answer(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], taken_by: str
) -> None:
    free = ask(client, ann, house, "free@example.org")
    if taken_by == "another":
        make.subscriber(NEW, house)
    else:
        suppress(parse(NEW).key(house.settings.pepper), Reason(taken_by))

    refused = ask(client, ann, house)

    make.send_all(house)
    assert refused == free
    assert [mail.recipient for mail in outbox] == ["free@example.org"]
    assert last_verdict() == ("known" if taken_by == "another" else "suppressed")


@pytest.mark.parametrize("taken_by", ["another", "suppression"])
def test_an_address_that_was_taken_meanwhile_is_not_changed_to(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], taken_by: str
) -> None:
    path = asked(client, ann, house, outbox)
    if taken_by == "another":
        make.subscriber(NEW, house)
    else:
        suppress(parse(NEW).key(house.settings.pepper), Reason.COMPLAINT)

    assert client.post(path).status_code == 410
    assert (address_of(ann), consent_of(ann.subscriber_id)) == (OLD, [])


@pytest.mark.parametrize("typed", ["", "ann", "noreply@example.org", "ann@example.org", "Ann@EXAMPLE.org"])
def test_what_cannot_sign_up_is_no_new_address_either(
    client: FlaskClient, house: House, ann: Subscription, typed: str
) -> None:
    status, page = ask(client, ann, house, typed)

    assert (status, 'aria-invalid="true"' in page) == (422, True)
    assert last_verdict() is None


@pytest.mark.parametrize(("keep", "address"), [("suggested", "ann@gmail.com"), ("typed", "ann@gmial.com")])
def test_a_slip_is_asked_about_first(
    client: FlaskClient, house: House, ann: Subscription, keep: str, address: str
) -> None:
    status, page = ask(client, ann, house, "ann@gmial.com")
    assert (status, "Did you mean" in page, last_verdict()) == (200, True, None)

    do(client, link("account", ann, house), "address", email="ann@gmial.com", keep=keep)
    [noted] = db.session.scalars(select(SignUp)).all()
    assert noted.address == address


def test_it_works_once_and_twenty_presses_make_one_change(
    app: Flask, client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    path = asked(client, ann, house, outbox)
    statuses, start = Counter[int](), Barrier(20)

    def press() -> None:
        start.wait()
        statuses[app.test_client().post(path).status_code] += 1

    threads = [Thread(target=press) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    make.send_all(house)
    assert (statuses, address_of(ann)) == ({200: 20}, NEW)
    assert len(consent_of(ann.subscriber_id)) == 1
    assert [mail.recipient for mail in outbox] == [NEW, OLD]


def test_its_link_works_for_a_day(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    path = asked(client, ann, house, outbox)
    clock.shift(timedelta(hours=24, seconds=1))

    assert [client.get(path).status_code, client.post(path).status_code] == [410, 410]
    assert address_of(ann) == OLD


def test_only_the_newest_wish_counts_and_a_used_one_does_not_come_back(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    first = asked(client, ann, house, outbox)
    second = asked(client, ann, house, outbox, "second@example.org")

    assert client.post(first).status_code == 410
    client.post(second)
    third = asked(client, ann, house, outbox, "third@example.org")
    client.post(third)
    client.post(second)
    assert address_of(ann) == "third@example.org"


def test_a_link_in_the_old_inbox_opens_nothing_any_more(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    stale = link("account", ann, house)
    path = asked(client, ann, house, outbox)
    clock.shift(timedelta(minutes=1))
    client.post(path)

    assert [client.get(stale).status_code, client.post(stale, data={"do": "data"}).status_code] == [410, 410]
    clock.shift(timedelta(minutes=1))
    assert NEW in client.get(link("account", ann, house)).text


def test_an_old_confirmation_confirms_nothing_for_the_new_address(
    client: FlaskClient, house: House, outbox: list[Envelope]
) -> None:
    make.newsletter()
    waiting = make.signed_up(OLD, house)
    make.send_all(house)
    confirmation = f"/confirm/{make.token_in(outbox[0], 'confirm')}"
    client.post(asked(client, waiting, house, outbox))
    db.session.expire_all()

    assert client.post(confirmation).status_code == 410
    db.session.refresh(waiting)
    assert waiting.status == "pending"


def test_an_inbox_is_asked_no_more_often_than_by_sign_ups(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    make.signed_up(NEW, house)
    erased = db.session.scalars(select(Subscriber).where(Subscriber.address == NEW)).one()
    db.session.delete(erased)
    db.session.commit()

    ask(client, ann, house)
    assert last_verdict() == "address"
    clock.shift(timedelta(minutes=11))
    ask(client, ann, house)
    assert last_verdict() == "change"


def test_one_person_asks_three_addresses_a_day_and_no_more(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope]
) -> None:
    for number in range(5):
        ask(client, ann, house, f"victim-{number}@example.org")

    make.send_all(house)
    assert len(outbox) == 3


def test_who_is_erased_leaves_no_wish_behind_and_old_ones_go(
    client: FlaskClient, house: House, ann: Subscription, outbox: list[Envelope], clock: Traveller
) -> None:
    path = asked(client, ann, house, outbox)
    erase(ann.subscriber_id)
    assert client.post(path).status_code == 410
    assert db.session.scalar(select(func.count()).select_from(AddressChange)) == 0

    bob = make.subscription(db.session.scalars(select(Newsletter)).one(), house, "bob@example.org")
    ask(client, bob, house, "bob@new.example.org")
    clock.shift(timedelta(hours=48, seconds=1))
    assert [purge_changes(), purge_changes()] == [1, 0]
