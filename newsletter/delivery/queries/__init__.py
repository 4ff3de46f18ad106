"""Reading the ledger."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, column, exists, func, or_, select, table, text
from sqlalchemy.orm import QueryableAttribute, undefer

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.delivery.models import (
    IS_BULK,
    IS_LEASED,
    IS_SENDING,
    IS_WAITING,
    Attempt,
    Canary,
    Delivery,
    DeliveryCount,
    Lane,
    Mailing,
    MailingVariant,
)
from newsletter.delivery.policy import IS_SUPPRESSED, OPEN, Cause, Status, cause, gist
from newsletter.suppressions.models import Reason as SuppressionReason
from newsletter.suppressions.models import Suppression

MOST_WORDINGS = 1000
"""Different replies of a kind that are looked at to tell the reasons; a server may number each of its replies."""

_SUBSCRIPTIONS = table("subscriptions", column("subscriber_id"), column("newsletter_id"), column("status"))
_SUBSCRIBERS = table("subscribers", column("id"), column("address_key"))
"""Named, not imported: delivery stands below the feature whose tables these are, as foreign keys do."""


@dataclass(frozen=True)
class Ledger:
    """Where each recipient of a mailing stands; the states sum to the audience at every moment."""

    audience: int
    states: Mapping[Status, int]

    def count(self, status: Status) -> int:
        return self.states.get(status, 0)

    @property
    def is_balanced(self) -> bool:
        return sum(self.states.values()) == self.audience

    @property
    def open(self) -> int:
        """For how many something will still happen."""
        return sum(self.count(status) for status in OPEN)

    def as_dict(self) -> dict[str, int]:
        """The audience and each state, also those that are 0, in the order people read them."""
        return {"audience": self.audience} | {status.value: self.count(status) for status in Status}


def mailings(mailing_ids: Collection[int]) -> Sequence[Mailing]:
    """These mailings with their templates, which other queries leave where they are."""
    if not mailing_ids:
        return ()
    return db.session.scalars(
        select(Mailing).where(Mailing.id.in_(mailing_ids)).options(undefer(Mailing.template))
    ).all()


def variant_template(mailing_id: int, number: int) -> bytes:
    """The stored template of those who get this variant, counted from 1."""
    return db.session.execute(
        select(MailingVariant.template).where(
            MailingVariant.mailing_id == mailing_id, MailingVariant.number == number
        )
    ).scalar_one()


def ledger(mailing_id: int) -> Ledger:
    """One query over the mailing's deliveries, or what was summed up when they were deleted."""
    summary = db.session.scalar(select(Mailing.summary).where(Mailing.id == mailing_id))
    if summary is not None:
        states = {Status(status): count for status, count in summary.items()}
        return Ledger(audience=sum(states.values()), states=states)
    rows = db.session.execute(
        select(Delivery.status, func.count()).where(Delivery.mailing_id == mailing_id).group_by(Delivery.status)
    )
    audience = db.session.scalar(select(Mailing.audience).where(Mailing.id == mailing_id))
    return Ledger(audience=audience or 0, states={Status(status): count for status, count in rows})


def counted_ledger(of: Mailing) -> Ledger | None:
    """The same of a mailing that has ended, from its sums: no delivery is read. None before they were made."""
    if of.summary is not None:
        return ledger(of.id)
    states = counted_states([of.id]).get(of.id) if of.counted_at else None
    return None if states is None else Ledger(of.audience, states)


def deliveries_of(subscriber_id: int) -> Sequence[tuple[Mailing, Delivery]]:
    """What was ever sent, or is to be, to this person, oldest first."""
    theirs = select(Mailing.id).where(or_(Mailing.subscriber_id == subscriber_id, IS_BULK))
    rows = db.session.execute(
        select(Mailing, Delivery)
        .join(Delivery, Delivery.mailing_id == Mailing.id)
        .where(Delivery.mailing_id.in_(theirs), Delivery.subscriber_id == subscriber_id)
        .order_by(Mailing.created_at, Delivery.id)
    )
    return [(each.Mailing, each.Delivery) for each in rows]


