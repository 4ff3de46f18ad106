"""In by the publisher's own provider: only who is an operator, and only by an answer that was meant for us now."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import InvalidInput
from newsletter.mail.house import House
from newsletter.operators.models import AuditEvent, Operator
from newsletter.operators.policy import CHALLENGE_LIFE, Role
from newsletter.operators.queries import find_visit, powers
from newsletter.operators.service import (
    Browser,
    Entered,
    Returned,
    ask_provider,
    enter_by_provider,
    remove_operator,
)
from tests import make
from tests.operators.provider import Provider, known, running

pytestmark = pytest.mark.loopback

HERE = Browser("192.0.2.1", "Firefox")
INES = "ines@desk.example"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as provider:
        yield provider


def returned(provider: Provider, house: House, address: str = INES, **lies: str) -> Returned:
    """What comes back with the browser of somebody who has this address there; `lies` go over it."""
    sent = ask_provider("/console/audit", house)
    said = {**provider.let_in(sent.url, address), **lies}
    return Returned(lies.get("token", sent.token), said["state"], said["code"], said["iss"])


def come(provider: Provider, house: House, address: str = INES, **lies: str) -> Entered:
    return enter_by_provider(returned(provider, house, address, **lies), HERE, house)[0]


def refused(provider: Provider, house: House, address: str = INES, **lies: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        come(provider, house, address, **lies)
    return str(caught.value)


def test_an_operator_comes_in_by_the_address_that_the_provider_has_verified(
    app: Flask, house: House, provider: Provider
) -> None:
    who, house = make.operator(house, Role.EDITOR, address=INES), known(house, provider)

    entered, wished = enter_by_provider(returned(provider, house), HERE, house)

    assert (entered.operator.id, entered.needs_factor, wished) == (who.id, False, "/console/audit")
    assert find_visit(entered.key, now())
    assert powers(who.id).house is Role.EDITOR
    said = db.session.scalars(select(AuditEvent.what).order_by(AuditEvent.id.desc())).first()
    assert said == "logged in by OpenID Connect"


@pytest.mark.parametrize("ways", [["client_secret_basic"], ["private_key_jwt", "client_secret_post"], None])
def test_the_secret_is_told_as_the_provider_takes_it(
    app: Flask, house: House, provider: Provider, ways: list[str] | None
) -> None:
    make.operator(house, address=INES)
    provider.told = {"token_endpoint_auth_methods_supported": ways}

    assert come(provider, known(house, provider)).key


def test_a_secret_may_have_any_letters(app: Flask, house: House, provider: Provider) -> None:
    make.operator(house, address=INES)
    provider.secret = "a secret: with %20, + and ü"

    assert come(provider, known(house, provider)).key


def test_an_address_is_the_same_however_it_is_written(app: Flask, house: House, provider: Provider) -> None:
    make.operator(house, address=INES)

    assert come(provider, known(house, provider), "Ines@DESK.example").key


def test_nobody_is_made_an_operator(app: Flask, house: House, provider: Provider) -> None:
    make.operator(house)
    before = db.session.scalars(select(Operator.id)).all()

    assert "not among the operators" in refused(provider, known(house, provider), "stranger@desk.example")
    assert db.session.scalars(select(Operator.id)).all() == before


def test_who_was_removed_comes_in_no_more(app: Flask, house: House, provider: Provider) -> None:
    make.operator(house)
    remove_operator(make.operator(house, address=INES).id, None)

    assert "not among the operators" in refused(provider, known(house, provider))


@pytest.mark.parametrize("verified", [False, None, "true", 1, "false", [True], {"yes": True}])
def test_an_address_that_is_not_verified_is_nobodys(
    app: Flask, house: House, provider: Provider, verified: object
) -> None:
    make.operator(house, address=INES)
    provider.claims = {"email_verified": verified}

    assert "has not verified" in refused(provider, known(house, provider))


@pytest.mark.parametrize("email", ["", "no address", [INES], {"x": 1}, 7, INES + "\0", "a" * 9000])
def test_what_is_no_address_is_nobodys(app: Flask, house: House, provider: Provider, email: object) -> None:
    make.operator(house, address=INES)
    provider.claims = {"email": email}

    assert "not among the operators" in refused(provider, known(house, provider))


LONG_AGO, FAR_AWAY = 1_600_000_000, 4_000_000_000


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody-else"},
        {"aud": ["newsletter", "somebody-else"], "azp": "somebody-else"},
        {"aud": ["newsletter", "somebody-else"]},
        {"aud": None},
        {"aud": []},
        {"azp": "somebody-else"},
        {"iss": "https://login.evil.example"},
        {"iss": None},
        {"exp": LONG_AGO},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": FAR_AWAY, "exp": FAR_AWAY + 300},
        {"iat": None},
        {"nbf": FAR_AWAY},
        {"sub": None},
        {"at_hash": "bm90IHRoZSBoYXNo"},
    ],
    ids=str,
)
def test_an_answer_that_was_not_meant_for_us_now_opens_nothing(
    app: Flask, house: House, provider: Provider, claims: dict[str, Any]
) -> None:
    make.operator(house, address=INES)
    provider.claims = claims

    assert "begin again" in refused(provider, known(house, provider))


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(_provider: Provider, claims: Mapping[str, Any]) -> str:
    return f"{part({'alg': 'none'})}.{part(claims)}."


def by_public_key(provider: Provider, claims: Mapping[str, Any]) -> str:
    """HS256, with what everybody knows as its secret."""
    head = f"{part({'alg': 'HS256', 'kid': '2026'})}.{part(claims)}"
    secret = provider.key.as_pem(private=False)
    signature = hmac.digest(secret, head.encode(), hashlib.sha256)
    return f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def by_another(_provider: Provider, claims: Mapping[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "2026"}, dict(claims), RSAKey.generate_key(2048))


def by_its_own_header(_provider: Provider, claims: Mapping[str, Any]) -> str:
    key = ECKey.generate_key("P-256")
    return jwt.encode({"alg": "ES256", "jwk": key.as_dict(private=False)}, dict(claims), key)


def changed(provider: Provider, claims: Mapping[str, Any]) -> str:
    head, _, signature = jwt.encode({"alg": "RS256", "kid": "2026"}, {"sub": "x"}, provider.key).split(".")
    return f"{head}.{part(claims)}.{signature}"


@pytest.mark.parametrize(
    "sign", [unsigned, by_public_key, by_another, by_its_own_header, changed, lambda *_: "x", lambda *_: "." * 900]
)
def test_an_answer_that_the_provider_has_not_signed_opens_nothing(
    app: Flask, house: House, provider: Provider, sign: Callable[[Provider, Mapping[str, Any]], str]
) -> None:
    make.operator(house, address=INES)
    provider.sign = sign

    assert "begin again" in refused(provider, known(house, provider))


@pytest.mark.parametrize(
    "lies",
    [
        {"state": "another"},
        {"state": ""},
        {"state": "ünknown"},
        {"code": ""},
        {"code": "never-given"},
        {"token": ""},
        {"iss": "https://login.evil.example"},
    ],
    ids=str,
)
def test_a_browser_that_was_not_sent_there_from_here_is_not_let_in(
    app: Flask, house: House, provider: Provider, lies: dict[str, str]
) -> None:
    make.operator(house, address=INES)

    assert "begin again" in refused(provider, known(house, provider), **lies)


def test_what_came_back_is_taken_once(app: Flask, house: House, provider: Provider) -> None:
    make.operator(house, address=INES)
    house = known(house, provider)
    brought = returned(provider, house)
    enter_by_provider(brought, HERE, house)
    fresh = provider.let_in(ask_provider("", house).url, INES)["code"]

    # Also with a code that the provider has not seen yet.
    for again in (brought, replace(brought, code=fresh)):
        with pytest.raises(InvalidInput, match="begin again"):
            enter_by_provider(again, HERE, house)


def test_a_code_of_somebody_elses_attempt_is_none_of_mine(app: Flask, house: House, provider: Provider) -> None:
    make.operator(house, address=INES)
    house = known(house, provider)
    theirs = returned(provider, house)
    mine = returned(provider, house)

    with pytest.raises(InvalidInput, match="begin again"):
        enter_by_provider(replace(mine, code=theirs.code), HERE, house)


def test_one_has_five_minutes(app: Flask, house: House, provider: Provider, clock: time_machine.Traveller) -> None:
    make.operator(house, address=INES)
    house = known(house, provider)
    brought = returned(provider, house)
    clock.shift(CHALLENGE_LIFE + timedelta(seconds=1))

    with pytest.raises(InvalidInput, match="took too long"):
        enter_by_provider(brought, HERE, house)
