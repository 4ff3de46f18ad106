"""The POST of RFC 8058, as a mailbox provider sends it."""

import http.client
import time
from dataclasses import dataclass

from sqlalchemy import select

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.editions.models import Edition
from newsletter.mail.house import House
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.subscriptions.policy import SubscriptionStatus


@dataclass(frozen=True)
class Answer:
    """`at` is when it came, by the monotonic clock; it took so many `seconds`."""

    status: int
    retry_after: str | None
    at: float
    seconds: float


def unsubscribe(port: int, edition: Edition, address: str, house: House) -> Answer:
    """One click on the link that stands in this reader's copy."""
    token = link_of(edition, address, house)
    began = time.monotonic()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request(
        "POST",
        f"/unsubscribe/{token}",
        "List-Unsubscribe=One-Click",
        {"Host": "letters.example.org", "Content-Type": "application/x-www-form-urlencoded"},
    )
    answer = line.getresponse()
    answer.read()
    line.close()
    ended = time.monotonic()
    return Answer(answer.status, answer.getheader("Retry-After"), ended, ended - began)


def link_of(edition: Edition, address: str, house: House) -> str:
    """The token of the link in this reader's copy, signed now."""
    reader = db.session.scalars(select(Subscriber).where(Subscriber.address == address)).one()
    claims = {"n": edition.newsletter_id, "e": edition.id, "s": reader.id}
    return house.signer.sign("unsubscribe", claims, at=now())


def has_left(edition: Edition, address: str) -> bool:
    db.session.rollback()
    statement = (
        select(Subscription.status)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Subscriber.address == address, Subscription.newsletter_id == edition.newsletter_id)
    )
    return db.session.scalar(statement) == SubscriptionStatus.UNSUBSCRIBED