def mailing(mailing_id: int) -> Mailing:
    """In its newest state, without its template."""
    return db.session.get_one(Mailing, mailing_id, populate_existing=True)


def next_due(mailing_id: int) -> datetime | None:
    """When the first of those that wait is due; None when nothing waits."""
    return db.session.scalar(
        select(func.min(Delivery.due_at)).where(Delivery.mailing_id == mailing_id, IS_WAITING)
    )


@dataclass(frozen=True)
class Wording:
    """What servers said, but for what differs by message; `example` is one of them as it came."""

    gist: str
    count: int
    example: str


@dataclass(frozen=True)
class Reason:
    """Why so many deliveries stand in this state; of their wordings at least the frequent ones."""

    status: Status
    cause: Cause
    count: int
    wordings: Sequence[Wording]


def reasons(mailing_id: int) -> Sequence[Reason]:
    """Why deliveries are not accepted, most frequent first; those that nobody has tried yet have none."""
    totals: dict[tuple[Status, Cause], dict[object, int]] = defaultdict(dict)
    wordings: dict[tuple[Status, Cause], Counter[str]] = defaultdict(Counter)
    examples: dict[str, str] = {}
    for row in _worded(mailing_id):
        key = Status(row.status), cause(row.status, row.result, row.blame, row.words)
        said = gist(row.words)
        totals[key][row.result, row.blame, row.is_suppressed] = int(row.total)
        wordings[key][said] += row.how_many
        examples.setdefault(said, row.words)
    found = []
    for key, total in totals.items():
        worded = [Wording(said, count, examples[said]) for said, count in wordings[key].most_common()]
        found.append(Reason(*key, sum(total.values()), worded))
    return sorted(found, key=lambda reason: -reason.count)


def _worded(mailing_id: int) -> Sequence[Any]:
    """The most frequent words of each kind, and its total; a kind is a state and how the last attempt ended."""
    last = select(func.max(Attempt.id)).where(Attempt.delivery_id == Delivery.id).correlate(Delivery)
    nobody_is_there = (Delivery.words == IS_SUPPRESSED).label("is_suppressed")
    kind, how_many = (Delivery.status, Attempt.result, Attempt.blame, nobody_is_there), func.count()
    grouped = (
        select(
            *kind,
            Delivery.words,
            how_many.label("how_many"),
            func.sum(how_many).over(partition_by=kind).label("total"),
            func.row_number().over(partition_by=kind, order_by=(how_many.desc(), Delivery.words)).label("place"),
        )
        .select_from(Delivery)
        .outerjoin(Attempt, Attempt.id == last.scalar_subquery())
        .where(Delivery.mailing_id == mailing_id, Delivery.status != Status.ACCEPTED, Delivery.words != "")
        .group_by(*kind, Delivery.words)
        .subquery()
    )
    frequent = select(grouped).where(grouped.c.place <= MOST_WORDINGS)
    return db.session.execute(frequent.order_by(grouped.c.how_many.desc(), grouped.c.words)).all()


@dataclass(frozen=True)
class SlowDomain:
    """A recipient domain for which we wait: how many deliveries to it are deferred, and the last words of one."""

    domain: str
    deferred: int
    words: str


def slowest_domain(mailing_id: int) -> SlowDomain | None:
    """The one with the most deliveries that were tried and are still open; None when there is none."""
    domain = domain_of_delivery()
    # What was never tried is as due as when the mailing was made, so the index leaves a million of them out.
    born_at = select(Mailing.created_at).where(Mailing.id == mailing_id).scalar_subquery()
    is_tried = (
        Delivery.mailing_id == mailing_id,
        IS_WAITING,
        Delivery.due_at > born_at,
        Delivery.status == Status.DEFERRED,
    )
    counted = select(domain.label("domain"), func.count().label("how_many")).where(*is_tried).group_by(domain)
    most = db.session.execute(counted.order_by(func.count().desc(), domain).limit(1)).first()
    if most is None:
        return None
    newest = select(Delivery.words).where(*is_tried, domain == most.domain).order_by(Delivery.due_at.desc())
    return SlowDomain(most.domain, most.how_many, db.session.scalar(newest.limit(1)) or "")


