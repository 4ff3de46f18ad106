"""The operator is told: by mail once in a while, in the log at each look, and that it is over."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Barrier, Thread

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select
from structlog.testing import capture_logs
from time_machine import Traveller

from newsletter.alarms.policy import BETWEEN_ALARMS, Rhythm, Standing, judge
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import UnsafeMessage
from newsletter.core.settings import Budget
from newsletter.delivery.models import Delivery, Mailing
from newsletter.delivery.service import Letter, queue_to_operator
from newsletter.jobs import timetable
from newsletter.mail.house import House
from newsletter.mail.message import Content, Envelope
from newsletter.newsletters.emails import list_letterhead, personal_letterhead
from newsletter.subscriptions.links import never_link
from newsletter.subscriptions.models import SignUp, Subscriber, Verdict
from newsletter.subscriptions.policy.alarms import Filling, Sight, sight_of_breaker, sight_of_budget
from newsletter.subscriptions.policy.budgets import Confirming
from newsletter.subscriptions.service import watch_sign_ups
from newsletter.suppressions.models import Reason
from newsletter.suppressions.service import suppress
from tests import make

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DESK = "desk@example.org"
MOMENT = datetime(2026, 11, 23, 9, tzinfo=UTC)
OPEN, CLOSED = sight_of_breaker(Confirming(300, 0)), sight_of_breaker(Confirming(300, 150))


@pytest.fixture
def watched(house: House, outbox: list[Envelope], clock: Traveller) -> House:
    """An installation with a newsletter, whose operator has an address and whose budget of all is forty."""
    make.newsletter(timezone="Europe/Oslo")
    return replace(house, settings=replace(house.settings, operator=DESK, budgets=(Budget("all", 40, HOUR),)))


def rows(number: int, ago: timedelta, verdict: Verdict = Verdict.ASKED, confirmed: int = 0) -> None:
    """So many sign-ups that were answered so long ago."""
    at = now() - ago
    row = {
        "verdict": verdict,
        "at": at,
        "due_at": at,
        "answered_at": at,
        **dict.fromkeys(("address", "entered", "inbox_key", "domain_key", "address_key"), ""),
        "newsletter_ids": [],
        "wish": {},
        "method": "form",
        "trust": "signed",
    }
    with transaction():
        made = [{**row, "is_confirmed": each < confirmed} for each in range(number)]
        db.session.execute(insert(SignUp), made)


def subjects(house: House, outbox: list[Envelope]) -> list[str]:
    watch_sign_ups(house)
    make.send_all(house)
    return [str(make.parsed(mail)["Subject"]) for mail in outbox]


BEGUN, OVER = "Sign-ups: hardly anybody confirms", "Sign-ups: people confirm again"


def test_an_open_breaker_is_told_with_figures_and_what_to_do(watched: House, outbox: list[Envelope]) -> None:
    rows(300, 2 * HOUR, confirmed=12)

    assert subjects(watched, outbox) == [BEGUN]
    told = " ".join(make.text_of(outbox[0]).split())
    assert outbox[0].recipient == DESK
    assert "Of the 300 confirmations that left between an hour and a day ago, 12 were answered" in told
    assert "on Monday 23 November 2026 at 10:00 CET" in told
    assert "at most 2 confirmations leave each hour" in told
    assert "newsletter subscriber budget" in told
    assert "The breaker closes by itself" in told
    assert make.parsed(outbox[0])["Auto-Submitted"] == "auto-generated"


def test_it_is_told_again_after_six_hours_and_once_that_it_is_over(
    watched: House, outbox: list[Envelope], clock: Traveller
) -> None:
    rows(300, 2 * HOUR)
    for _ in range(36):
        assert subjects(watched, outbox) == [BEGUN]
        clock.shift(10 * MINUTE)

    assert subjects(watched, outbox) == [BEGUN, BEGUN]
    with transaction():
        db.session.execute(delete(SignUp))
    assert subjects(watched, outbox) == [BEGUN, BEGUN, OVER]
    clock.shift(12 * HOUR)
    assert subjects(watched, outbox) == [BEGUN, BEGUN, OVER]
    told = " ".join(make.text_of(outbox[-1]).split())
    assert "open since Monday 23 November 2026 at 10:00 CET, has closed" in told


def test_the_budget_that_is_used_up_is_told_until_half_of_it_is_free(
    watched: House, outbox: list[Envelope], clock: Traveller
) -> None:
    begun, over = "Sign-ups: the budget of confirmations is used up", "Sign-ups: there is room in the budget again"
    rows(20, 5 * MINUTE)
    assert subjects(watched, outbox) == []
    rows(20, timedelta(0))
    assert subjects(watched, outbox) == [begun]
    told = " ".join(make.text_of(outbox[0]).split())
    assert "In the last hour 40 confirmations have left, of 40 that may, and 0 sign-ups were turned away" in told

    with transaction():
        db.session.execute(delete(SignUp).where(SignUp.id <= 19))
    assert subjects(watched, outbox) == [begun]
    clock.shift(55 * MINUTE)
    assert subjects(watched, outbox) == [begun, over]
    assert "In the last hour 20 confirmations have left" in " ".join(make.text_of(outbox[1]).split())


def test_who_was_turned_away_counts_although_there_is_room_by_now(watched: House, outbox: list[Envelope]) -> None:
    rows(30, MINUTE)
    rows(7, MINUTE, Verdict.ALL)

    assert subjects(watched, outbox) == ["Sign-ups: the budget of confirmations is used up"]
    assert "7 sign-ups were turned away" in " ".join(make.text_of(outbox[0]).split())


def test_without_an_address_the_log_alone_tells_at_each_look(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    rows(300, 2 * HOUR)

    with capture_logs() as told:
        watch_sign_ups(house)
        watch_sign_ups(house)
        with transaction():
            db.session.execute(delete(SignUp))
        watch_sign_ups(house)
        watch_sign_ups(house)

    assert [(each["log_level"], each["event"]) for each in told] == [
        *[("error", "sign-up breaker is open: hardly anybody confirms")] * 2,
        ("warning", "sign-up breaker has closed"),
    ]
    assert (told[0]["asked"], told[0]["confirmed"], told[0]["since"]) == (300, 0, now())
    assert db.session.scalar(select(func.count()).select_from(Mailing)) == 0


def test_where_nothing_can_be_sent_from_nothing_is_sent(house: House, outbox: list[Envelope]) -> None:
    alone = replace(house, settings=replace(house.settings, operator=DESK))
    rows(300, 2 * HOUR)

    assert subjects(alone, outbox) == []


def test_an_address_that_must_not_be_mailed_is_not_although_it_is_the_operators(
    watched: House, outbox: list[Envelope]
) -> None:
    person = make.subscriber(DESK, watched)
    suppress(person.address_key, Reason.HARD_BOUNCE)
    rows(300, 2 * HOUR)

    assert subjects(watched, outbox) == []
    assert db.session.scalars(select(Delivery.status)).all() == ["skipped"]


def test_the_operator_is_no_subscriber(watched: House, outbox: list[Envelope]) -> None:
    rows(300, 2 * HOUR)

    assert subjects(watched, outbox) == [BEGUN]
    assert db.session.scalars(select(Subscriber)).all() == []
    assert db.session.scalars(select(Delivery.subscriber_id)).all() == [None]


def test_a_letter_for_subscribers_goes_to_no_operator(house: House) -> None:
    of, content = make.newsletter(), Content("News", "News.", "")
    personal = personal_letterhead(of, now())
    for letter in (
        Letter("welcome", personal, content, {}, newsletter_id=of.id),
        Letter("confirmation", personal, content, {"never_url": never_link(house.settings.base_url)}),
        Letter("edition", list_letterhead(of, now(), "e1"), content, {}),
    ):
        with pytest.raises(UnsafeMessage, match="is for subscribers"):
            queue_to_operator(letter, DESK, "key")


def test_workers_that_look_at_one_moment_tell_it_once(app: Flask, watched: House, outbox: list[Envelope]) -> None:
    rows(300, 2 * HOUR)
    together, failed = Barrier(4), list[BaseException]()

    def look() -> None:
        with app.app_context():
            together.wait()
            try:
                watch_sign_ups(watched)
            except Exception as error:  # noqa: BLE001 - a thread tells nobody else.
                failed.append(error)

    workers = [Thread(target=look) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()

    assert failed == []
    db.session.rollback()
    assert subjects(watched, outbox) == [BEGUN]


def test_the_timetable_has_the_look(house: House) -> None:
    [job] = [each for each in timetable(house) if each.name == "watch sign-ups"]

    assert (job.work, job.every) == (watch_sign_ups, 10 * MINUTE)


def test_what_begins_again_within_six_hours_is_not_told_and_so_neither_is_its_end() -> None:
    plan = [(OPEN, True), (CLOSED, True), (OPEN, False), (CLOSED, False), (OPEN, False)]
    known, moment, told = Standing(), MOMENT, []
    for sight, _ in plan:
        known, is_told = judge(known, is_so=sight.is_so, moment=moment)
        told.append(is_told)
        moment += HOUR

    assert told == [is_told for _, is_told in plan]
    assert judge(known, is_so=OPEN.is_so, moment=MOMENT + BETWEEN_ALARMS) == (
        Standing(MOMENT + 4 * HOUR, moment + HOUR),
        True,
    )


@pytest.mark.parametrize(
    ("spent", "refused", "is_so"),
    [(40, 0, True), (0, 1, True), (39, 0, None), (21, 0, None), (20, 0, False), (0, 0, False)],
)
def test_a_budget_is_used_up_until_half_of_it_is_free(spent: int, refused: int, *, is_so: bool | None) -> None:
    assert sight_of_budget(Filling(Budget("all", 40, HOUR), spent, refused)).is_so is is_so


UNCLEAR = sight_of_budget(Filling(Budget("all", 40, HOUR), 30, 0))


@given(st.lists(st.tuples(st.sampled_from([OPEN, CLOSED, UNCLEAR]), st.integers(1, 500)), max_size=60))
def test_whatever_comes_and_goes_nobody_is_mailed_more_than_twice_in_six_hours(
    looks: Sequence[tuple[Sight, int]],
) -> None:
    known, moment = Standing(), MOMENT
    begun: list[datetime] = []
    over: list[datetime] = []
    for sight, minutes in looks:
        moment += minutes * MINUTE
        known, is_told = judge(known, is_so=sight.is_so, moment=moment)
        if is_told:
            (begun if known.since else over).append(moment)

    assert all(later - earlier >= BETWEEN_ALARMS for earlier, later in pairwise(begun))
    assert len(over) <= len(begun)


def test_what_is_told_once_is_not_told_again_while_it_lasts_and_is_when_it_begins_anew() -> None:
    begun, is_told = judge(Standing(), is_so=True, moment=MOMENT, rhythm=Rhythm.ONCE)
    assert (begun, is_told) == (Standing(MOMENT, MOMENT), True)
    assert judge(begun, is_so=True, moment=MOMENT + 48 * HOUR, rhythm=Rhythm.ONCE) == (begun, False)
    over, is_told = judge(begun, is_so=False, moment=MOMENT + 49 * HOUR, rhythm=Rhythm.ONCE)
    assert (over, is_told) == (Standing(None, MOMENT), True)
    assert judge(over, is_so=True, moment=MOMENT + 50 * HOUR, rhythm=Rhythm.ONCE)[1]
