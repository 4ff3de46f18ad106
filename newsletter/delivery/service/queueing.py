"""Queueing a mailing: one row for the content, one statement for all recipients."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Insert,
    MetaData,
    Row,
    Select,
    SmallInteger,
    String,
    Table,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from newsletter.core.db import BigId, UtcDateTime, db, execute, leave_checkpoint, rows_written, transaction
from newsletter.core.errors import UnsafeMessage
from newsletter.delivery.links import Link, stored
from newsletter.delivery.models import IS_WAITING, Delivery, Lane, Mailing, MailingVariant
from newsletter.delivery.policy import CanaryRule, Status
from newsletter.delivery.service.canaries import hold_back
from newsletter.mail.headers import Letterhead, message_id
from newsletter.mail.message import Content
from newsletter.mail.mime import Template, compile_message

NAME = "name"
"""The hole for the recipient's name; its value is kept with each delivery, but only where a template has it."""

OWN_HOLES = ("to", "message_id", NAME)
"""What the sender fills by itself; all other holes are links."""


_ADD_MAILING = insert(Mailing.__table__)
_ADD_ONE = insert(Delivery.__table__)
_ADD_WORDING = insert(MailingVariant.__table__)


@dataclass(frozen=True)
class Halves:
    """Those who go first get one of two wordings by lot; what the rest get is decided before they may leave.

    Of variant v one half gets v, the other one v + twice the `stride`, and the rest v + `stride`, which has no
    wording before `copy_wordings` brings it.
    """

    stride: int


@dataclass(frozen=True)
class Letter:
    """A rendered mail as finished data; `links` names its holes that are links.

    `newsletter_id`: whose confirmed subscribers alone may get it; None for mails about the subscription itself,
    and for the operator's.
    `keeps_names`: each delivery keeps its recipient's name, also where the content has no hole for it.
    `canary`: who goes first, None when all go together. `halves`: these get two wordings; None: the same one.
    Where so few get it that nobody goes first, there are no halves either, and the mailing has no `up_to_id`.
    """

    kind: str
    letterhead: Letterhead
    content: Content
    links: Mapping[str, Link]
    newsletter_id: int | None = None
    keeps_names: bool = False
    canary: CanaryRule | None = None
    halves: Halves | None = None

    @property
    def lane(self) -> Lane:
        return Lane.BULK if self.letterhead.of_list else Lane.PERSON


@dataclass(frozen=True)
class Recipient:
    """One subscriber as the ledger keeps them."""

    subscriber_id: int
    address: str
    address_key: str


@dataclass(frozen=True)
class Wording:
    """What the mailing says to those of this variant, counted from 1; `date` None: the letter's own."""

    number: int
    content: Content
    date: datetime | None = None


def queue_mailing(letter: Letter, recipients: Select[Any, Any, Any, Any]) -> Mailing:
    """Freeze the recipients that the statement selects (subscriber id, address, its key, name) and queue for each.

    It may also select three more for each: which variant they get, when it is due (None: at once), and why it is
    skipped ("" where it is not); `add_wordings` must bring the variants in the same transaction.

    Only rows are written; workers send. One INSERT … SELECT, or two where some go first; an empty audience is
    finished at the next sweep. Raises UnsafeMessage when the letter cannot be sent as it was meant.
    """
    template = _compiled(letter, letter.content)
    with transaction():
        # Workers write next, and wait for nobody; who queued a million is told so at once.
        leave_checkpoint()
        mailing = Mailing(**_facts(letter, template))
        db.session.add(mailing)
        db.session.flush()
        named = recipients if letter.keeps_names or NAME in template.holes else _nameless(recipients)
        mailing.audience = _freeze_first(mailing, named, letter)
        rest = _without_frozen(mailing.id, named) if mailing.audience else named
        shift = letter.halves.stride if letter.halves and mailing.audience else 0
        mailing.audience += _freeze(mailing.id, rest, mailing.created_at, shift)
        return mailing