def domain_of_delivery() -> ColumnElement[str]:
    """What stands behind the @ of its address."""
    at = func.strpos if db.engine.dialect.name == "postgresql" else func.instr
    return func.substr(Delivery.address, at(Delivery.address, text("'@'")) + text("1"))


def counted_states(mailing_ids: Collection[int]) -> Mapping[int, Mapping[Status, int]]:
    """Of those of these mailings that have ended and were counted: how many deliveries are in each state."""
    rows = db.session.execute(
        select(DeliveryCount.mailing_id, DeliveryCount.status, func.sum(DeliveryCount.how_many))
        .where(DeliveryCount.mailing_id.in_(mailing_ids))
        .group_by(DeliveryCount.mailing_id, DeliveryCount.status)
    )
    found: dict[int, dict[Status, int]] = defaultdict(dict)
    for mailing_id, status, how_many in rows:
        found[mailing_id][Status(status)] = int(how_many)
    return dict(found)


def counted_failures(mailing_ids: Collection[int], at_most: int) -> Sequence[tuple[str, int]]:
    """The domains at which most deliveries of these mailings failed; "" are all that few failed at."""
    how_many = func.sum(DeliveryCount.how_many)
    rows = db.session.execute(
        select(DeliveryCount.domain, how_many)
        .where(DeliveryCount.mailing_id.in_(mailing_ids), DeliveryCount.status == Status.FAILED)
        .group_by(DeliveryCount.domain)
        .order_by(how_many.desc(), DeliveryCount.domain)
        .limit(at_most)
    )
    return [(domain, int(failed)) for domain, failed in rows]


def due_mailings(lane: Lane, at_most: int) -> Sequence[tuple[int, int]]:
    """The mailings of this lane in which something is due, oldest first, and how much, counted up to `at_most`.

    Mailings that are sending are few and have an index of their own; the bound keeps a large one from being
    counted to its end.
    """
    anybody, this_one = may_leave()
    waiting = (
        select(Delivery.id)
        .where(Delivery.mailing_id == Mailing.id, IS_WAITING, Delivery.due_at <= now(), this_one)
        .limit(at_most)
        .correlate(Mailing)
        .subquery()
    )
    how_many = select(func.count()).select_from(waiting).scalar_subquery()
    rows = db.session.execute(
        select(Mailing.id, how_many.label("how_many"))
        .where(IS_SENDING, Mailing.lane == lane, anybody)
        .order_by(Mailing.id)
    )
    return [(row.id, row.how_many) for row in rows if row.how_many]


def may_leave() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """As conditions on a delivery and its mailing: it is not held back while others go first.

    The first asks the mailing alone, so that of one in which nobody may leave no row is looked at.
    """
    return func.coalesce(Mailing.up_to_id, 1) > 0, or_(Mailing.up_to_id.is_(None), Delivery.id <= Mailing.up_to_id)


def canary(mailing_id: int) -> Canary | None:
    """What is known of those who went first; None when all went together."""
    return db.session.get(Canary, mailing_id, populate_existing=True)


def has_open(mailing_id: QueryableAttribute[int]) -> ColumnElement[bool]:
    """As a condition: something will still happen in this mailing."""
    # Each of the two has an index of its own.
    waiting, leased = (
        exists(select(Delivery.id).where(Delivery.mailing_id == mailing_id, state))
        for state in (IS_WAITING, IS_LEASED)
    )
    return or_(waiting, leased)


