"""How many were asked and have confirmed: what counts where, and that no count names a person."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.settings import Settings
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import ConfirmCount, Subscription
from newsletter.subscriptions.policy.ratios import LONGEST_PAGE, OTHER_PAGES, Ratio, low, page_of
from newsletter.subscriptions.queries import By, confirm_ratios
from newsletter.subscriptions.service import (
    Origin,
    answer_sign_ups,
    confirm,
    erase,
    purge_counts,
    remind,
    retain,
    sign_up,
)
from tests import make
from tests.subscriptions.commands import ran

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LINK = Origin(method="link")


@pytest.mark.parametrize(
    ("referrer", "page"),
    [
        ("https://paper.example/sport?utm=x#top", "https://paper.example/sport"),
        ("http://Paper.Example:8080/", "http://paper.example:8080/"),
        ("https://ann:secret@paper.example/a", "https://paper.example/a"),
        ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
        ("https://paper.example/u/ann@example.org/x", "https://paper.example/u/…/x"),
        ("https://paper.example/u/ann%40example.org", "https://paper.example/u/…"),
        (f"https://paper.example/confirm/{'t' * 100}", "https://paper.example/confirm/…"),
        ("https://paper.example", "https://paper.example"),
        ("", ""),
        ("about:client", ""),
        ("javascript:alert(1)", ""),
        ("android-app://com.example/", ""),
        ("https://", ""),
        ("https://[::1", ""),
        ("https://paper.example:99999/", ""),
        ("not a page", ""),
    ],
)
def test_of_a_page_only_its_place_is_kept(referrer: str, page: str) -> None:
    assert page_of(referrer) == page


def test_a_page_is_never_longer_than_its_column() -> None:
    assert len(page_of("https://paper.example/" + "a/" * 5000)) == LONGEST_PAGE


def ratio(name: str, asked: int, confirmed: int) -> Ratio:
    return Ratio(name, asked, confirmed, 0, 0, 0)


@pytest.mark.parametrize(
    ("ratios", "found"),
    [
        ([ratio("Gmail", 100, 60), ratio("Outlook", 100, 29)], ["Outlook"]),
        ([ratio("Gmail", 100, 60), ratio("Outlook", 100, 30)], []),
        ([ratio("Gmail", 100, 60), ratio("Outlook", 29, 0)], []),
        ([ratio("Gmail", 30, 20), ratio("Outlook", 30, 0)], ["Outlook"]),
        ([ratio("Gmail", 10, 10), ratio("Outlook", 300, 0)], []),
        ([ratio("Gmail", 100, 60), ratio("other", 100, 0)], []),
        ([ratio("Gmail", 100, 0), ratio("Outlook", 100, 0)], []),
        ([ratio("Gmail", 100, 90)], []),
        ([], []),
    ],
)
def test_a_provider_is_low_beside_the_others_and_not_for_a_handful(
    ratios: Sequence[Ratio], found: list[str]
) -> None:
    assert [each.name for each in low(ratios)] == found


def told(by: By, of_id: int | None = None) -> dict[str, tuple[int, ...]]:
    """Name to asked, confirmed, within the hour, reminded, after a reminder."""
    found = confirm_ratios(by, date(2026, 1, 1), of_id)
    return {
        each.name: (each.asked, each.confirmed, each.within_hour, each.reminded, each.after_reminder)
        for each in found
    }


def confirm_last(house: House, outbox: list[Envelope]) -> None:
    make.send_all(house)
    confirm(make.token_in(outbox[-1], "confirm"), LINK, house)


def test_each_is_counted_by_form_page_provider_and_day_and_once_only(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    page = make.form(form="page", page="https://paper.example/sport?x=1")
    make.signed_up("ann@gmail.com", house, origin=page)
    confirm_last(house, outbox)
    confirm(make.token_in(outbox[0], "confirm"), LINK, house)
    clock.shift(HOUR)
    make.signed_up("bob@hotmail.com", house, origin=page)
    clock.shift(11 * timedelta(minutes=1))
    make.signed_up("bob@hotmail.com", house, origin=make.form(form="other"))
    clock.shift(HOUR)
    confirm_last(house, outbox)
    clock.shift(DAY)
    make.signed_up("cleo@cleo.example", house)

    assert told("provider") == {"Gmail": (1, 1, 1, 0, 0), "Outlook": (1, 1, 0, 0, 0), "other": (1, 0, 0, 0, 0)}
    assert told("page") == {"https://paper.example/sport": (2, 2, 1, 0, 0), "": (1, 0, 0, 0, 0)}
    assert told("form") == {"page": (2, 2, 1, 0, 0), "": (1, 0, 0, 0, 0)}
    assert told("day") == {"2026-11-23": (2, 2, 1, 0, 0), "2026-11-24": (1, 0, 0, 0, 0)}


def test_who_confirms_days_later_counts_on_the_day_of_the_sign_up_and_as_reminded(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    make.signed_up("ann@gmail.com", house)
    make.send_all(house)
    clock.shift(2 * DAY)
    remind(house)
    confirm_last(house, outbox)

    assert told("day") == {"2026-11-23": (1, 1, 0, 1, 1)}


def test_what_was_never_asked_counts_nowhere(house: House, outbox: list[Envelope], clock: Traveller) -> None:
    of, evening = make.newsletter(), make.newsletter("evening", name="The Evening")
    make.subscription(of, house, "known@gmail.com")
    make.signed_up("known@gmail.com", house)
    make.signed_up("ann@gmail.com", house)
    make.signed_up("ann@gmail.com", house, "evening")

    assert told("provider") == {"Gmail": (1, 0, 0, 0, 0)}
    assert told("provider", evening.id) == {}
    clock.shift(timedelta(minutes=10))
    make.signed_up("ann@gmail.com", house, "evening")
    assert told("provider", evening.id) == {"Gmail": (1, 0, 0, 0, 0)}


def test_who_confirms_what_was_asked_before_there_were_counts_changes_none(
    house: House, outbox: list[Envelope]
) -> None:
    of = make.newsletter()
    old = make.subscription(of, house, "ann@gmail.com", status="pending")
    confirm(
        house.signer.sign("confirm", {"n": {str(of.id): old.nonce}, "s": old.subscriber_id}, at=now()), LINK, house
    )

    assert told("day") == {}


def test_counts_outlive_the_people_and_name_none_of_them(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    alone, shared = (
        make.form(page="https://paper.example/ann-marlow"),
        make.form(page="https://paper.example/sport?b"),
    )
    made = [make.signed_up("ann@ann-marlow.example", house, origin=alone)]
    made += [make.signed_up(f"{name}@gmail.com", house, origin=shared) for name in ("bob", "cleo")]
    for each in made[:2]:
        erase(each.subscriber_id)
    clock.shift(15 * DAY)
    retain(house.settings)

    assert db.session.scalars(select(Subscription)).all() == []
    assert told("provider") == {"Gmail": (2, 0, 0, 0, 0), "other": (1, 0, 0, 0, 0)}
    assert told("page") == {"https://paper.example/sport": (2, 0, 0, 0, 0), OTHER_PAGES: (1, 0, 0, 0, 0)}
    assert "ann" not in repr([vars(each) for each in db.session.scalars(select(ConfirmCount))])
    clock.shift(386 * DAY)
    assert [purge_counts(), purge_counts()] == [2, 0]


def test_nobody_fills_the_table_by_claiming_to_come_from_everywhere(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    for number in range(70):
        origin = make.form(ip=f"10.{number}.0.1", page=f"https://evil.example/{number}", form=f"form {number}")
        sign_up(f"r{number}@gmail.com", ["courier"], origin, house)
    answer_sign_ups(house)
    make.send_all(house)
    for mail in outbox[:]:
        confirm(make.token_in(mail, "confirm"), LINK, house)

    pages = told("page")
    assert len(pages) == 51
    assert pages[OTHER_PAGES] == (20, 20, 20, 0, 0)
    assert len(told("form")) == 21
    assert told("provider") == {"Gmail": (70, 70, 70, 0, 0)}


def test_confirming_at_once_from_everywhere_loses_no_count_and_no_click(
    app: Flask, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    slugs = [make.newsletter(f"paper{number}").slug for number in range(4)]
    for number in range(16):
        # In different orders, so that each locks what the other one has.
        wanted = slugs if number % 2 else slugs[::-1]
        sign_up(f"r{number}@d{number}.example.org", wanted, make.form(ip=f"10.{number}.0.1"), house)
    answer_sign_ups(house)
    make.send_all(house)
    tokens = [make.token_in(mail, "confirm") for mail in outbox]
    failed, together = list[BaseException](), Barrier(4)

    def click(mine: Sequence[str], extra: int) -> None:
        with app.app_context():
            together.wait()
            try:
                for token in mine:
                    confirm(token, LINK, house)
                    origin = make.form(ip=f"10.{100 + extra}.0.1")
                    sign_up(f"x{extra}.{token[-5:]}@e{extra}.example.org", slugs, origin, house)
                    answer_sign_ups(house)
            except Exception as error:  # noqa: BLE001 - a thread tells nobody else.
                failed.append(error)

    clickers = [Thread(target=click, args=(tokens[number::4], number)) for number in range(4)]
    for each in clickers:
        each.start()
    for each in clickers:
        each.join()

    assert failed == []
    db.session.rollback()
    assert told("provider") == {"other": ((16 + 16) * 4, 16 * 4, 16 * 4, 0, 0)}


def test_the_command_shows_who_confirms_and_points_out_who_does_not(app: Flask, settings: Settings) -> None:
    of = make.newsletter()
    for provider, asked, confirmed in (("Gmail", 80, 60), ("Outlook", 40, 4), ("other", 40, 31)):
        with transaction():
            db.session.add(
                ConfirmCount(
                    newsletter_id=of.id,
                    day=now().date(),
                    form="page",
                    page="",
                    provider=provider,
                    asked=asked,
                    confirmed=confirmed,
                )
            )

    words = ran(settings, "subscriber", "ratio")
    facts = json.loads(
        ran(settings, "subscriber", "ratio", "--by", "page", "--newsletter", "courier", "--days", "1", "--json")
    )

    assert words.startswith("PROVIDER  ASKED  CONFIRMED  RATIO  WITHIN HOUR  REMINDED  AFTER REMINDER")
    assert "Outlook   40     4          10%" in words
    assert "Outlook: only 10% confirm" in words
    assert "where the confirmation lands" in words
    assert facts["low_providers"] == ["Outlook"]
    [one] = facts["ratios"]
    assert (one["name"], one["asked"], one["confirmed"], one["ratio"]) == ("", 160, 95, 0.594)
    assert "(none)" in ran(settings, "subscriber", "ratio", "--by", "page")


def test_the_command_says_when_there_is_nothing_to_show(app: Flask, settings: Settings) -> None:
    make.newsletter()

    assert "Nobody was asked since" in ran(settings, "subscriber", "ratio")
