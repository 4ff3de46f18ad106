"""What visitors ask of the web server, made beforehand: each by somebody else, with a token that is valid."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from sqlalchemy import Select, func, select

from newsletter.bench.visiting import BETWEEN
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.links import CONFIRM, UNSUBSCRIBE
from newsletter.subscriptions.models import Consent, ConsentEvent, SignUp, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.service.guarding import FORM

Errand = tuple[str, dict[str, str]]
"""A path, and the fields of the form that is sent there."""


@dataclass(frozen=True)
class Kind:
    """`make` makes so many errands at most; each is answered with `status` and adds one to all of `effects`."""

    name: str
    aim: int
    status: str
    make: Callable[[Newsletter, House, int], list[Errand]]
    effects: Callable[[], Sequence[int]]


def write_requests(path: Path, errands: Sequence[Errand], house: House) -> None:
    """As bytes, ready to be sent."""
    host = urlsplit(house.settings.base_url).netloc
    path.write_bytes(BETWEEN.join(_request(host, *errand) for errand in errands))


def _request(host: str, path: str, fields: dict[str, str]) -> bytes:
    body = urlencode(fields)
    head = (
        *(f"POST {path} HTTP/1.1", f"Host: {host}", "User-Agent: newsletter-bench", "Accept: */*"),
        *("Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"),
    )
    return "\r\n".join([*head, "", body]).encode()


def _sign_ups(of: Newsletter, house: House, most: int) -> list[Errand]:
    """The form has been open for as long as people take."""
    stamp = house.signer.sign(FORM, {}, at=now() - timedelta(minutes=1))
    return [
        (
            f"/{of.slug}/subscribe",
            {"email": f"new{number}@d{number % 1000}.example.org", "website": "", "stamp": stamp},
        )
        for number in range(most)
    ]


def _confirmations(of: Newsletter, house: House, most: int) -> list[Errand]:
    sign, moment = house.signer.sign, now()
    return [
        (f"/confirm/{sign(CONFIRM, {'n': {str(of.id): nonce}, 's': whose}, at=moment)}", {})
        for whose, nonce in _some(of, SubscriptionStatus.PENDING, most)
    ]


def _one_clicks(of: Newsletter, house: House, most: int) -> list[Errand]:
    token = house.signer.series(UNSUBSCRIBE, {"n": of.id, "e": 1}, "s", at=now())
    return [
        (f"/unsubscribe/{token(whose)}", {"List-Unsubscribe": "One-Click"})
        for whose, _ in _some(of, SubscriptionStatus.CONFIRMED, most)
    ]


def _some(of: Newsletter, status: SubscriptionStatus, most: int) -> list[tuple[int, str]]:
    """Who they are and their nonces, in no order."""
    chosen = (
        select(Subscription.subscriber_id, Subscription.nonce)
        .where(Subscription.newsletter_id == of.id, Subscription.status == status)
        .order_by(Subscription.nonce)
        .limit(most)
    )
    return [(row.subscriber_id, row.nonce) for row in db.session.execute(chosen)]


def _signed_up() -> Sequence[int]:
    return _numbers(select(func.count(), func.count(SignUp.address_key.distinct())).select_from(SignUp))


def _confirmed() -> Sequence[int]:
    return (*_in_state(SubscriptionStatus.CONFIRMED), *_noted(Consent.CONFIRMED, "link"))


def _left() -> Sequence[int]:
    return (*_in_state(SubscriptionStatus.UNSUBSCRIBED), *_noted(Consent.WITHDRAWN, "one-click"))


def _in_state(status: SubscriptionStatus) -> Sequence[int]:
    return _numbers(select(func.count()).where(Subscription.status == status))


def _noted(kind: Consent, method: str) -> Sequence[int]:
    """Events, and how many people they are of."""
    people = ConsentEvent.subscriber_id.distinct()
    return _numbers(
        select(func.count(), func.count(people)).where(ConsentEvent.kind == kind, ConsentEvent.method == method)
    )


def _numbers(statement: Select[*tuple[int, ...]]) -> Sequence[int]:
    db.session.rollback()
    return tuple(db.session.execute(statement).one())


KINDS = (
    Kind("sign-up", 500, "303", _sign_ups, _signed_up),
    Kind("confirmation", 0, "200", _confirmations, _confirmed),
    Kind("one-click unsubscribe", 1500, "200", _one_clicks, _left),
)
