"""The publisher's own OpenID Connect provider: what is asked of it, and how its answers are judged.

The one place that speaks to Authlib and joserfc. All of the network goes through the guarded fetcher.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hmac import compare_digest
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from newsletter.core.clock import now
from newsletter.core.errors import InvalidInput, SourceError
from newsletter.core.fetcher import Fetcher, parse_url
from newsletter.core.logs import logger
from newsletter.core.settings import HostPort, Settings
from newsletter.core.words import said
from newsletter.operators.policy import PROVIDER_LEEWAY, PROVIDER_SECONDS, SIGNED_BY

if TYPE_CHECKING:
    from authlib.oauth2.client import OAuth2Client

BACK = "/console/login/provider/back"
SCOPE = "openid email"

UNUSABLE = said("What your provider answers cannot be used here. Please begin again.")
SILENT = said("The provider does not answer, or not with what is needed.")

_ASK_AGAIN = 60.0
"""Seconds for which a process keeps what a provider says of itself, and that it said nothing."""

log = logger(__name__)


@dataclass(frozen=True)
class Secrets:
    """What only this browser's attempt has: `state` comes back by the browser, `nonce` in the signed answer,
    `verifier` is shown to the provider alone (PKCE, RFC 7636)."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Person:
    """Whom the provider has let in, and the address that it says it has verified; "" where it has not."""

    subject: str
    address: str


