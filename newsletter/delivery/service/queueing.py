"""Queueing a mailing: one row for the content, one statement for all recipients."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, insert, literal, select

from newsletter.core.db import UtcDateTime, db, rows_written, transaction
from newsletter.core.errors import UnsafeMessage
from newsletter.delivery.links import Link, stored
from newsletter.delivery.models import Delivery, Lane, Mailing
from newsletter.delivery.policy import Status
from newsletter.mail.headers import Letterhead
from newsletter.mail.message import Content
from newsletter.mail.mime import compile_message

OWN_HOLES = ("to", "message_id")
"""What the sender fills by itself; all other holes are links."""


@dataclass(frozen=True)
class Letter:
    """A rendered mail as finished data; `links` names its holes that are links.

    `newsletter_id`: whose confirmed subscribers alone may get it; None for mails about the subscription itself.
    """

    kind: str
    letterhead: Letterhead
    content: Content
    links: Mapping[str, Link]
    newsletter_id: int | None = None

    @property
    def lane(self) -> Lane:
        return Lane.BULK if self.letterhead.of_list else Lane.PERSON


@dataclass(frozen=True)
class Recipient:
    """One subscriber as the ledger keeps them."""

    subscriber_id: int
    address: str
    address_key: str


def queue_mailing(letter: Letter, recipients: Select[int, str, str]) -> Mailing:
    """Freeze the recipients that the statement selects (subscriber id, address, address key) and queue for each.

    Only rows are written; workers send. One INSERT … SELECT, whatever the size; an empty audience is finished at
    the next sweep. Raises UnsafeMessage when the letter cannot be sent as it was meant.
    """
    template = compile_message(letter.letterhead, letter.content)
    if unfilled := template.holes - {*letter.links, *OWN_HOLES}:
        problem = f"Nothing is known to fill {', '.join(sorted(unfilled))} with."
        raise UnsafeMessage(problem)
    with transaction():
        mailing = Mailing(
            kind=letter.kind,
            lane=letter.lane,
            newsletter_id=letter.newsletter_id,
            sender=letter.letterhead.sender.address,
            message_domain=letter.letterhead.sender.domain,
            template=template.stored,
            links=stored(letter.links),
            seed=secrets.token_bytes(16),
            created_at=letter.letterhead.date,
        )
        db.session.add(mailing)
        db.session.flush()
        mailing.audience = _freeze(mailing.id, recipients, letter.letterhead.date)
        return mailing


def queue_to_one(letter: Letter, recipient: Recipient) -> Mailing:
    """As `queue_mailing`, for one subscriber."""
    return queue_mailing(
        letter,
        select(literal(recipient.subscriber_id), literal(recipient.address), literal(recipient.address_key)),
    )


def _freeze(mailing_id: int, recipients: Select[int, str, str], at: datetime) -> int:
    chosen = recipients.add_columns(
        literal(mailing_id),
        literal(Status.QUEUED.value),
        literal(at, UtcDateTime),
        literal(0),
        literal(0),
        literal(0),
        literal(""),
    )
    columns = [
        Delivery.subscriber_id,
        Delivery.address,
        Delivery.address_key,
        Delivery.mailing_id,
        Delivery.status,
        Delivery.due_at,
        Delivery.fence,
        Delivery.attempts,
        Delivery.unknowns,
        Delivery.words,
    ]
    return rows_written(insert(Delivery).from_select(columns, chosen, include_defaults=False))
