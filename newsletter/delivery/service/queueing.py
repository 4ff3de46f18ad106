"""Queueing a mailing: one row for the content, one statement for all recipients."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    MetaData,
    Select,
    SmallInteger,
    String,
    Table,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from newsletter.core.db import BigId, UtcDateTime, db, rows_written, transaction
from newsletter.core.errors import UnsafeMessage
from newsletter.delivery.links import Link, stored
from newsletter.delivery.models import Delivery, Lane, Mailing, MailingVariant
from newsletter.delivery.policy import CanaryRule, Status
from newsletter.delivery.service.canaries import hold_back
from newsletter.mail.headers import Letterhead
from newsletter.mail.message import Content
from newsletter.mail.mime import Template, compile_message

NAME = "name"
"""The hole for the recipient's name; its value is kept with each delivery, but only where a template has it."""

OWN_HOLES = ("to", "message_id", NAME)
"""What the sender fills by itself; all other holes are links."""


@dataclass(frozen=True)
class Letter:
    """A rendered mail as finished data; `links` names its holes that are links.

    `newsletter_id`: whose confirmed subscribers alone may get it; None for mails about the subscription itself,
    and for the operator's.
    `keeps_names`: each delivery keeps its recipient's name, also where the content has no hole for it.
    `canary`: who goes first, None when all go together.
    """

    kind: str
    letterhead: Letterhead
    content: Content
    links: Mapping[str, Link]
    newsletter_id: int | None = None
    keeps_names: bool = False
    canary: CanaryRule | None = None

    @property
    def lane(self) -> Lane:
        return Lane.BULK if self.letterhead.of_list else Lane.PERSON


@dataclass(frozen=True)
class Recipient:
    """One subscriber as the ledger keeps them."""

    subscriber_id: int
    address: str
    address_key: str


def queue_mailing(letter: Letter, recipients: Select[int, str, str, str]) -> Mailing:
    """Freeze the recipients that the statement selects (subscriber id, address, its key, name) and queue for each.

    Only rows are written; workers send. One INSERT … SELECT, or two where some go first; an empty audience is
    finished at the next sweep. Raises UnsafeMessage when the letter cannot be sent as it was meant.
    """
    template = _compiled(letter, letter.content)
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
        named = recipients if letter.keeps_names or NAME in template.holes else _nameless(recipients)
        mailing.audience = _freeze_first(mailing, named, letter)
        rest = _without_frozen(mailing.id, named) if mailing.audience else named
        mailing.audience += _freeze(mailing.id, rest, mailing.created_at)
        return mailing


def queue_to_one(letter: Letter, recipient: Recipient) -> Mailing:
    """As `queue_mailing`, for one subscriber."""
    with transaction():
        mailing = queue_mailing(
            letter,
            select(
                literal(recipient.subscriber_id),
                literal(recipient.address),
                literal(recipient.address_key),
                literal(""),
            ),
        )
    mailing.subscriber_id = recipient.subscriber_id
    return mailing


def queue_to_operator(letter: Letter, address: str, address_key: str) -> Mailing:
    """As `queue_mailing`, for who runs the service: they are no subscriber, so there is no consent to look for.

    Suppressions hold as for everybody. Raises UnsafeMessage for a letter that only a subscriber may get.
    """
    if letter.newsletter_id is not None or letter.links or letter.lane is not Lane.PERSON:
        problem = f"A mail of the kind '{letter.kind}' is for subscribers, and goes to nobody else."
        raise UnsafeMessage(problem)
    return queue_mailing(letter, select(literal(None, BigId), literal(address), literal(address_key), literal("")))


def _compiled(letter: Letter, content: Content) -> Template:
    template = compile_message(letter.letterhead, content)
    if unfilled := template.holes - {*letter.links, *OWN_HOLES}:
        problem = f"Nothing is known to fill {', '.join(sorted(unfilled))} with."
        raise UnsafeMessage(problem)
    return template


def names_of(mailing_id: int) -> Iterator[str]:
    """Each name among the recipients once, read as they are needed."""
    names = select(func.coalesce(Delivery.name, "")).where(Delivery.mailing_id == mailing_id).distinct()
    yield from db.session.scalars(names, execution_options={"yield_per": 1000})


def vary(mailing_id: int, letter: Letter, contents: Sequence[Content], number_of: Mapping[str, int]) -> None:
    """Let those whose name has a number get that one of `contents`, counted from 1, instead of the letter's own.

    In the transaction that queued the mailing, so that nobody gets the wrong one meanwhile. Raises UnsafeMessage.
    """
    templates = [_compiled(letter, content).stored for content in contents]
    numbered = [{"name": name, "number": number} for name, number in number_of.items() if number]
    if not numbered:
        return
    with transaction():
        connection = db.session.connection()
        rows = [
            {"mailing_id": mailing_id, "number": number, "template": template}
            for number, template in enumerate(templates, start=1)
        ]
        connection.execute(insert(MailingVariant), rows)
        _NUMBERS.create(connection)
        connection.execute(insert(_NUMBERS), numbered)
        own = select(_NUMBERS.c.number).where(_NUMBERS.c.name == Delivery.name).scalar_subquery()
        db.session.execute(
            update(Delivery)
            .where(Delivery.mailing_id == mailing_id, Delivery.name.in_(select(_NUMBERS.c.name)))
            .values(variant=own)
            .execution_options(synchronize_session=False)
        )
        _NUMBERS.drop(connection)


# Joined with once and dropped: an edition may have as many names as readers.
_NUMBERS = Table(
    "numbers_of_names",
    MetaData(),
    Column("name", String(100), primary_key=True),
    Column("number", SmallInteger, nullable=False),
    prefixes=["TEMPORARY"],
)


def _nameless(recipients: Select[int, str, str, str]) -> Select[Any, Any, Any, Any]:
    subscriber_id, address, address_key, _ = recipients.selected_columns
    return recipients.with_only_columns(subscriber_id, address, address_key, null())


def _freeze_first(mailing: Mailing, recipients: Select[Any, Any, Any, Any], letter: Letter) -> int:
    """Who goes first, by chance; how many. Their ids are smaller than those of all who are frozen after them."""
    if letter.canary is None:
        return 0
    size = letter.canary.size(db.session.scalar(select(func.count()).select_from(recipients.subquery())) or 0)
    if not size:
        return 0
    frozen = _freeze(mailing.id, recipients.order_by(func.random()).limit(size), mailing.created_at)
    hold_back(mailing, letter.canary)
    return frozen


def _without_frozen(mailing_id: int, recipients: Select[Any, Any, Any, Any]) -> Select[Any, Any, Any, Any]:
    frozen = select(Delivery.id).where(
        Delivery.mailing_id == mailing_id, Delivery.subscriber_id == recipients.selected_columns[0]
    )
    return recipients.where(~exists(frozen))


def _freeze(mailing_id: int, recipients: Select[Any, Any, Any, Any], at: datetime) -> int:
    chosen = recipients.add_columns(
        literal(0),
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
        Delivery.name,
        Delivery.variant,
        Delivery.mailing_id,
        Delivery.status,
        Delivery.due_at,
        Delivery.fence,
        Delivery.attempts,
        Delivery.unknowns,
        Delivery.words,
    ]
    return rows_written(insert(Delivery).from_select(columns, chosen, include_defaults=False))
