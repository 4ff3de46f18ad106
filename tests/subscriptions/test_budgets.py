"""Budgets: what strangers cannot make us mail, and what they cannot find out."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select
from time_machine import Traveller

from newsletter.app import create_app
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.settings import Budget, Settings
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from newsletter.subscriptions.models import SignUp, Subscriber, Verdict
from newsletter.subscriptions.policy.budgets import By, Confirming, Trust, is_collapsed, mailbox_of, networks
from newsletter.subscriptions.service import answer_sign_ups, purge_sign_ups, sign_up
from newsletter.subscriptions.service.guarding import stamp
from newsletter.suppressions.queries import find_suppression
from tests import make


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@example.org", "ann+shop@example.org"),
        ("a.n.n@gmail.com", "ann@gmail.com"),
        ("ann+x@googlemail.com", "ann@gmail.com"),
    ],
)
def test_addresses_that_end_in_one_inbox_share_its_budget(one: str, other: str) -> None:
    assert mailbox_of(one) == mailbox_of(other)


def test_dots_count_where_only_the_server_knows_what_they_mean() -> None:
    assert mailbox_of("a.nn@example.org") != mailbox_of("ann@example.org")
    assert mailbox_of("+x@example.org") == "+x@example.org"
    assert mailbox_of("...@gmail.com") == "...@gmail.com"


@pytest.mark.parametrize(
    ("ip", "near", "wide"),
    [
        ("192.0.2.7", "192.0.2.7/32", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("::ffff:192.0.2.7", "192.0.2.7/32", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48"),
    ],
)
def test_a_network_is_what_one_subscriber_line_has_and_what_is_around_it(ip: str, near: str, wide: str) -> None:
    assert networks(ip) == {By.NEAR: near, By.WIDE: wide}
    assert networks("unknown, 10.0.0.1") == {}


def test_the_breaker_opens_when_hardly_anybody_confirms_and_not_for_a_handful() -> None:
    assert is_collapsed(Confirming(200, 19))
    assert not is_collapsed(Confirming(200, 20))
    assert not is_collapsed(Confirming(199, 0))


def verdicts(house: House) -> list[str]:
    answer_sign_ups(house)
    return list(db.session.scalars(select(SignUp.verdict).order_by(SignUp.id)).all())


def asked(number: int, house: House, **origin: object) -> None:
    for each in range(number):
        address = str(origin.get("address", f"reader{each}@d{each}.example.org"))
        facts = {name: value for name, value in origin.items() if name != "address"}
        sign_up(address, ["courier"], make.form(**facts), house)


def test_one_inbox_is_asked_once_in_ten_minutes_whatever_it_is_for(
    house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    slugs = [make.newsletter(f"paper{number}").slug for number in range(10)]
    for number, slug in enumerate(slugs):
        sign_up(f"vic.tim+{number}@gmail.com", [slug], make.form(ip=f"198.51.{number}.1"), house)

    assert verdicts(house) == ["asked", *["address"] * 9]
    make.send_all(house)
    assert len(outbox) == 1


def test_one_inbox_is_asked_three_times_a_week(house: House, clock: Traveller) -> None:
    make.newsletter()
    for _ in range(5):
        asked(1, house, address="ann@example.org")
        answer_sign_ups(house)
        clock.shift(timedelta(hours=1))
    clock.shift(timedelta(days=7))
    asked(1, house, address="ann@example.org")

    assert verdicts(house) == ["asked", "asked", "asked", "address", "address", "asked"]


def test_a_network_has_its_budget_and_what_is_over_it_leaves_nothing_behind(house: House) -> None:
    make.newsletter()
    asked(22, house, ip="192.0.2.7")

    assert verdicts(house) == [*["asked"] * 20, "near", "near"]
    assert db.session.scalar(select(func.count()).select_from(Subscriber)) == 20


def test_the_network_around_has_its_own(house: House) -> None:
    make.newsletter()
    for number in range(120):
        sign_up(f"r{number}@d{number}.example.org", ["courier"], make.form(ip=f"192.0.2.{number}"), house)

    assert verdicts(house).count("wide") == 20


def test_a_form_without_a_stamp_has_a_quarter_of_it(house: House) -> None:
    make.newsletter()
    asked(7, house, ip="192.0.2.7", trust=Trust.UNSIGNED)

    assert verdicts(house) == [*["asked"] * 5, "near", "near"]


def test_a_recipient_domain_has_its_budget_and_so_have_all_together(house: House) -> None:
    hour = timedelta(hours=1)
    settings = replace(house.settings, budgets=(Budget("domain", 3, hour), Budget("all", 5, hour)))
    small = replace(house, settings=settings)
    make.newsletter()
    for number in range(5):
        sign_up(f"r{number}@one.example.org", ["courier"], make.form(), small)
    asked(4, small)

    assert verdicts(small) == [*["asked"] * 3, "domain", "domain", "asked", "asked", "all", "all"]


def collapsed() -> None:
    """Three hundred confirmations left two hours ago, and nobody answered."""
    long_ago = now() - timedelta(hours=2)
    row = {
        "verdict": Verdict.ASKED,
        "at": long_ago,
        "due_at": long_ago,
        "answered_at": long_ago,
        **dict.fromkeys(("address", "entered", "inbox_key", "domain_key"), ""),
        "newsletter_ids": [],
        "wish": {},
        "method": "form",
        "trust": "signed",
    }
    with transaction():
        db.session.execute(insert(SignUp), [{**row, "address_key": f"k{number}"} for number in range(300)])


def test_while_hardly_anybody_confirms_only_a_trickle_leaves(house: House, clock: Traveller) -> None:
    make.newsletter()
    collapsed()
    for number in range(260):
        origin = make.form(ip=f"10.{number}.0.1")
        sign_up(f"r{number}@d{number}.example.org", ["courier"], origin, house)
    answer_sign_ups(house)
    answer_sign_ups(house)

    rows = db.session.execute(select(SignUp.verdict, func.count()).group_by(SignUp.verdict))
    assert {verdict: count for verdict, count in rows} == {"asked": 300 + 250, "breaker": 10}  # noqa: C416 - rows.


def test_who_confirms_keeps_the_breaker_closed(house: House, client: FlaskClient, outbox: list[Envelope]) -> None:
    make.newsletter()
    make.signed_up("ann@example.org", house)
    make.send_all(house)

    client.post(f"/confirm/{make.token_in(outbox[0], 'confirm')}")

    assert db.session.scalars(select(SignUp.is_confirmed)).all() == [True]


def post(client: FlaskClient, **fields: str) -> tuple[str, str, bytes]:
    answer = client.post("/courier/subscribe", data=fields, follow_redirects=True)
    return answer.status, str(answer.headers), answer.data


def test_machines_get_the_answer_of_everybody_and_no_mail(
    client: FlaskClient, house: House, clock: Traveller
) -> None:
    make.newsletter()
    old, fresh = stamp(house), ""
    clock.shift(timedelta(seconds=5))
    fresh = stamp(house)
    forms = [
        {"email": "ann@example.org", "stamp": old},
        {"email": "bob@example.org", "stamp": old, "website": "https://pills.example"},
        {"email": "cleo@example.org", "stamp": fresh},
        {"email": "dan@example.org", "stamp": old[:-3] + "abc"},
        {"email": "eve@example.org"},
    ]

    answers = [post(client, **form) for form in forms]

    assert answers == [answers[0]] * 5
    assert verdicts(house) == ["asked", "machine", "machine", "machine", "asked"]


def test_who_left_the_page_open_for_days_only_has_to_press_again(
    client: FlaskClient, house: House, clock: Traveller
) -> None:
    make.newsletter()
    old = stamp(house)
    clock.shift(timedelta(days=2))

    answer = client.post("/courier/subscribe", data={"email": "ann@example.org", "stamp": old})

    assert answer.status_code == 422
    assert "press the button once more" in answer.text
    assert 'value="ann@example.org"' in answer.text
    assert old not in answer.text


def test_who_may_not_be_fast_may_have_a_clock_that_is_ahead(
    client: FlaskClient, house: House, clock: Traveller
) -> None:
    make.newsletter()
    ahead = stamp(house)
    clock.shift(-timedelta(minutes=1))

    post(client, email="ann@example.org", stamp=ahead)

    assert verdicts(house) == ["asked"]


@pytest.mark.parametrize(("hops", "seen"), [(0, "127.0.0.1"), (1, "198.51.100.9")])
def test_only_as_many_proxies_are_believed_as_there_are(
    app: Flask, settings: Settings, hops: int, seen: str
) -> None:
    behind = create_app(replace(settings, proxy_hops=hops))
    behind.config.update(SERVER_NAME="letters.example.org", PREFERRED_URL_SCHEME="https")
    with behind.app_context():
        make.newsletter()
        headers = {"X-Forwarded-For": "203.0.113.1, 198.51.100.9"}
        behind.test_client().post("/courier/subscribe", data={"email": "ann@example.org"}, headers=headers)

        assert db.session.scalars(select(SignUp.ip)).all() == [seen]
        db.session.remove()
        db.engine.dispose()


def test_never_means_never_whoever_signs_it_up(
    client: FlaskClient, house: House, outbox: list[Envelope], clock: Traveller
) -> None:
    make.newsletter()
    known = make.signed_up("ann@example.org", house)
    make.send_all(house)
    token = make.token_in(outbox[0], "never")

    assert client.get(f"/never/{token}").status_code == 200
    assert find_suppression(known.subscriber.address_key) is None
    assert client.post(f"/never/{token}").status_code == 200
    clock.shift(timedelta(days=30))
    make.signed_up("ANN@example.org", house)
    make.send_all(house)

    assert len(outbox) == 1
    assert (known.status, known.end_reason) == ("pending", None)


def test_what_no_budget_needs_any_more_is_forgotten(house: House, clock: Traveller) -> None:
    make.newsletter()
    asked(22, house, ip="192.0.2.7")
    answer_sign_ups(house)

    clock.shift(timedelta(days=1, seconds=1))
    assert [purge_sign_ups(), purge_sign_ups()] == [2, 0]
    clock.shift(timedelta(days=6))
    assert purge_sign_ups() == 20


def test_what_was_answered_tells_no_more_who_it_was(house: House) -> None:
    make.newsletter()
    asked(1, house, address="ann@example.org", page="https://paper.example/a")
    answer_sign_ups(house)

    [row] = db.session.scalars(select(SignUp)).all()
    assert (row.address, row.entered, row.ip, row.user_agent, row.page, row.wish) == ("", "", "", "", "", {})
