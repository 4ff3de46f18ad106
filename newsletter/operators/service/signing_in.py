"""Getting in by the publisher's own OpenID Connect provider: only who is an operator already."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from newsletter.core.addresses import parse
from newsletter.core.db import transaction
from newsletter.core.errors import InvalidAddress, InvalidInput
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.operators.models import Operator
from newsletter.operators.policy import LONGEST_WISH, must_add_factor
from newsletter.operators.queries import find_by_login, has_second_step, operator, powers
from newsletter.operators.service import challenges
from newsletter.operators.service.counting import forgive, note_try
from newsletter.operators.service.provider import UNUSABLE, Person, Provider, Secrets
from newsletter.operators.service.staying import Browser, Entered, begin

PURPOSE = "sign in"
BY_PROVIDER = "by OpenID Connect"

UNKNOWN = said(
    "You are not among the operators here, or your provider has not verified your address. Ask an owner."
)

log = logger(__name__)


@dataclass(frozen=True)
class Sent:
    """`url` is where the browser goes, `token` for its session."""

    url: str
    token: str


@dataclass(frozen=True)
class Returned:
    """What the browser brought back from the provider: `issuer` is "" where none was named."""

    token: str
    state: str
    code: str
    issuer: str = ""


def ask_provider(wished: str, house: House) -> Sent:
    """Send a browser to the provider; `wished` is the page it came for. Raises SourceError."""
    challenge = challenges.make(PURPOSE, {"w": wished if len(wished) <= LONGEST_WISH else ""}, house)
    return Sent(Provider(house.settings).url(_secrets(challenge.text, house)), challenge.token)


def enter_by_provider(returned: Returned, browser: Browser, house: House) -> tuple[Entered, str]:
    """Begin a session, and the page that was wished for.

    The provider stands for password and second factor. Where the rule of the house asks for one, it stands for the
    password only. Raises InvalidInput, SourceError, and TooManyTries.
    """
    tried = note_try(f"provider:{returned.state}", browser.ip, house.settings.pepper)
    claims = challenges.spend(PURPOSE, returned.token, house)
    secrets, provider = _secrets(claims["c"], house), Provider(house.settings)
    is_ours = hmac.compare_digest(secrets.state.encode(), returned.state.encode())
    if not is_ours or not returned.code or provider.refuses(returned.issuer):
        log.warning("provider's answer refused", ip=browser.ip)
        raise InvalidInput(UNUSABLE)
    found = _operator_of(provider.person(returned.code, secrets))
    with transaction():
        forgive(tried)
        one = operator(found.id)
        rule = house.settings.second_factor
        needs_more = must_add_factor(powers(one.id), rule) and has_second_step(one, rule)
        return begin(one, browser, is_complete=not needs_more, way=BY_PROVIDER), str(claims["w"])


def _operator_of(person: Person) -> Operator:
    try:
        found = find_by_login(parse(person.address).identity) if person.address else None
    except InvalidAddress:
        found = None
    if found is None:
        log.warning("provider let in somebody who is no operator", subject=person.subject[:100])
        raise InvalidInput(UNKNOWN)
    return found


def _secrets(text: str, house: House) -> Secrets:
    """All three from what the session holds; without the pepper nobody makes one from another."""

    def made(what: str) -> str:
        digest = hmac.digest(house.settings.pepper.encode(), f"newsletter.{what}:{text}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    return Secrets(made("state"), made("nonce"), made("verifier"))
