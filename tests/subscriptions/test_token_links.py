"""F-30 and F-32: each link that a mail carries, scanned, forged, cut, doubled and raced for.

Every route with a token is found in the app's own map, and one that nobody described here fails the first test.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from time_machine import Traveller

from newsletter.app import create_app
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.settings import Settings
from newsletter.core.tokens import Signer
from newsletter.mail.house import House
from newsletter.schema import metadata
from newsletter.subscriptions.models import AddressChange, ConsentEvent, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus
from tests import make

Claims = Callable[[Subscription], dict[str, object]]


def confirming(subscription: Subscription) -> dict[str, object]:
    return {"n": {str(subscription.newsletter_id): subscription.nonce}, "s": subscription.subscriber_id}


def leaving(subscription: Subscription) -> dict[str, object]:
    return {"n": subscription.newsletter_id, "s": subscription.subscriber_id}


def staying(subscription: Subscription) -> dict[str, object]:
    """Somebody who has it for years was asked whether to go on."""
    with transaction():
        subscription.status = SubscriptionStatus.CONFIRMED
        subscription.subscriber.active_at = now() - timedelta(days=1500)
        subscription.subscriber.still_asked_at = now()
    return leaving(subscription)


def changing(subscription: Subscription) -> dict[str, object]:
    """With the wish that the token answers."""
    with transaction():
        wish = db.session.scalar(select(AddressChange)) or AddressChange(
            subscriber_id=subscription.subscriber_id,
            address="ann@new.example.org",
            entered="ann@new.example.org",
            address_key="0" * 32,
            asked_at=now(),
        )
        db.session.add(wish)
    return {"c": wish.id, "s": subscription.subscriber_id}


LINKS: dict[str, tuple[str, Claims]] = {
    "preferences": ("preferences", leaving),
    "account": ("account", leaving),
    "confirm": ("confirm", confirming),
    "unsubscribe": ("unsubscribe", leaving),
    "never": ("never", leaving),
    "still": ("still", staying),
    "email-change": ("email-change", changing),
}
"""By the first part of the path: the purpose of the token, and what it says of a pending subscription."""

PRESSED = {part: {"do": "leave", "newsletter": "courier"} for part in ("preferences", "account")}
"""What the form behind the link sends, where it sends anything."""

PURPOSES = ("confirm", "unsubscribe", "preferences", "account", "email-change", "export", "erase", "form")

SCANNERS = (
    {"User-Agent": "Mozilla/5.0 (compatible; Safe-Links-Scanner)", "X-Forwarded-For": "198.51.100.1"},
    {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch"},
    {"User-Agent": "Barracuda Sentinel", "Referer": "https://protection.example/"},
)


@pytest.fixture
def waiting(house: House) -> Subscription:
    """Somebody whose subscription is pending."""
    return make.subscription(make.newsletter(), house, "ann@example.org", status="pending")


def path(part: str, subscription: Subscription, signer: Signer) -> str:
    purpose, claims = LINKS[part]
    return f"/{part}/{signer.sign(purpose, claims(subscription), at=now())}"


def token_rules(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        # An operator's link is no reader's; tests/console/test_door.py has it.
        if "token" in rule.arguments and not rule.rule.startswith("/console/"):
            yield rule.rule.strip("/").partition("/<")[0]


def everything() -> dict[str, list[str]]:
    """All rows of all tables."""
    db.session.rollback()
    return {
        table.name: sorted(map(repr, db.session.execute(select(table)).all())) for table in metadata.sorted_tables
    }


def test_every_route_with_a_token_is_described_here(app: Flask) -> None:
    assert set(token_rules(app)) == set(LINKS)


@pytest.mark.parametrize("part", LINKS)
def test_what_only_looks_changes_nothing(
    part: str, client: FlaskClient, house: House, waiting: Subscription
) -> None:
    link = path(part, waiting, house.signer)
    before = everything()

    for headers in SCANNERS:
        for method in ("HEAD", "GET", "GET", "GET", "GET", "GET", "OPTIONS"):
            answer = client.open(link, method=method, headers=headers, environ_base={"REMOTE_ADDR": "203.0.113.9"})
            assert answer.status_code == 200
            assert "Set-Cookie" not in answer.headers

    assert everything() == before
    assert client.post(link, data=PRESSED.get(part)).status_code == 200
    assert everything() != before


@pytest.mark.parametrize("part", LINKS)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_another_method_is_not_allowed(
    part: str, method: str, client: FlaskClient, house: House, waiting: Subscription
) -> None:
    link = path(part, waiting, house.signer)
    before = everything()

    assert client.open(link, method=method).status_code == 405
    assert everything() == before


@pytest.mark.parametrize(
    ("part", "other"), [(part, other) for part in LINKS for other in PURPOSES if other != LINKS[part][0]]
)
def test_a_token_for_another_purpose_is_not_found(
    part: str, other: str, client: FlaskClient, house: House, waiting: Subscription
) -> None:
    link = f"/{part}/{house.signer.sign(other, LINKS[part][1](waiting), at=now())}"
    before = everything()

    assert [client.get(link).status_code, client.post(link, data=PRESSED.get(part)).status_code] == [404, 404]
    assert everything() == before


@pytest.mark.parametrize("part", LINKS)
@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"s": "1", "n": "1", "c": "1"},
        {"s": None, "n": None},
        {"s": [1], "n": [1]},
        {"s": True, "n": {"1": 7}, "c": True},
        {"s": 10**30, "n": 10**30, "c": 10**30},
        {"s": 10**30, "n": {str(10**30): "x"}},
        {"s": -1, "n": 0, "e": "1; DROP TABLE subscribers"},
        {"s": 1.5, "n": 1.5},
    ],
    ids=str,
)
def test_claims_of_another_shape_are_no_server_error(
    part: str, claims: dict[str, object], client: FlaskClient, house: House, waiting: Subscription
) -> None:
    link = f"/{part}/{house.signer.sign(LINKS[part][0], claims, at=now())}"
    before = everything()

    for answer in (client.get(link), client.post(link, data=PRESSED.get(part))):
        assert answer.status_code in {404, 410}
    assert everything() == before


def other_end(text: str) -> str:
    return text[:-1] + ("A" if text[-1] != "A" else "B")


def test_a_confirmation_of_no_newsletter_that_there_can_be_is_not_found(client: FlaskClient, house: House) -> None:
    for wanted in ({"-1": "x"}, {"x": "y"}, {}, {"9": "x"}, {"1": None}):
        token = house.signer.sign("confirm", {"s": 1, "n": wanted}, at=now())

        for answer in (client.get(f"/confirm/{token}"), client.post(f"/confirm/{token}")):
            assert answer.status_code == 404


@pytest.mark.parametrize("part", LINKS)
def test_what_was_cut_stretched_or_signed_by_another_is_not_found(
    part: str, client: FlaskClient, house: House, waiting: Subscription
) -> None:
    link = path(part, waiting, house.signer)
    stranger = Signer(("a-key-of-somebody-else-0123456789abcdef",))
    head, _, token = link.rpartition("/")
    payload, moment, signature = token.split(".")
    forged = [
        path(part, waiting, stranger),
        *(f"{head}/{token[:cut]}" for cut in (1, 10, len(token) // 2, len(token) - 2)),
        f"{head}/{other_end(payload)}.{moment}.{signature}",
        f"{head}/{payload}.{other_end(moment)}.{signature}",
        f"{head}/{token}.{signature}",
        f"{head}/{'A' * 10_240}",
        f"{head}/{token}{'A' * 10_240}",
        f"{head}/.{payload}",
        f"{head}/{token}%00",
        f"{head}/{token}%0d%0aSet-Cookie:%20a=b",
        f"{head}/%E2%80%AE{token}",
    ]
    before = everything()

    for each in forged:
        assert [client.get(each).status_code, client.post(each).status_code] == [404, 404], each
    assert everything() == before


@pytest.mark.parametrize("part", LINKS)
def test_a_link_from_the_future_is_refused_and_a_clock_a_little_ahead_is_not(
    part: str, client: FlaskClient, house: House, waiting: Subscription, clock: Traveller
) -> None:
    clock.shift(timedelta(minutes=4))
    soon = path(part, waiting, house.signer)
    clock.shift(timedelta(minutes=2))
    later = path(part, waiting, house.signer)
    clock.shift(-timedelta(minutes=6))

    assert client.post(later, data=PRESSED.get(part)).status_code == 404
    assert client.post(soon, data=PRESSED.get(part)).status_code == 200


@pytest.mark.parametrize("part", LINKS)
def test_all_variants_of_one_signature_make_one_transition(
    part: str, client: FlaskClient, house: House, waiting: Subscription
) -> None:
    link = path(part, waiting, house.signer)
    variants = [link, f"{link}=", f"{link}==", *(link[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")]

    statuses = [client.post(variant, data=PRESSED.get(part)).status_code for variant in variants]

    assert statuses.count(200) >= 3
    assert set(statuses) <= {200, 404}
    assert events() == 1


@pytest.mark.parametrize("part", LINKS)
def test_twenty_presses_at_once_make_one_transition_and_are_all_answered(
    part: str, app: Flask, house: House, waiting: Subscription
) -> None:
    link, statuses, start = path(part, waiting, house.signer), [], Barrier(20)

    def press() -> None:
        start.wait()
        statuses.append(app.test_client().post(link, data=PRESSED.get(part)).status_code)

    threads = [Thread(target=press) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 20
    assert events() == 1


@pytest.mark.parametrize("part", LINKS)
def test_keys_are_changed_without_breaking_a_link_and_a_removed_key_breaks_it(
    part: str, settings: Settings, house: House, waiting: Subscription
) -> None:
    link = path(part, waiting, house.signer)
    old, new = settings.secret_keys[0], "a-new-key-0123456789abcdefghijklmn"

    with running(settings, new) as client:
        assert client.get(link).status_code == 404
    with running(settings, new, old) as client:
        assert [client.get(link).status_code, client.post(link, data=PRESSED.get(part)).status_code] == [200, 200]


def events() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(ConsentEvent)) or 0


@contextmanager
def running(settings: Settings, *keys: str) -> Iterator[FlaskClient]:
    """The same installation, started with other keys."""
    again = create_app(replace(settings, secret_keys=keys))
    again.config.update(SERVER_NAME="letters.example.org", PREFERRED_URL_SCHEME="https")
    yield again.test_client()
    with again.app_context():
        db.engine.dispose()
