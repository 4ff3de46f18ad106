"""The links that mails about a subscription carry: what their tokens say, and how long they live."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.core.errors import LinkDamaged
from newsletter.core.tokens import Signer, Token
from newsletter.delivery.links import Link
from newsletter.mail.house import House

CONFIRM = "confirm"
UNSUBSCRIBE = "unsubscribe"
NEVER = "never"
PREFERENCES = "preferences"
ACCOUNT = "account"
STILL = "still"
EMAIL_CHANGE = "email-change"

ACCOUNT_FOR = timedelta(hours=24)
"""How long a fresh link works."""

CHANGE_FOR = timedelta(hours=24)
"""How long the link works by which a new address is proven."""

_LARGEST = {"s": 2**63, "n": 2**31, "e": 2**63, "c": 2**63, "f": 2**63}
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class Requested:
    """What a confirmation link confirms: by newsletter, the nonce its subscription must still have."""

    subscriber_id: int
    nonces: Mapping[int, str]


@dataclass(frozen=True)
class Named:
    """The subscription that an unsubscribe link names, and the edition it stood in."""

    subscriber_id: int
    newsletter_id: int
    edition_id: int | None = None


@dataclass(frozen=True)
class Own:
    """Whose page a link opens, when it was made, and of which newsletter alone; None for all of them.

    `wish` is what they wanted to follow, as numbers of `Followable`.
    """

    subscriber_id: int
    signed_at: datetime
    newsletter_id: int | None = None
    wish: Sequence[int] = ()


@dataclass(frozen=True)
class Changing:
    """Whose address a link changes, and which wish for it that answers."""

    subscriber_id: int
    change_id: int


@dataclass(frozen=True)
class Reader:
    """Reads tokens that came back; `confirm_within` is how long a confirmation link works.

    An unsubscribe link works for ever.
    """

    signer: Signer
    confirm_within: timedelta

    def confirmation(self, token: str, now: datetime) -> Requested:
        """Raises LinkDamaged or LinkExpired."""
        read = self.signer.read(CONFIRM, token, now=now, max_age=self.confirm_within)
        nonces = read.claims.get("n")
        if not isinstance(nonces, dict) or not all(_NUMBER.fullmatch(each) for each in nonces):
            raise LinkDamaged(CONFIRM)
        return Requested(
            subscriber_id=_number(read, "s", CONFIRM),
            nonces={int(newsletter_id): str(nonce) for newsletter_id, nonce in nonces.items()},
        )

    def unsubscription(self, token: str, now: datetime) -> Named:
        """Raises LinkDamaged."""
        read = self.signer.read(UNSUBSCRIBE, token, now=now, max_age=None)
        return Named(
            subscriber_id=_number(read, "s", UNSUBSCRIBE),
            newsletter_id=_number(read, "n", UNSUBSCRIBE),
            edition_id=_number(read, "e", UNSUBSCRIBE) if "e" in read.claims else None,
        )

    def never(self, token: str, now: datetime) -> int:
        """The subscriber who wants no mail at all, by a link that works for ever. Raises LinkDamaged."""
        return _number(self.signer.read(NEVER, token, now=now, max_age=None), "s", NEVER)

    def preferences(self, token: str, now: datetime) -> Own:
        """Whose page it is; it works for ever. Raises LinkDamaged."""
        read = self.signer.read(PREFERENCES, token, now=now, max_age=None)
        newsletter_id = _number(read, "n", PREFERENCES) if "n" in read.claims else None
        return Own(_number(read, "s", PREFERENCES), read.signed_at, newsletter_id)

    def still(self, token: str, now: datetime) -> int:
        """The subscriber who was asked whether to go on, by a link that works for ever. Raises LinkDamaged."""
        return _number(self.signer.read(STILL, token, now=now, max_age=None), "s", STILL)

    def account(self, token: str, now: datetime) -> Own:
        """To whom a fresh link was mailed. Raises LinkDamaged, LinkExpired."""
        read = self.signer.read(ACCOUNT, token, now=now, max_age=ACCOUNT_FOR)
        wish = read.claims.get("f", [])
        if not isinstance(wish, list):
            raise LinkDamaged(ACCOUNT)
        numbers = [_within(each, "f", ACCOUNT) for each in wish]
        return Own(_number(read, "s", ACCOUNT), read.signed_at, wish=numbers)

    def email_change(self, token: str, now: datetime) -> Changing:
        """Raises LinkDamaged, LinkExpired."""
        read = self.signer.read(EMAIL_CHANGE, token, now=now, max_age=CHANGE_FOR)
        return Changing(_number(read, "s", EMAIL_CHANGE), _number(read, "c", EMAIL_CHANGE))


def reader(house: House) -> Reader:
    return Reader(house.signer, house.settings.confirm_within)


def confirm_link(base_url: str, nonces: Mapping[int, str]) -> Link:
    return Link(CONFIRM, f"{base_url}/confirm/", {"n": {str(key): nonce for key, nonce in nonces.items()}})


def unsubscribe_link(base_url: str, newsletter_id: int, edition_id: int | None = None) -> Link:
    """The link that ends the subscription; `edition_id` is the edition it stands in, None for other mails."""
    claims = {"n": newsletter_id} if edition_id is None else {"n": newsletter_id, "e": edition_id}
    return Link(UNSUBSCRIBE, f"{base_url}/unsubscribe/", claims)


def preferences_link(base_url: str) -> Link:
    """The link to the page with which one changes what one gets."""
    return Link(PREFERENCES, f"{base_url}/preferences/")


def account_link(base_url: str, wish: Sequence[int] = ()) -> Link:
    """The link for what a forwarded mail must not be able to do; `wish` is what its page then asks about."""
    return Link(ACCOUNT, f"{base_url}/account/", {"f": list(wish)} if wish else {})


def still_link(base_url: str) -> Link:
    """The link with which whoever is asked says that it shall go on."""
    return Link(STILL, f"{base_url}/still/")


def change_link(base_url: str, change_id: int) -> Link:
    """The link with which whoever reads a new address says that it is theirs."""
    return Link(EMAIL_CHANGE, f"{base_url}/email-change/", {"c": change_id})


def narrow_token(named: Named, house: House, at: datetime) -> str:
    """For the preferences of one newsletter alone: whoever can leave it may also have it less often."""
    return house.signer.sign(PREFERENCES, {"n": named.newsletter_id, "s": named.subscriber_id}, at=at)


def new_nonce() -> str:
    """What a confirmation link must carry."""
    return secrets.token_urlsafe(12)


def never_link(base_url: str) -> Link:
    """The link with which whoever is asked says that this house shall never write again."""
    return Link(NEVER, f"{base_url}/never/")


def _number(token: Token, claim: str, purpose: str) -> int:
    return _within(token.claims.get(claim), claim, purpose)


def _within(found: object, claim: str, purpose: str) -> int:
    # A number that the database could not hold would be a mistake of ours; True is a number to Python.
    if not isinstance(found, int) or isinstance(found, bool) or not 0 < found < _LARGEST[claim]:
        raise LinkDamaged(purpose)
    return found
