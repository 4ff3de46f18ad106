"""The links that mails about a subscription carry: what their tokens say, and how long they live."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.core.errors import LinkDamaged
from newsletter.core.tokens import Signer, Token
from newsletter.delivery.links import Link

CONFIRM = "confirm"
UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True)
class Reader:
    """Reads tokens that came back; `confirm_within` is how long a confirmation link works.

    An unsubscribe link works for ever.
    """

    signer: Signer
    confirm_within: timedelta

    def confirmation(self, token: str, now: datetime) -> "Named":
        """Raises LinkDamaged or LinkExpired."""
        return _named(self.signer.read(CONFIRM, token, now=now, max_age=self.confirm_within), CONFIRM)

    def unsubscription(self, token: str, now: datetime) -> "Named":
        """Raises LinkDamaged."""
        return _named(self.signer.read(UNSUBSCRIBE, token, now=now, max_age=None), UNSUBSCRIBE)


@dataclass(frozen=True)
class Named:
    """The subscription that a token names; `nonce` "" in links that are no confirmation."""

    subscriber_id: int
    newsletter_id: int
    nonce: str = ""
    edition_id: int | None = None


def confirm_link(base_url: str, newsletter_id: int, nonce: str) -> Link:
    return Link(CONFIRM, f"{base_url}/confirm/", {"n": newsletter_id, "j": nonce})


def unsubscribe_link(base_url: str, newsletter_id: int, edition_id: int | None = None) -> Link:
    """The link that ends the subscription; `edition_id` is the edition it stands in, None for other mails."""
    claims = {"n": newsletter_id} if edition_id is None else {"n": newsletter_id, "e": edition_id}
    return Link(UNSUBSCRIBE, f"{base_url}/unsubscribe/", claims)


def _named(token: Token, purpose: str) -> Named:
    subscriber_id, newsletter_id = token.claims.get("s"), token.claims.get("n")
    if not isinstance(subscriber_id, int) or not isinstance(newsletter_id, int):
        raise LinkDamaged(purpose)
    edition_id = token.claims.get("e")
    return Named(
        subscriber_id,
        newsletter_id,
        nonce=str(token.claims.get("j", "")),
        edition_id=edition_id if isinstance(edition_id, int) else None,
    )
