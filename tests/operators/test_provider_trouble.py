"""A provider that is down, strange or elsewhere; a second factor beside it; and how often one may come from it."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask

from newsletter.core.clock import now
from newsletter.core.errors import InvalidInput, SourceError, TooManyTries
from newsletter.mail.house import House
from newsletter.operators.models import Operator
from newsletter.operators.policy import MOST_OF_NETWORK, Role
from newsletter.operators.queries import find_visit
from newsletter.operators.service import (
    Browser,
    Entered,
    Returned,
    add_factor,
    ask_provider,
    enter_by_provider,
    pass_factor,
    propose,
)
from tests import make
from tests.core.servers import page, redirect, saying, serving
from tests.operators.passkeys import given
from tests.operators.provider import Provider, known, running

pytestmark = pytest.mark.loopback

HERE, ELSEWHERE = Browser("192.0.2.1", "Firefox"), Browser("198.51.100.7", "Safari")
INES = "ines@desk.example"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as provider:
        yield provider


def come(provider: Provider, house: House, browser: Browser = HERE) -> Entered:
    sent = ask_provider("", house)
    said = provider.let_in(sent.url, INES)
    return enter_by_provider(Returned(sent.token, said["state"], said["code"]), browser, house)[0]


def armed(who: Operator, house: House) -> pyotp.TOTP:
    setup = propose(who, "Letters", house)
    phone = pyotp.TOTP(setup.secret)
    add_factor(who, setup, phone.at(now() - timedelta(seconds=30)), HERE, house)
    return phone


def test_the_provider_stands_for_the_second_factor_where_no_rule_asks_for_one(
    app: Flask, house: House, provider: Provider
) -> None:
    armed(make.operator(house, address=INES), house)

    assert not come(provider, known(house, provider)).needs_factor


def test_where_the_rule_asks_for_it_the_second_factor_comes_after_the_provider(
    app: Flask, house: House, provider: Provider
) -> None:
    phone = armed(make.operator(house, address=INES), house)
    house = known(house, provider, second_factor="everybody")
    entered = come(provider, house)
    visit = find_visit(entered.key, now())
    assert visit
    assert (entered.needs_factor, visit.session.is_complete) == (True, False)

    assert pass_factor(visit, phone.now(), HERE, house).key


def test_a_passkey_too_comes_after_the_provider_where_the_rule_asks_for_it(
    app: Flask, house: House, provider: Provider
) -> None:
    given(make.operator(house, address=INES), house)

    assert come(provider, known(house, provider, second_factor="publishers")).needs_factor


def test_the_rule_is_that_of_their_role(app: Flask, house: House, provider: Provider) -> None:
    armed(make.operator(house, Role.EDITOR, address=INES), house)

    assert not come(provider, known(house, provider, second_factor="publishers")).needs_factor


def test_the_address_may_be_asked_for_where_the_signed_answer_has_none(
    app: Flask, house: House, provider: Provider
) -> None:
    make.operator(house, address=INES)
    provider.claims = {"email": None, "email_verified": None}
    provider.user_info = {"sub": "248289761001", "email": INES, "email_verified": True}

    assert come(provider, known(house, provider)).key
    assert "me" in provider.asked


@pytest.mark.parametrize(
    "said",
    [
        {"sub": "somebody-else", "email": INES, "email_verified": True},
        {"email": INES, "email_verified": True},
        {"sub": "248289761001", "email": INES, "email_verified": False},
        {"sub": "248289761001", "email": INES},
        {},
    ],
)
def test_an_address_of_somebody_else_or_of_nobody_is_none(
    app: Flask, house: House, provider: Provider, said: dict[str, Any]
) -> None:
    make.operator(house, address=INES)
    provider.claims = {"email": None, "email_verified": None}
    provider.user_info = said

    with pytest.raises(InvalidInput, match="not among the operators"):
        come(provider, known(house, provider))


def test_what_is_verified_elsewhere_does_not_verify_what_was_signed(
    app: Flask, house: House, provider: Provider
) -> None:
    make.operator(house, address=INES)
    provider.claims = {"email_verified": None}
    provider.user_info = {"sub": "248289761001", "email": INES, "email_verified": True}

    with pytest.raises(InvalidInput, match="has not verified"):
        come(provider, known(house, provider))


@pytest.mark.parametrize(
    "token", [{"id_token": None}, {"id_token": 7}, {"id_token": ["x"]}, {"error": "server_error"}], ids=str
)
def test_an_answer_without_a_signed_one_opens_nothing(
    app: Flask, house: House, provider: Provider, token: dict[str, Any]
) -> None:
    make.operator(house, address=INES)
    provider.token = token

    with pytest.raises(InvalidInput, match="begin again"):
        come(provider, known(house, provider))


def test_a_client_that_the_provider_does_not_know_opens_nothing(
    app: Flask, house: House, provider: Provider
) -> None:
    make.operator(house, address=INES)

    with pytest.raises(InvalidInput, match="begin again"):
        come(provider, known(house, provider, oidc_client_secret="another-secret"))


def test_what_calls_itself_otherwise_is_not_our_provider(app: Flask, house: House, provider: Provider) -> None:
    provider.told = {"issuer": "https://login.evil.example"}

    with pytest.raises(SourceError):
        ask_provider("", known(house, provider))


@pytest.mark.parametrize(
    "endpoint", [None, 7, "", "javascript:alert(1)", "file:///etc/passwd", "//x", "http://a:b@c/"]
)
def test_nobody_is_sent_to_what_is_no_address(
    app: Flask, house: House, provider: Provider, endpoint: object
) -> None:
    provider.told = {"authorization_endpoint": endpoint}

    with pytest.raises(SourceError):
        ask_provider("", known(house, provider))


def test_a_provider_that_says_who_it_is_must_say_so(app: Flask, house: House, provider: Provider) -> None:
    make.operator(house, address=INES)
    provider.told = {"authorization_response_iss_parameter_supported": True}

    with pytest.raises(InvalidInput, match="begin again"):
        come(provider, known(house, provider))


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"<html>", b"[" * 100_000, b"\xff"])
def test_a_provider_that_says_nothing_of_use_is_silent(app: Flask, house: House, body: bytes) -> None:
    with serving(saying(page(body))) as place, pytest.raises(SourceError):
        ask_provider("", known(house, Provider(issuer=f"http://{place}")))


def test_a_provider_that_is_down_is_asked_once_a_minute(app: Flask, house: House) -> None:
    asked: list[str] = []

    def refuse(line: socket.socket) -> None:
        asked.append("discovery")
        line.sendall(page(b"", status="503 Down"))

    with serving(refuse) as place:
        for _ in range(5):
            with pytest.raises(SourceError):
                ask_provider("", known(house, Provider(issuer=f"http://{place}")))

    # Two where a minute has just begun.
    assert len(asked) in {1, 2}


def test_no_redirect_is_followed_with_our_secret(app: Flask, house: House, provider: Provider) -> None:
    make.operator(house, address=INES)
    asked: list[bytes] = []
    with (
        serving(lambda line: asked.append(line.recv(9000)), reads_first=False) as thief,
        serving(saying(redirect(f"http://{thief}/", "307 Temporary Redirect"))) as elsewhere,
    ):
        provider.told = {"token_endpoint": f"http://{elsewhere}/token"}
        house = known(house, provider, fetch_allow=(elsewhere, thief))
        with pytest.raises(InvalidInput, match="begin again"):
            come(provider, house)

    assert asked == []


def test_what_the_provider_names_in_our_own_network_is_not_asked(
    app: Flask, house: House, provider: Provider
) -> None:
    make.operator(house, address=INES)
    asked: list[bytes] = []
    with serving(lambda line: asked.append(line.recv(9000)), reads_first=False) as place:
        provider.told = {"jwks_uri": f"http://{place}/keys"}
        with pytest.raises(InvalidInput, match="begin again"):
            come(provider, known(house, provider))

    assert asked == []


def test_from_one_network_one_may_not_come_with_junk_for_ever(
    app: Flask, house: House, provider: Provider
) -> None:
    make.operator(house, address=INES)
    house = known(house, provider)
    for each in range(MOST_OF_NETWORK):
        with pytest.raises(InvalidInput):
            enter_by_provider(Returned("", f"state{each}", "code"), HERE, house)

    with pytest.raises(TooManyTries):
        come(provider, house)
    assert provider.asked.count("token") == 0
    assert come(provider, house, ELSEWHERE).key


def test_keys_may_be_changed_between_two_logins(app: Flask, house: House, provider: Provider) -> None:
    make.operator(house, address=INES)
    house = known(house, provider)
    come(provider, house)
    provider.key = replace(Provider()).key

    assert come(provider, house).key
