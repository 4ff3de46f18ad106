"""Operators with passkeys on software devices, for the tests of them."""

import pytest

from newsletter.core.clock import now
from newsletter.core.errors import InvalidInput
from newsletter.mail.house import House
from newsletter.operators.models import Operator
from newsletter.operators.queries import Visit, find_visit
from newsletter.operators.service import (
    Answered,
    Browser,
    Entered,
    add_passkey,
    ask_to_add,
    ask_to_enter,
    enter_by_passkey,
    log_in,
)
from tests import make
from tests.operators.authenticator import Device

HERE, ELSEWHERE = Browser("192.0.2.1", "Firefox"), Browser("198.51.100.7", "Safari")


def visit_of(entered: Entered) -> Visit:
    visit = find_visit(entered.key, now())
    assert visit
    return visit


def at_home(who: Operator, house: House) -> Visit:
    return visit_of(log_in(who.address, make.PASSWORD, HERE, house))


def given(who: Operator, house: House, device: Device | None = None) -> Device:
    """They have added a passkey on this device."""
    device = device or Device()
    visit = at_home(who, house)
    asked = ask_to_add(visit, make.PASSWORD, HERE, house)
    add_passkey(visit, Answered(asked.token, device.make(asked.options)), "Phone", HERE, house)
    return device


def knock(device: Device, house: House, browser: Browser = HERE) -> Entered:
    asked = ask_to_enter(house)
    return enter_by_passkey(Answered(asked.token, device.sign(asked.options)), browser, house)


def refused(answered: Answered, house: House) -> str:
    with pytest.raises(InvalidInput) as caught:
        enter_by_passkey(answered, HERE, house)
    return str(caught.value)


def refused_device(device: Device, house: House) -> bool:
    asked = ask_to_enter(house)
    return bool(refused(Answered(asked.token, device.sign(asked.options)), house))
