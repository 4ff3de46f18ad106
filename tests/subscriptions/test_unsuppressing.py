"""Mailing an address again: what a server or an operator said, never what the person said."""

import pytest
from sqlalchemy import select

from newsletter.core.addresses import parse
from newsletter.core.db import db
from newsletter.core.errors import Conflict, InvalidInput, NotFound
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import ConsentEvent
from newsletter.subscriptions.queries import audience
from newsletter.subscriptions.service import erase_address
from newsletter.subscriptions.service.exporting import Filter, export
from newsletter.subscriptions.service.unsuppressing import unsuppress
from newsletter.suppressions.models import Reason
from newsletter.suppressions.queries import find_suppression
from newsletter.suppressions.service import suppress
from tests import make
from tests.subscriptions.commands import ran

ANN = parse("ann@example.org")
WHY = "Their provider had lost its domain for a day"


@pytest.mark.parametrize("reason", [Reason.HARD_BOUNCE, Reason.MANUAL])
def test_what_a_server_or_an_operator_said_is_lifted_and_noted(house: House, reason: Reason) -> None:
    of = make.newsletter()
    make.newsletter("evening")
    person = make.subscription(of, house, str(ANN)).subscriber
    make.signed_up(str(ANN), house, "evening")
    suppress(person.address_key, reason, "550 5.1.1 nobody")
    assert db.session.execute(audience(of.id)).all() == []
    db.session.commit()

    told = ran(house.settings, "subscriber", "unsuppress", "ANN@example.org", "--because", WHY)

    assert f"suppressed as {reason}" in told
    db.session.commit()
    assert [row.address for row in db.session.execute(audience(of.id))] == [str(ANN)]
    noted = db.session.scalars(select(ConsentEvent).where(ConsentEvent.kind == "unsuppressed")).all()
    assert [(each.method, each.note) for each in noted] == [("command", f"{reason}: {WHY}")] * 2
    assert WHY in ran(house.settings, "subscriber", "show", str(ANN))


@pytest.mark.parametrize("reason", [Reason.ERASED, Reason.COMPLAINT, Reason.NEVER_WRITE])
def test_what_the_person_said_is_not_for_anybody_else(house: House, reason: Reason) -> None:
    suppress(ANN.key(house.settings.pepper), reason)

    with pytest.raises(Conflict):
        unsuppress(ANN, WHY, house)

    assert find_suppression(ANN.key(house.settings.pepper))


def test_whoever_was_erased_stays_so_whatever_else_was_said_before(house: House) -> None:
    suppress(ANN.key(house.settings.pepper), Reason.HARD_BOUNCE)
    erase_address(ANN, house)

    with pytest.raises(Conflict, match="erased"):
        unsuppress(ANN, WHY, house)


def test_without_a_reason_or_a_suppression_nothing_is_lifted(house: House) -> None:
    with pytest.raises(NotFound):
        unsuppress(ANN, WHY, house)
    suppress(ANN.key(house.settings.pepper), Reason.MANUAL)
    with pytest.raises(InvalidInput):
        unsuppress(ANN, " \n ", house)

    assert find_suppression(ANN.key(house.settings.pepper))


def test_what_was_agreed_to_is_still_exported_and_not_the_note(house: House, outbox: list[Envelope]) -> None:
    make.newsletter()
    person = make.signed_up(str(ANN), house).subscriber
    suppress(person.address_key, Reason.MANUAL)
    unsuppress(ANN, WHY, house)

    [row] = export(Filter("courier"))
    assert (row["consent_method"], row["note"]) == ("form", "")
