"""Suppressions in the console: listed page by page, found, added, and lifted as the rules allow."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from newsletter.core.addresses import parse
from newsletter.mail.house import House
from newsletter.operators.policy import Role
from newsletter.subscriptions.queries import suppressed as pages
from newsletter.subscriptions.queries.suppressed import suppressed
from newsletter.suppressions.models import Reason
from newsletter.suppressions.queries import find_suppression
from newsletter.suppressions.service import suppress
from tests import make

WHY = "asked for it by letter"


def key_of(address: str, house: House) -> str:
    return parse(address).key(house.settings.pepper)


def test_a_list_has_each_once_newest_first(house: House, clock: Traveller) -> None:
    keys = []
    for number in range(pages.PAGE + 7):
        clock.shift(timedelta(seconds=number % 3))
        keys.append(suppress(key_of(f"r{number}@example.org", house), Reason.HARD_BOUNCE).address_key)
    suppress(key_of("ann@example.org", house), Reason.COMPLAINT)

    first, behind = suppressed(Reason.HARD_BOUNCE)
    second, end = suppressed(Reason.HARD_BOUNCE, behind)

    listed = [each.suppression.address_key for each in (*first, *second)]
    assert (len(first), len(second), end) == (pages.PAGE, 7, "")
    assert sorted(listed) == sorted(keys)
    moments = [each.suppression.created_at for each in (*first, *second)]
    assert moments == sorted(moments, reverse=True)


def test_an_address_is_suppressed_found_and_let_go(operator: FlaskClient, house: House) -> None:
    added = make.press(operator, "/console/suppressions", email="Ann@Example.org", because=WHY)
    found = make.press(operator, "/console/suppressions/find", email="ann@example.org")
    lifted = make.press(operator, f"{added.location}/lift", because="it was a mistake of ours")

    assert added.location == found.location
    assert "ann" not in added.location.lower()
    assert lifted.status_code == 303
    assert find_suppression(key_of("ann@example.org", house)) is None


def test_words_of_a_server_are_only_ever_text(operator: FlaskClient, house: House) -> None:
    key = suppress(key_of("a@example.org", house), Reason.HARD_BOUNCE, "<script>alert(1)</script>").address_key

    for path in ("/console/suppressions", f"/console/suppressions/{key}"):
        assert "<script>alert" not in operator.get(path).text
        assert "&lt;script&gt;" in operator.get(path).text


def test_a_wrong_address_or_key_says_so(operator: FlaskClient) -> None:
    wrong = make.press(operator, "/console/suppressions", email="nobody", because=WHY)

    assert wrong.status_code == 422
    assert operator.get("/console/suppressions/nonsense").status_code == 404
    assert operator.get("/console/suppressions?before=%27%20OR%201&reason=%27").status_code == 200


def test_it_is_the_whole_houses_list(app: Flask, house: House) -> None:
    make.newsletter("tide")
    client = make.log_in(app.test_client(), make.operator(house, Role.OWNER, "tide"), house)

    assert client.get("/console/suppressions").status_code == 403
    assert make.press(client, "/console/suppressions", email="a@example.org", because=WHY).status_code == 403


def test_who_may_only_look_cannot_lift(app: Flask, house: House) -> None:
    key = suppress(key_of("a@example.org", house), Reason.HARD_BOUNCE).address_key
    client = make.log_in(app.test_client(), make.operator(house, Role.EDITOR), house)

    assert make.press(client, f"/console/suppressions/{key}/lift", because=WHY).status_code == 403
    assert find_suppression(key)
