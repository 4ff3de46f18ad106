"""Mailings by the million: their rows as senders leave them, without anything being sent."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, insert, literal, select

from newsletter.core.clock import now
from newsletter.core.db import UtcDateTime, db
from newsletter.delivery.models import Attempt, Delivery, DeliveryCount, Lane, Mailing, MailingState
from newsletter.delivery.policy import IS_SUPPRESSED, Status
from newsletter.subscriptions.models import Subscriber

TAKEN, FULL, GONE = "250 2.0.0 Ok", "452 4.2.2 The mailbox is full", "550 5.1.1 There is no such mailbox"
DOMAINS = 40
"""That are named in the sums of an edition which has ended."""

UNDER_WAY = ((60, Status.ACCEPTED), (62, Status.DEFERRED), (63, Status.FAILED))
ENDED = ((98, Status.ACCEPTED), (99, Status.SKIPPED))
"""Of each hundred those up to here are in this state: all others are queued, or have failed."""


def new_mailing(newsletter_id: int, at: datetime) -> Mailing:
    """To nobody yet, as one that is being sent."""
    made = Mailing(
        kind="edition",
        lane=Lane.BULK,
        newsletter_id=newsletter_id,
        sender="post@tidewater.example",
        message_domain="tidewater.example",
        template=b"",
        links={},
        seed=at.isoformat().encode()[:16],
        created_at=at,
    )
    db.session.add(made)
    db.session.flush()
    return made


def send_to_some(of: Mailing) -> None:
    """To everybody, of whom six in ten have got it, and a few are deferred or have failed."""
    _freeze(of, UNDER_WAY, Status.QUEUED)


def send_to_all(of: Mailing, at: datetime) -> None:
    """To everybody; it ended then."""
    _freeze(of, ENDED, Status.FAILED)
    of.state, of.finished_at = MailingState.FINISHED, at


def sum_up(of: Mailing, audience: int, at: datetime) -> None:
    """To so many, whose rows have been replaced by their sums."""
    failed = audience // 100
    of.audience, of.state, of.finished_at, of.counted_at = audience, MailingState.FINISHED, at, at
    of.summary = {Status.ACCEPTED.value: audience - failed, Status.FAILED.value: failed}
    named = [
        {"mailing_id": of.id, "status": Status.FAILED, "domain": f"d{place}.example.org", "how_many": 5 + place}
        for place in range(DOMAINS)
    ]
    for status, how_many in of.summary.items():
        named.append({"mailing_id": of.id, "status": Status(status), "domain": "", "how_many": how_many})
    db.session.execute(insert(DeliveryCount), named)


def _freeze(of: Mailing, places: tuple[tuple[int, Status], ...], otherwise: Status) -> None:
    place = Subscriber.id % 100

    def by_place(values: dict[Status, Any], default: object) -> ColumnElement[Any]:
        return case(*((place < most, values.get(status, default)) for most, status in places), else_=default)

    moment = literal(of.created_at, UtcDateTime)
    later, ended = (literal(now() + timedelta(minutes=minutes), UtcDateTime) for minutes in (30, -1))
    nothing = literal(None, UtcDateTime)
    words = {Status.ACCEPTED: TAKEN, Status.DEFERRED: FULL, Status.FAILED: GONE, Status.SKIPPED: IS_SUPPRESSED}
    is_over = dict.fromkeys((Status.ACCEPTED, Status.FAILED, Status.SKIPPED), ended)
    values: dict[Any, Any] = {
        Delivery.mailing_id: literal(of.id),
        Delivery.subscriber_id: Subscriber.id,
        Delivery.address: Subscriber.address,
        Delivery.address_key: Subscriber.address_key,
        Delivery.status: by_place({status: status.value for _, status in places}, otherwise.value),
        Delivery.due_at: by_place({Status.DEFERRED: later}, moment),
        Delivery.fence: literal(1),
        Delivery.attempts: by_place(dict.fromkeys(words, 1), 0),
        Delivery.unknowns: literal(0),
        Delivery.variant: literal(0),
        Delivery.words: by_place(words, words.get(otherwise, "")),
        Delivery.ended_at: by_place(is_over, is_over.get(otherwise, nothing)),
    }
    db.session.execute(insert(Delivery).from_select([*values], select(*values.values())))
    of.audience = db.session.scalar(select(func.count()).where(Delivery.mailing_id == of.id)) or 0
    _note_attempts(of)


def _note_attempts(of: Mailing) -> None:
    """One for each that was not accepted."""
    values: dict[Any, Any] = {
        Attempt.delivery_id: Delivery.id,
        Attempt.at: literal(now(), UtcDateTime),
        Attempt.backend: literal("memory:"),
        Attempt.phase: literal("rcpt"),
        Attempt.result: case((Delivery.status == Status.DEFERRED, "deferred"), else_="failed"),
        Attempt.blame: literal("recipient"),
        Attempt.words: Delivery.words,
    }
    tried = Delivery.mailing_id == of.id, Delivery.status.in_((Status.DEFERRED, Status.FAILED))
    db.session.execute(insert(Attempt).from_select([*values], select(*values.values()).where(*tried)))