def is_suppressed() -> ColumnElement[bool]:
    """As a condition on a delivery: its address must not be mailed.

    Who was erased may ask anew, and is sent the question whether it was them.
    """
    kind = select(Mailing.kind).where(Mailing.id == Delivery.mailing_id).correlate(Delivery).scalar_subquery()
    those = select(Suppression.address_key).where(
        Suppression.address_key == Delivery.address_key,
        or_(Suppression.reason != SuppressionReason.ERASED, kind != "confirmation"),
    )
    return exists(those.correlate(Delivery))


def lacks_consent() -> ColumnElement[bool]:
    """As a condition on a delivery: its mailing is for confirmed subscribers, and this one is none any more."""
    newsletter_id = (
        select(Mailing.newsletter_id)
        .where(Mailing.id == Delivery.mailing_id)
        .correlate(Delivery)
        .scalar_subquery()
    )
    confirmed: Select[Any] = select(_SUBSCRIPTIONS.c.subscriber_id).where(
        _SUBSCRIPTIONS.c.subscriber_id == Delivery.subscriber_id,
        _SUBSCRIPTIONS.c.newsletter_id == newsletter_id,
        _SUBSCRIPTIONS.c.status == "confirmed",
    )
    is_erased = Delivery.address == ""
    return is_erased | (newsletter_id.is_not(None) & ~exists(confirmed.correlate(Delivery)))


def has_moved() -> ColumnElement[bool]:
    """As a condition on a delivery: its recipient has another address by now."""
    elsewhere: Select[Any] = select(_SUBSCRIBERS.c.id).where(
        _SUBSCRIBERS.c.id == Delivery.subscriber_id, _SUBSCRIBERS.c.address_key != Delivery.address_key
    )
    return exists(elsewhere.correlate(Delivery))


@dataclass(frozen=True)
class Overdue:
    """A mailing of which something should have left before now: since when, and the last words of what waits."""

    mailing: Mailing
    since: datetime
    words: str


def overdue(before: datetime) -> Sequence[Overdue]:
    """The mailings that are sending, and of which something has been due since before that moment."""
    first = (
        select(func.min(Delivery.due_at))
        .where(Delivery.mailing_id == Mailing.id, IS_WAITING)
        .correlate(Mailing)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Mailing, first.label("since")).where(IS_SENDING, first < before).order_by(Mailing.id).limit(20)
    )
    return [Overdue(row.Mailing, row.since, _last_words(row.Mailing.id)) for row in rows]


def _last_words(mailing_id: int) -> str:
    """What the server said of what has been due the longest; "" for what nobody has tried."""
    words = select(Delivery.words).where(Delivery.mailing_id == mailing_id, IS_WAITING)
    return db.session.scalar(words.order_by(Delivery.due_at).limit(1)) or ""


def still_open(mailing_id: int, at_most: int) -> int:
    """For how many recipients something will still happen; of what waits, no more than `at_most` are counted."""
    waiting, leased = (
        select(Delivery.id).where(Delivery.mailing_id == mailing_id, state).limit(at_most).subquery()
        for state in (IS_WAITING, IS_LEASED)
    )
    counts = (select(func.count()).select_from(each) for each in (waiting, leased))
    return sum(db.session.scalar(each) or 0 for each in counts)


@dataclass(frozen=True)
class Unaccepted:
    """What a backend did not get rid of lately: how many attempts, the newest one's moment and words."""

    count: int
    at: datetime
    words: str


NEWEST_ATTEMPTS = 1000


def unaccepted_lately(since: datetime) -> Mapping[str, Unaccepted]:
    """By backend, of the newest thousand attempts that did not end with acceptance, those since then."""
    newest = select(Attempt).order_by(Attempt.id.desc()).limit(NEWEST_ATTEMPTS)
    found: dict[str, Unaccepted] = {}
    for each in db.session.scalars(newest):
        if each.at < since:
            continue
        known = found.get(each.backend)
        found[each.backend] = (
            replace(known, count=known.count + 1) if known else Unaccepted(1, each.at, each.words)
        )
    return found