class Provider:
    """The provider of these settings. Raises SourceError from whatever asks it while it does not answer."""

    def __init__(self, settings: Settings) -> None:
        place = parse_url(settings.oidc_issuer)
        self._settings = settings
        # The operator named the issuer, so it may be of the own network; what it names elsewhere may not be.
        self._allow = (HostPort(place.host, place.port), *settings.fetch_allow)
        self._fetcher = Fetcher(self._allow, seconds=PROVIDER_SECONDS)

    def url(self, secrets: Secrets) -> str:
        """Where to send the browser. Raises SourceError."""
        endpoint = self._endpoint("authorization_endpoint")
        url, _ = self._client().create_authorization_url(
            endpoint, state=secrets.state, code_verifier=secrets.verifier, nonce=secrets.nonce
        )
        return str(url)

    def refuses(self, issuer: str) -> bool:
        """Whether the `iss` that came back with the browser is another one, or is missing (RFC 9207)."""
        if issuer:
            return not compare_digest(issuer.encode(), self._settings.oidc_issuer.encode())
        return self._told().get("authorization_response_iss_parameter_supported") is True

    def person(self, code: str, secrets: Secrets) -> Person:
        """Who it is, for the code that came back. Raises InvalidInput for whatever cannot be believed."""
        try:
            token = self._client().fetch_token(
                self._endpoint("token_endpoint"),
                grant_type="authorization_code",
                code=code,
                code_verifier=secrets.verifier,
            )
            claims = self._believed(token, secrets.nonce)
            said = claims if "email" in claims else self._asked_of_user_info(token, claims["sub"])
            address = said.get("email") if said.get("email_verified") is True else ""
            return Person(str(claims["sub"]), address if isinstance(address, str) else "")
        # What a provider says goes through parsers of JSON and JOSE, which fail in more ways than they name.
        except Exception as error:
            log.warning("provider refused", because=f"{type(error).__name__}: {error}"[:200])
            raise InvalidInput(UNUSABLE) from error

    def _believed(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """The claims of the signed answer, checked as OpenID Connect Core §3.1.3.7 has it."""
        from authlib.oidc.core import CodeIDToken  # noqa: PLC0415 - for those alone who have a provider.
        from joserfc import jwt  # noqa: PLC0415 - as above.
        from joserfc.jwk import KeySet  # noqa: PLC0415 - as above.

        keys = KeySet.import_key_set(self._json(self._endpoint("jwks_uri")))  # type: ignore[arg-type]
        # Never one that is signed with what everybody knows, or with nothing (RFC 8725 §3.1).
        signed = jwt.decode(str(token["id_token"]), keys, algorithms=SIGNED_BY)
        client = self._settings.oidc_client_id
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            options={
                "iss": {"essential": True, "value": self._settings.oidc_issuer},
                "aud": {"essential": True, "value": client},
            },
            params={"nonce": nonce, "client_id": client, "access_token": token.get("access_token")},
        )
        claims.validate(now=int(now().timestamp()), leeway=PROVIDER_LEEWAY)
        return claims  # type: ignore[no-any-return]  # Authlib ships no types.

    def _asked_of_user_info(self, token: Mapping[str, Any], subject: str) -> Mapping[str, Any]:
        """Where the signed answer has no address, that of the person it is about (OpenID Connect Core §5.3)."""
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        said = self._json(self._endpoint("userinfo_endpoint"), bearer)
        return said if said.get("sub") == subject else {}

    def _client(self) -> "OAuth2Client":
        from authlib.oauth2.client import OAuth2Client  # noqa: PLC0415 - as above.

        ways = self._told().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        # In a form it is plain how a secret is encoded; in the header providers do not agree.
        way = "client_secret_post" if "client_secret_post" in ways else "client_secret_basic"
        return OAuth2Client(
            _Line(self._fetcher),
            client_id=self._settings.oidc_client_id,
            client_secret=self._settings.oidc_client_secret,
            token_endpoint_auth_method=way,
            scope=SCOPE,
            redirect_uri=self._settings.base_url + BACK,
            code_challenge_method="S256",
        )

    def _endpoint(self, name: str) -> str:
        """An address that the provider names; as well encrypted as the issuer. Raises SourceError."""
        url = self._told().get(name)
        if not isinstance(url, str) or (self._is_encrypted and urlsplit(url).scheme != "https"):
            raise SourceError(SILENT)
        parse_url(url)
        return url

    @property
    def _is_encrypted(self) -> bool:
        return self._settings.oidc_issuer.startswith("https:")

    def _told(self) -> Mapping[str, Any]:
        told = _discovered(self._settings.oidc_issuer, self._allow, int(monotonic() / _ASK_AGAIN))
        if told is None:
            raise SourceError(SILENT)
        return told

    def _json(self, url: str, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        return _object(self._fetcher.exchange(url, {"Accept": "application/json", **(headers or {})}).body)


class _Line:
    """What Authlib takes for a session: its questions go through the guarded fetcher."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> "_Answer":  # noqa: ANN401 - Authlib ships no types.
        url, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return _Answer(self._fetcher.exchange(url, sent, body.encode()).body)


@dataclass(frozen=True)
class _Answer:
    """As much of an answer as Authlib looks at; the fetcher lets no other status through."""

    body: bytes
    status_code: int = 200

    def json(self) -> Mapping[str, Any]:
        return _object(self.body)

    def raise_for_status(self) -> None:
        """Nothing to raise: it is a 200."""


@lru_cache(maxsize=4)
def _discovered(issuer: str, allow: tuple[HostPort, ...], _minute: int) -> Mapping[str, Any] | None:
    """What the provider says of itself (OpenID Connect Discovery §4), once a minute; None if nothing of use."""
    url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        told = _object(Fetcher(allow, seconds=PROVIDER_SECONDS).exchange(url, {"Accept": "application/json"}).body)
    except (SourceError, ValueError, TypeError, RecursionError) as error:
        log.warning("provider is silent", because=str(error)[:200])
        return None
    if told.get("issuer") != issuer:
        log.warning("provider calls itself otherwise", issuer=str(told.get("issuer"))[:200])
        return None
    return told


def _object(body: bytes) -> Mapping[str, Any]:
    """Raises ValueError for what is no JSON, TypeError for what is no object."""
    said = json.loads(body)
    if not isinstance(said, dict):
        problem = "The answer is no object."
        raise TypeError(problem)
    return said