def queue_to_one(letter: Letter, recipient: Recipient) -> str:
    """As `queue_mailing`, for one subscriber; nobody goes first. Returns the Message-ID it will have."""
    template = _compiled(letter, letter.content)
    mailing = {**_facts(letter, template), "subscriber_id": recipient.subscriber_id, "audience": 1}
    with transaction():
        delivery = {
            "mailing_id": _added(_ADD_MAILING, mailing),
            "subscriber_id": recipient.subscriber_id,
            "address": recipient.address,
            "address_key": recipient.address_key,
            "name": "" if letter.keeps_names or NAME in template.holes else None,
            "due_at": letter.letterhead.date,
        }
        return message_id(mailing["seed"], _added(_ADD_ONE, delivery), mailing["message_domain"])


def _added(statement: Insert, row: Mapping[str, Any]) -> int:
    """The number of the row that was inserted."""
    key: int = cast("Row[Any]", execute(statement, row).inserted_primary_key)[0]
    return key


def queue_to_operator(letter: Letter, address: str, address_key: str) -> Mailing:
    """As `queue_mailing`, for who runs the service: they are no subscriber, so there is no consent to look for.

    Suppressions hold as for everybody. Raises UnsafeMessage for a letter that only a subscriber may get.
    """
    if letter.newsletter_id is not None or letter.links or letter.lane is not Lane.PERSON:
        problem = f"A mail of the kind '{letter.kind}' is for subscribers, and goes to nobody else."
        raise UnsafeMessage(problem)
    return queue_mailing(letter, select(literal(None, BigId), literal(address), literal(address_key), literal("")))


def _facts(letter: Letter, template: Template) -> dict[str, Any]:
    return {
        "kind": letter.kind,
        "lane": letter.lane,
        "newsletter_id": letter.newsletter_id,
        "sender": letter.letterhead.sender.address,
        "message_domain": letter.letterhead.sender.domain,
        "template": template.stored,
        "links": stored(letter.links),
        "seed": secrets.token_bytes(16),
        "created_at": letter.letterhead.date,
    }


def _compiled(letter: Letter, content: Content) -> Template:
    template = compile_message(letter.letterhead, content)
    if unfilled := template.holes - {*letter.links, *OWN_HOLES}:
        problem = f"Nothing is known to fill {', '.join(sorted(unfilled))} with."
        raise UnsafeMessage(problem)
    return template


def names_of(mailing_id: int) -> Iterator[tuple[int, str]]:
    """Each variant and name among those who get it once, read as they are needed."""
    name = func.coalesce(Delivery.name, "")
    pairs = select(Delivery.variant, name).where(Delivery.mailing_id == mailing_id, IS_WAITING).distinct()
    for row in db.session.execute(pairs, execution_options={"yield_per": 1000}):
        yield row[0], row[1]


def add_wordings(mailing_id: int, letter: Letter, wordings: Iterable[Wording]) -> None:
    """What it says to those of each variant, in the transaction that queued it. Raises UnsafeMessage."""
    with transaction():
        for each in wordings:
            head = replace(letter.letterhead, date=each.date or letter.letterhead.date)
            template = _compiled(replace(letter, letterhead=head), each.content).stored
            row = {"mailing_id": mailing_id, "number": each.number, "template": template}
            execute(_ADD_WORDING, row)


def copy_wordings(mailing_id: int, source_of: Mapping[int, int]) -> None:
    """Let each of these variants, which have no wording yet, say what another one says; 0 is the mailing's own."""
    with transaction():
        for number, source in source_of.items():
            told = select(Mailing.template).where(Mailing.id == mailing_id)
            if source:
                told = select(MailingVariant.template).where(
                    MailingVariant.mailing_id == mailing_id, MailingVariant.number == source
                )
            row = {"mailing_id": mailing_id, "number": number, "template": told.scalar_subquery()}
            db.session.execute(insert(MailingVariant).values(row))


