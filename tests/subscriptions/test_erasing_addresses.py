"""Erasing an address of which hardly anything is known, and people who come back out of a backup."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, update
from time_machine import Traveller

from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import NotFound
from newsletter.delivery.models import Delivery
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import SignUp, Subscriber
from newsletter.subscriptions.service import Origin, confirm, erase, erase_address, erase_again, retain, sign_up
from newsletter.suppressions.models import Reason, Suppression
from newsletter.suppressions.queries import erased_keys, find_suppression
from newsletter.suppressions.service import suppress
from tests import make
from tests.subscriptions.commands import ends_of, ran

ANN = parse("Ann.Quimby@example.org")


def key(house: House) -> str:
    return ANN.key(house.settings.pepper)


def reason_of(house: House) -> tuple[str, str, bool]:
    found = find_suppression(key(house))
    assert found
    return found.reason, found.words, found.erased_at is not None


def test_an_old_link_of_somebody_erased_never_opens_the_page_of_somebody_else(
    client: FlaskClient, house: House, outbox: list[Envelope]
) -> None:
    make.newsletter()
    ann = make.signed_up("ann@example.org", house).subscriber_id
    tokens = {purpose: house.signer.sign(purpose, {"s": ann}, at=now()) for purpose in ("preferences", "account")}
    erase(ann)
    bob = make.signed_up("bob@example.org", house)

    assert bob.subscriber_id > ann
    for purpose, token in tokens.items():
        assert "Nothing is kept" in client.get(f"/{purpose}/{token}").text
    client.post(f"/never/{house.signer.sign('never', {'s': ann}, at=now())}")
    assert find_suppression(bob.subscriber.address_key) is None


def test_an_address_that_only_must_not_be_mailed_loses_the_words_of_its_server(house: House) -> None:
    suppress(key(house), Reason.HARD_BOUNCE, f"550 <{ANN}> is not here")

    assert erase_address(ANN, house) == []

    assert reason_of(house) == (Reason.HARD_BOUNCE, "", True)


def test_an_address_that_only_signed_up_is_erased_before_anybody_answers(house: House) -> None:
    make.newsletter()
    sign_up(ANN.entered, ["courier"], make.FORM, house)

    erase_address(ANN, house)

    assert db.session.scalar(select(func.count()).select_from(SignUp)) == 0
    assert reason_of(house) == (Reason.ERASED, "", True)


def test_an_address_that_was_only_mailed_is_taken_out_of_what_was_sent(
    house: House, outbox: list[Envelope]
) -> None:
    make.newsletter()
    make.signed_up(ANN.entered, house)
    make.signed_up("bob@example.org", house)
    with transaction():
        db.session.execute(delete(SignUp))
        db.session.execute(delete(Subscriber).where(Subscriber.address_key == key(house)))

    erase_address(ANN, house)
    make.send_all(house)

    rows = db.session.execute(select(Delivery.address, Delivery.status).order_by(Delivery.id))
    assert [tuple(row) for row in rows] == [("", "cancelled"), ("bob@example.org", "accepted")]


def test_of_an_address_that_nobody_knows_nothing_is_kept_either(house: House) -> None:
    with pytest.raises(NotFound):
        erase_address(ANN, house)

    assert db.session.scalar(select(func.count()).select_from(Suppression)) == 0


def test_erasing_an_address_twice_is_no_error(house: House, outbox: list[Envelope]) -> None:
    make.newsletter()
    make.signed_up(ANN.entered, house)
    erase_address(ANN, house)
    erase_address(ANN, house)

    assert reason_of(house) == (Reason.ERASED, "", True)


def test_who_is_there_again_out_of_a_backup_is_erased_again_by_the_clock(house: House, clock: Traveller) -> None:
    of = make.newsletter()
    was_there = make.subscription(of, house, str(ANN)).subscriber
    born = was_there.created_at
    clock.shift(timedelta(days=30))
    erase(was_there.id)
    make.subscription(of, house, str(ANN))
    stays = make.subscription(of, house, "bob@example.org").subscriber_id
    with transaction():
        again = db.session.scalars(select(Subscriber).where(Subscriber.address_key == key(house))).one()
        again.created_at = born

    assert [retain(house.settings)["erased"] for _ in range(2)] == [1, 0]
    assert db.session.scalars(select(Subscriber.id)).all() == [stays]


def test_whoever_came_back_by_themselves_is_not_erased_again(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    erase(make.signed_up(str(ANN), house).subscriber_id)
    told = dict(erased_keys())
    clock.shift(timedelta(days=30))
    back = make.signed_up(str(ANN), house)

    assert erase_again() == 0
    make.send_all(house)
    confirm(make.token_in(outbox[-1], "confirm"), Origin("link"), house)
    assert erase_again(told) == 0
    assert (back.status, find_suppression(key(house))) == ("confirmed", None)


def test_the_keys_that_were_kept_elsewhere_erase_again_in_a_backup(house: House, tmp_path: Path) -> None:
    of = make.newsletter()
    person = make.subscription(of, house, str(ANN)).subscriber
    born = person.created_at
    suppress(key(house), Reason.COMPLAINT)
    erase(person.id)
    keys = tmp_path / "erased.txt"
    keys.write_text(ran(house.settings, "subscriber", "erased"))
    with transaction():
        db.session.execute(delete(Suppression))
    make.subscription(of, house, str(ANN))
    with transaction():
        db.session.execute(update(Subscriber).values(created_at=born))

    told = ran(house.settings, "subscriber", "erase", "--again", "--keys", str(keys), "--yes")

    assert "Erased 1 again." in told
    assert str(ANN) not in keys.read_text()
    assert db.session.scalars(select(Subscriber.id)).all() == []
    assert reason_of(house) == (Reason.ERASED, "", True)


def test_what_cannot_be_meant_is_refused(house: House, tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text("0123456789abcdef0123456789abcdef yesterday\n")
    commands = [
        ["subscriber", "erase", "--yes"],
        ["subscriber", "erase", "ann@example.org", "--again", "--yes"],
        ["subscriber", "erase", "ann@example.org", "--keys", str(keys), "--yes"],
        ["subscriber", "erase", "--again", "--keys", str(keys), "--yes"],
    ]

    assert ends_of(house.settings, commands) == ["UsageError", "UsageError", "UsageError", "InvalidInput"]
