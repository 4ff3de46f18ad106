"""A publisher's OpenID Connect provider on loopback: it checks what it is asked, and lies where it is told to."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, Response, abort, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.wrappers import Response as AnyResponse

from newsletter.core.clock import now
from newsletter.demo.serving import LoopbackServer
from newsletter.mail.house import House

CLIENT = "newsletter"

Signing = Callable[["Provider", Mapping[str, Any]], str]


@dataclass
class Provider:
    """`claims` go over those of the signed answer, None takes one away; `told` over what it says of itself.

    `person` is the address of whoever comes with a browser of their own, and `back` where it sends them.
    """

    issuer: str = ""
    secret: str = "a-secret-of-letters-and-digits-1"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "2026", "use": "sig"}))
    claims: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    token: dict[str, Any] = field(default_factory=dict)
    user_info: dict[str, Any] = field(default_factory=dict)
    sign: Signing | None = None
    back: str = "https://letters.example.org/console/login/provider/back"
    person: str = ""
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def let_in(self, url: str, address: str) -> dict[str, str]:
        """Somebody logs in there, having followed the link; what their browser brings back."""
        wanted = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert wanted["response_type"] == "code"
        assert (wanted["client_id"], wanted["redirect_uri"]) == (CLIENT, self.back)
        assert wanted["code_challenge_method"] == "S256"
        assert set(wanted["scope"].split()) == {"openid", "email"}
        code = secrets.token_urlsafe(12)
        self.codes[code] = {**wanted, "address": address}
        return {"state": wanted["state"], "code": code, "iss": self.issuer}

    def signed(self, wanted: Mapping[str, str]) -> str:
        moment = int(now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": "248289761001",
            "aud": CLIENT,
            "exp": moment + 300,
            "iat": moment,
            "nonce": wanted["nonce"],
            "email": wanted["address"],
            "email_verified": True,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.sign:
            return self.sign(self, claims)
        return jwt.encode({"alg": "RS256", "kid": "2026"}, claims, self.key)

    def site(self) -> Flask:
        site = Flask("provider")
        site.add_url_rule("/.well-known/openid-configuration", view_func=self._discovery)
        site.add_url_rule("/authorize", view_func=self._authorize)
        site.add_url_rule("/token", view_func=self._token, methods=["POST"])
        site.add_url_rule("/keys", view_func=self._keys)
        site.add_url_rule("/me", view_func=self._me)
        return site

    def _discovery(self) -> Response:
        self.asked.append("discovery")
        places = {
            "authorization_endpoint": "authorize", "token_endpoint": "token",
            "jwks_uri": "keys", "userinfo_endpoint": "me",
        }  # fmt: skip
        endpoints = {name: f"{self.issuer}/{place}" for name, place in places.items()}
        ways = ["client_secret_basic", "client_secret_post"]
        return jsonify(
            {"issuer": self.issuer, "token_endpoint_auth_methods_supported": ways, **endpoints, **self.told}
        )

    def _authorize(self) -> AnyResponse:
        """Whoever comes is `person`, and is asked nothing."""
        return redirect(f"{self.back}?{urlencode(self.let_in(request.url, self.person))}")

    def _token(self) -> Response:
        self.asked.append("token")
        wanted = self.codes.pop(request.form["code"], None)
        if wanted is None:
            return _refusal("invalid_grant")
        if not self._is_client() or request.form["redirect_uri"] != self.back:
            return _refusal("invalid_client")
        if _challenge(request.form["code_verifier"]) != wanted["code_challenge"]:
            return _refusal("invalid_grant")
        said = {"access_token": "at-1", "token_type": "Bearer", "id_token": self.signed(wanted), **self.token}
        return jsonify({name: value for name, value in said.items() if value is not None})

    def _keys(self) -> Response:
        self.asked.append("keys")
        unknown = {"kty": "PQC", "kid": "tomorrow"}
        return jsonify({"keys": [unknown, self.key.as_dict(private=False)]})

    def _me(self) -> Response:
        self.asked.append("me")
        if request.headers.get("Authorization") != "Bearer at-1":
            abort(401)
        return jsonify(self.user_info)

    def _is_client(self) -> bool:
        if request.authorization:
            said = (request.authorization.username, request.authorization.password)
        else:
            said = (request.form.get("client_id"), request.form.get("client_secret"))
        return said == (CLIENT, self.secret)


def _refusal(error: str) -> Response:
    return Response(json.dumps({"error": error}), 400, mimetype="application/json")


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@contextmanager
def running() -> Iterator[Provider]:
    provider = Provider()
    with LoopbackServer(provider.site(), 0) as server:
        provider.issuer = server.url.rstrip("/")
        yield provider


def known(house: House, provider: Provider, **settings: Any) -> House:  # noqa: ANN401 - settings of all kinds.
    """The house, with this provider among its settings."""
    chosen = {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": provider.secret,
        **settings,
    }
    return replace(house, settings=replace(house.settings, **chosen))