def vary(mailing_id: int, number_of: Mapping[tuple[int, str], int]) -> None:
    """Let those of a variant and name that have a number get that variant instead.

    In the transaction that queued the mailing, so that nobody gets the wrong one meanwhile.
    """
    numbered = [
        {"variant": variant, "name": name, "number": number} for (variant, name), number in number_of.items()
    ]
    if not numbered:
        return
    with transaction():
        connection = db.session.connection()
        _NUMBERS.create(connection)
        connection.execute(insert(_NUMBERS), numbered)
        fits = _NUMBERS.c.variant == Delivery.variant, _NUMBERS.c.name == func.coalesce(Delivery.name, "")
        own = select(_NUMBERS.c.number).where(*fits)
        db.session.execute(
            update(Delivery)
            .where(Delivery.mailing_id == mailing_id, exists(own.correlate(Delivery)))
            .values(variant=own.correlate(Delivery).scalar_subquery())
            .execution_options(synchronize_session=False)
        )
        _NUMBERS.drop(connection)


# Joined with once and dropped: an edition may have as many names as readers.
_NUMBERS = Table(
    "numbers_of_names",
    MetaData(),
    Column("name", String(100), primary_key=True),
    Column("variant", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", SmallInteger, nullable=False),
    prefixes=["TEMPORARY"],
)


def _nameless(recipients: Select[Any, Any, Any, Any]) -> Select[Any, Any, Any, Any]:
    subscriber_id, address, address_key, _, *more = recipients.selected_columns
    return recipients.with_only_columns(subscriber_id, address, address_key, null(), *more)


def _freeze_first(mailing: Mailing, recipients: Select[Any, Any, Any, Any], letter: Letter) -> int:
    """Who goes first, by chance; how many. Their ids are smaller than those of all who are frozen after them."""
    if letter.canary is None:
        return 0
    among = _at_once(recipients) if letter.halves else recipients
    size = letter.canary.size(db.session.scalar(select(func.count()).select_from(among.subquery())) or 0)
    if not size:
        return 0
    frozen = _freeze(mailing.id, among.order_by(func.random()).limit(size), mailing.created_at)
    hold_back(mailing, letter.canary)
    if letter.halves:
        # They stand in an order by chance, so every second one is a half by lot.
        db.session.execute(
            update(Delivery)
            .where(Delivery.mailing_id == mailing.id, Delivery.id % 2 == 1)
            .values(variant=Delivery.variant + 2 * letter.halves.stride)
            .execution_options(synchronize_session=False)
        )
    return frozen


def _at_once(recipients: Select[Any, Any, Any, Any]) -> Select[Any, Any, Any, Any]:
    """Those who are neither skipped nor wait for an hour: they answer before the rest is decided."""
    more = list(recipients.selected_columns)[4:]
    if not more:
        return recipients
    _, due_at, words = more
    return recipients.where(due_at.is_(None), words == literal(""))


def _without_frozen(mailing_id: int, recipients: Select[Any, Any, Any, Any]) -> Select[Any, Any, Any, Any]:
    frozen = select(Delivery.id).where(
        Delivery.mailing_id == mailing_id, Delivery.subscriber_id == recipients.selected_columns[0]
    )
    return recipients.where(~exists(frozen))


def _freeze(mailing_id: int, recipients: Select[Any, Any, Any, Any], at: datetime, shift: int = 0) -> int:
    *four, variant, due_at, words = (*recipients.selected_columns, literal(0), null(), literal(""))[:7]
    skips, moment = words != literal(""), literal(at, UtcDateTime)
    is_plain = len(recipients.selected_columns) == len(four)
    chosen = recipients.with_only_columns(
        *four,
        variant + shift if shift else variant,
        literal(mailing_id),
        literal(Status.QUEUED.value) if is_plain else _either(skips, Status.SKIPPED.value, Status.QUEUED.value),
        moment if is_plain else func.coalesce(due_at, moment),
        literal(0),
        literal(0),
        literal(0),
        words,
        literal(None, UtcDateTime) if is_plain else _either(skips, at, None, UtcDateTime()),
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
        Delivery.ended_at,
    ]
    return rows_written(insert(Delivery).from_select(columns, chosen, include_defaults=False))


def _either(is_so: ColumnElement[bool], yes: object, no: object, kind: Any = None) -> ColumnElement[Any]:  # noqa: ANN401 - a type of any column.
    return case((is_so, literal(yes, kind)), else_=literal(no, kind))
