"""What a reminder is held back by: budgets, the breaker, time, and whoever else is at it."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import SignUp, Subscription, Verdict
from newsletter.subscriptions.service import (
    Origin,
    answer_sign_ups,
    purge_sign_ups,
    remind,
    sign_up,
)
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


def test_who_was_asked_three_times_this_week_is_not_reminded_as_well(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    for _ in range(2):
        clock.shift(HOUR)
        make.signed_up("ann@example.org", house)
        make.send_all(house)
    assert len(outbox) == 3

    for _ in range(13):
        clock.shift(DAY)
        assert reminders(house, outbox) == []


def test_a_reminder_counts_in_the_budget_of_its_inbox(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(DAY)
    assert len(reminders(house, outbox)) == 1
    verdicts = []
    for step in (timedelta(minutes=9), timedelta(minutes=1), HOUR):
        clock.shift(step)
        sign_up("ANN+tag@example.org", ["courier"], make.FORM, house)
        answer_sign_ups(house)
        purge_sign_ups()
        verdicts.append(db.session.scalars(select(SignUp.verdict).order_by(SignUp.id.desc()).limit(1)).one())

    assert verdicts == [Verdict.ADDRESS, Verdict.ASKED, Verdict.ADDRESS]


def test_a_reminder_is_kept_in_mind_for_a_week(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(DAY)
    remind(house)
    clock.shift(6 * DAY)
    purge_sign_ups()
    assert Verdict.REMINDED in db.session.scalars(select(SignUp.verdict)).all()

    clock.shift(DAY + timedelta(seconds=1))
    purge_sign_ups()
    assert db.session.scalars(select(SignUp.verdict)).all() == []


def test_who_signs_up_again_after_it_gets_a_confirmation_and_no_second_one(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(DAY)
    assert len(reminders(house, outbox)) == 1
    clock.shift(HOUR)
    make.signed_up("ann@example.org", house)
    make.send_all(house)
    assert len(outbox) == 3

    clock.shift(2 * DAY)
    assert len(reminders(house, outbox)) == 1


def test_who_has_left_and_comes_back_may_be_reminded_again(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(DAY)
    assert len(reminders(house, outbox)) == 1
    with transaction():
        db.session.execute(update(Subscription).values(status="unsubscribed", ended_at=now()))
    clock.shift(8 * DAY)
    make.signed_up("ann@example.org", house)
    make.send_all(house)
    clock.shift(DAY)

    assert len(reminders(house, outbox)) == 2


def test_none_leaves_so_late_that_the_request_is_about_to_go(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(13 * DAY + 13 * HOUR)

    assert reminders(house, outbox) == []


def test_while_hardly_anybody_confirms_nobody_is_reminded(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    clock.shift(DAY)
    long_ago = now() - 2 * HOUR
    row = dict.fromkeys(("address", "entered", "inbox_key", "domain_key", "address_key"), "") | {
        "verdict": Verdict.ASKED,
        **dict.fromkeys(("at", "due_at", "answered_at"), long_ago),
        "newsletter_ids": [],
        "wish": {},
        "method": "form",
        "trust": "signed",
    }
    with transaction():
        db.session.execute(insert(SignUp), [row] * 200)
    assert reminders(house, outbox) == []

    clock.shift(DAY)
    assert len(reminders(house, outbox)) == 1


def test_a_newsletter_that_makes_no_mail_keeps_nobody_elses_waiting_and_is_tried_again(
    ann: Subscription, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    broken = make.newsletter("broken")
    make.signed_up("bob@example.org", house, "broken")
    make.signed_up("cleo@example.org", house)
    make.send_all(house)
    broken.accent = "colour?"
    db.session.commit()
    clock.shift(DAY)
    assert [mail.recipient for mail in reminders(house, outbox)] == ["ann@example.org", "cleo@example.org"]

    broken.accent = "#8a1f1f"
    db.session.commit()
    assert [mail.recipient for mail in reminders(house, outbox)][2:] == ["bob@example.org"]


def test_four_workers_at_once_remind_each_person_once(
    app: Flask, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    for number in range(45):
        # From as many networks, or their budget would be used up.
        sign_up(f"r{number}@d{number}.example.org", ["courier"], make.form(ip=f"10.{number}.0.1"), house)
    answer_sign_ups(house)
    make.send_all(house)
    clock.shift(DAY)
    together, failed = Barrier(4), list[BaseException]()

    def work() -> None:
        with app.app_context():
            together.wait()
            try:
                remind(house)
            except Exception as error:  # noqa: BLE001 - a thread tells nobody else.
                failed.append(error)

    workers = [Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failed == []
    db.session.rollback()
    assert len({mail.recipient for mail in reminders(house, outbox)}) == 45
    assert len(outbox) == 90
