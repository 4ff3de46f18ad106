"""The one reminder: who gets it, when, and that nobody gets another one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import LinkExpired
from newsletter.delivery.models import Delivery
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.service import (
    Origin,
    answer_sign_ups,
    confirm,
    erase,
    never_write,
    remind,
    sign_up,
)
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LINK = Origin(method="link")


@pytest.fixture
def ann(house: House, outbox: list[Envelope], clock: Traveller) -> Subscription:
    """She has signed up and has had her confirmation; the outbox is empty again."""
    make.newsletter()
    subscription = make.signed_up("ann@example.org", house)
    make.send_all(house)
    return subscription


def reminders(house: House, outbox: list[Envelope]) -> list[Envelope]:
    remind(house)
    make.send_all(house)
    return [mail for mail in outbox if "Reminder" in str(make.parsed(mail)["Subject"])]


def test_who_has_not_confirmed_is_reminded_once_after_a_day_and_then_never(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(DAY - timedelta(seconds=1))
    assert reminders(house, outbox) == []
    clock.shift(timedelta(seconds=1))
    assert [mail.recipient for mail in reminders(house, outbox)] == ["ann@example.org"]
    for _ in range(13):
        assert len(reminders(house, outbox)) == 1
        clock.shift(DAY)


def test_its_link_confirms_and_lives_as_long_as_any(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(DAY)
    [mail] = reminders(house, outbox)
    text = " ".join(make.text_of(mail).split())

    assert "It works for 3 days" in text
    assert "it is the only reminder. On Monday 7 December 2026 the request is deleted." in text
    clock.shift(3 * DAY - timedelta(seconds=1))
    assert [each.slug for each in confirm(make.token_in(mail, "confirm"), LINK, house)] == ["courier"]
    clock.shift(timedelta(seconds=2))
    with pytest.raises(LinkExpired):
        confirm(make.token_in(mail, "confirm"), LINK, house)


def test_it_promises_no_link_that_outlives_the_request(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    short = replace(house, settings=replace(house.settings, keep_pending=timedelta(days=2)))
    make.newsletter()
    make.signed_up("ann@example.org", short)
    make.send_all(short)
    clock.shift(DAY)

    [mail] = reminders(short, outbox)

    assert "It works for 1 day:" in " ".join(make.text_of(mail).split())


def test_it_holds_nothing_that_was_typed_and_is_no_list_mail(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    make.signed_up("ann@example.org", house, origin=make.form(page="https://evil.example/pills"))
    make.send_all(house)
    clock.shift(DAY)

    [mail] = reminders(house, outbox)

    assert b"pills" not in mail.data
    assert make.parsed(mail)["Auto-Submitted"] == "auto-generated"
    assert make.parsed(mail)["List-Unsubscribe"] is None


def test_all_that_waits_is_in_one_mail_with_one_link_also_what_was_never_asked_for(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    make.newsletter("evening", name="The Evening")
    make.newsletter("weekend", name="The Weekend")
    sign_up("ann@example.org", ["courier", "evening"], make.FORM, house)
    answer_sign_ups(house)
    # Within ten minutes nobody is asked twice, so this one has had no confirmation.
    sign_up("ann@example.org", ["weekend"], make.FORM, house)
    answer_sign_ups(house)
    make.send_all(house)
    clock.shift(DAY)

    [mail] = reminders(house, outbox)

    assert make.parsed(mail)["Subject"] == "Reminder: please confirm your subscriptions"
    confirmed = confirm(make.token_in(mail, "confirm"), LINK, house)
    assert [each.slug for each in confirmed] == ["courier", "evening", "weekend"]


def test_it_waits_until_a_day_after_the_last_sign_up(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter("evening", name="The Evening")
    clock.shift(23 * HOUR)
    make.signed_up("ann@example.org", house, "evening")
    make.send_all(house)

    clock.shift(2 * HOUR)
    assert reminders(house, outbox) == []
    clock.shift(22 * HOUR)
    assert len(reminders(house, outbox)) == 1


def test_none_leaves_where_it_is_switched_off(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(2 * DAY)

    assert remind(replace(house, settings=replace(house.settings, remind_after=timedelta(0)))) == 0


def confirmed(house: House, outbox: list[Envelope]) -> None:
    confirm(make.token_in(outbox[0], "confirm"), LINK, house)


def erased(house: House, outbox: list[Envelope]) -> None:
    erase(db.session.scalars(select(Subscription.subscriber_id)).one())


def said_never(house: House, outbox: list[Envelope]) -> None:
    never_write(make.token_in(outbox[0], "never"), LINK, house)


def complained(house: House, outbox: list[Envelope]) -> None:
    suppress(db.session.scalars(select(Subscription)).one().subscriber.address_key, Reason.COMPLAINT)


@pytest.mark.parametrize("happened", [confirmed, erased, said_never, complained])
def test_who_has_answered_or_gone_meanwhile_gets_none(
    ann: Subscription,
    house: House,
    outbox: list[Envelope],
    clock: Traveller,
    happened: Callable[[House, list[Envelope]], None],
) -> None:
    happened(house, outbox)
    clock.shift(DAY)

    assert reminders(house, outbox) == []


@pytest.mark.parametrize("happened", [confirmed, erased, said_never, complained])
def test_nor_when_it_happens_while_the_reminder_waits_for_a_server(
    ann: Subscription,
    house: House,
    outbox: list[Envelope],
    clock: Traveller,
    happened: Callable[[House, list[Envelope]], None],
) -> None:
    clock.shift(DAY)
    assert remind(house) == 1

    happened(house, outbox)

    assert reminders(house, outbox) == []


@pytest.mark.parametrize("status", ["queued", "deferred", "failed", "unknown", "skipped"])
def test_where_no_server_took_the_confirmation_there_is_nothing_to_remind_of(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller, status: str
) -> None:
    with transaction():
        db.session.execute(update(Delivery).values(status=status, due_at=now() + 30 * DAY))
    clock.shift(2 * DAY)

    assert reminders(house, outbox) == []


def test_a_day_counts_from_when_the_server_took_it(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    with transaction():
        db.session.execute(update(Delivery).values(ended_at=now() + 20 * HOUR))
    clock.shift(DAY)
    assert reminders(house, outbox) == []

    clock.shift(20 * HOUR)
    assert len(reminders(house, outbox)) == 1
