"""Whom an edition goes to by how often they want it, and what they had before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select

from newsletter.core.db import db
from newsletter.delivery.models import Delivery, MailingVariant
from newsletter.delivery.policy import Status
from newsletter.editions.models import Edition, EditionArticle, EditionPart, Split
from newsletter.editions.queries import was_recalled
from newsletter.subscriptions.models import IS_RARE, Stint, Subscription
from newsletter.subscriptions.policy import Cadence, SubscriptionStatus
from newsletter.subscriptions.queries import audience


@dataclass(frozen=True)
class Carried:
    """What the readers of one variant of an earlier mailing got of the articles in question."""

    mailing_id: int
    variant: int
    is_own: bool
    article_ids: Sequence[int]


@dataclass(frozen=True)
class Group:
    """So many readers who get the same of an edition at the same moment; None: with the edition."""

    articles: int
    due_at: datetime | None
    readers: int
    waiting: int


def readers_of(of: Edition) -> Select[Any, Any, Any, Any]:
    """Whom it would reach now, as `subscriptions.queries.audience` tells them."""
    everybody, cadences = audience(of.newsletter_id), of.readers.cadences
    # To look at each one's cadence costs something where there are a million; so not where all have the same.
    is_for_all = Cadence.EACH in cadences and not _somebody_differs(of.newsletter_id)
    return everybody if is_for_all or cadences == frozenset(Cadence) else everybody.where(_wants(of))


def is_wanted(newsletter_id: int, cadence: Cadence) -> bool:
    """Whether there is anybody who wants it so often, or had it so often and may still be owed something."""
    of_it = Subscription.newsletter_id == newsletter_id, Subscription.status == SubscriptionStatus.CONFIRMED
    wants = select(Subscription.id).where(*of_it, IS_RARE, Subscription.cadence == cadence)
    wanted = select(Stint.until).join(Subscription, Subscription.id == Stint.subscription_id).where(*of_it)
    return bool(db.session.scalar(select(or_(wants.exists(), wanted.where(Stint.cadence == cadence).exists()))))


def is_first_of_its_kind(of: Edition) -> bool:
    """Whether no edition for the same readers ended where this one begins."""
    before = select(Edition.id).where(
        Edition.newsletter_id == of.newsletter_id,
        Edition.cadence == of.cadence,
        Edition.riders == of.riders,
        Edition.window_end == of.window_start,
        Edition.id != of.id,
    )
    return not db.session.scalar(select(before.exists()))


def carried_before(of: Edition) -> Sequence[Carried]:
    """Which variants of earlier mailings carried articles of this edition: of its newsletter, or of all."""
    rows = _carrying(of)
    ids = {row.id for row in rows}
    if not ids:
        return ()
    parts: dict[int, dict[int, set[int]]] = {each: {} for each in ids}
    for part in db.session.scalars(select(EditionPart).where(EditionPart.edition_id.in_(ids))):
        parts[part.edition_id][part.number] = set(part.articles)
    numbers: dict[int, set[int]] = {row.mailing_id: {0} for row in rows}
    variants = select(MailingVariant.mailing_id, MailingVariant.number)
    for mailing_id, number in db.session.execute(variants.where(MailingVariant.mailing_id.in_(numbers))):
        numbers[mailing_id].add(number)
    undecided = select(Edition.mailing_id, Split.wordings).join(Split, Split.edition_id == Edition.id)
    for held_back in db.session.execute(undecided.where(Edition.id.in_(ids), Split.winner.is_(None))):
        numbers[held_back.mailing_id].update(rest for rest, *_ in held_back.wordings)
    found: dict[tuple[int, int, bool], list[int]] = {}
    for row in rows:
        for number in numbers[row.mailing_id]:
            told = parts[row.id].get(number)
            if told is None or row.article_id in told:
                key = row.mailing_id, number, row.newsletter_id == of.newsletter_id
                found.setdefault(key, []).append(row.article_id)
    return [Carried(*key, article_ids) for key, article_ids in found.items()]


def groups(of: Edition) -> Sequence[Group]:
    """Who gets how many of its articles and when, and how many of them still wait for that."""
    waits = case((Delivery.status.in_((Status.QUEUED, Status.DEFERRED)), 1), else_=0)
    counts = select(Delivery.variant, func.count(), func.sum(waits)).where(
        Delivery.mailing_id == of.mailing_id, Delivery.status != Status.SKIPPED
    )
    parts = {
        part.number: part
        for part in db.session.scalars(select(EditionPart).where(EditionPart.edition_id == of.id))
    }
    whole = db.session.scalar(select(func.count()).where(EditionArticle.edition_id == of.id)) or 0
    found: dict[tuple[int, datetime | None], list[int]] = {}
    for variant, readers, waiting in db.session.execute(counts.group_by(Delivery.variant)):
        part = parts.get(variant)
        key = (len(part.articles), part.due_at) if part else (whole, None)
        sums = found.setdefault(key, [0, 0])
        sums[0] += readers
        sums[1] += waiting
    made = [Group(*key, *sums) for key, sums in found.items()]
    return sorted(made, key=lambda each: (each.due_at or of.created_at, -each.articles))


def _somebody_differs(newsletter_id: int) -> bool:
    """Whether anybody wants it less often than it comes, or did so."""
    rare = select(Subscription.id).where(Subscription.newsletter_id == newsletter_id, IS_RARE)
    changed = (
        select(Stint.until)
        .join(Subscription, Subscription.id == Stint.subscription_id)
        .where(Subscription.newsletter_id == newsletter_id)
    )
    return bool(db.session.scalar(select(or_(rare.exists(), changed.exists()))))


def _wants(of: Edition) -> ColumnElement[bool]:
    """Of a subscription: it has this cadence, or had it since the window began and is owed what came then."""
    cadences = of.readers.cadences
    had_it = exists().where(
        Stint.subscription_id == Subscription.id, Stint.cadence.in_(cadences), Stint.until > of.window_start
    )
    is_owed: ColumnElement[bool] = had_it.correlate(Subscription)
    if of.cadence == Cadence.EACH:
        # Who goes over to a rarer edition gets all of it there, unless that one is ahead of this window already.
        is_owed = and_(is_owed, Subscription.cadence.in_(_ahead(of)))
    return or_(Subscription.cadence.in_(cadences), is_owed)


def _ahead(of: Edition) -> Sequence[Cadence]:
    """The cadences whose last edition ended after this one's window began."""
    found = db.session.scalars(
        select(Edition.cadence)
        .where(
            Edition.newsletter_id == of.newsletter_id,
            Edition.id != of.id,
            Edition.window_end > of.window_start,
            ~was_recalled(),
        )
        .distinct()
    )
    return [Cadence(each) for each in found]


def _carrying(of: Edition) -> Sequence[Any]:
    these = select(EditionArticle.article_id).where(EditionArticle.edition_id == of.id)
    statement = (
        select(Edition.id, Edition.mailing_id, Edition.newsletter_id, EditionArticle.article_id)
        .join(Edition, Edition.id == EditionArticle.edition_id)
        .where(EditionArticle.article_id.in_(these), Edition.id != of.id, Edition.mailing_id.is_not(None))
    )
    if not of.once_in_house:
        statement = statement.where(Edition.newsletter_id == of.newsletter_id)
    return db.session.execute(statement).all()
