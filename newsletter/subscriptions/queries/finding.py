"""Looking for people among a million: a page costs the same whatever narrows it, on each database.

No plan of a database is trusted to find ten readers in a million by five conditions at once. Instead each
condition that has an index is asked for a few thousand numbers: where one of them has no more than that,
these are all that can be meant. Otherwise the list is walked from the newest person back, along an index that is
in that order, some thousand at a time and no more than `Bounds` says for one page; a page that ends there says so.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, select, text, union_all

from newsletter.core.db import among, any_of, db
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import HAS_CADENCE, HAS_FORM, Follow, Subscriber, Subscription
from newsletter.subscriptions.policy import Cadence, FollowKind, SubscriptionStatus
from newsletter.subscriptions.policy.providers import DOMAINS, OTHER, PROVIDERS
from newsletter.subscriptions.policy.wanting import Wanted

PAGE = 50


@dataclass(frozen=True)
class Bounds:
    """To how many numbers a condition may lead to be taken for all that can be meant, and how many are read.

    The `first` at a time are mostly enough, the `next` follow, and no page reads more than `most`.
    """

    few: int = 10_000
    first: int = 200
    next: int = 5_000
    most: int = 10_000


BOUNDS = Bounds()

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class People:
    """A page, newest first. `older` is where the next one begins, None at the end.

    `is_cut`: it was not filled, because enough had been looked at; there may be more from `older` on. `total` is
    how many they are in all, None where that is more than `Bounds.few`.
    """

    rows: Sequence[Subscriber]
    older: int | None
    is_cut: bool
    total: int | None


class _Way(NamedTuple):
    """By which index to come to the numbers of people: whose, under which conditions."""

    number: Any
    conditions: Sequence[Any]


def people(wanted: Wanted, before: int | None = None, bounds: Bounds = BOUNDS) -> People:
    """Those with a number under `before`, None for the newest."""
    if wanted.status and wanted.newsletter_ids is None:
        # A state is found by newsletter and state.
        wanted = replace(wanted, newsletter_ids=frozenset(db.session.scalars(select(Newsletter.id))))
    with _by_index():
        return _page(wanted, before, bounds)


def _page(wanted: Wanted, before: int | None, bounds: Bounds) -> People:
    few = _few(wanted, bounds.few)
    if few is not None:
        return _page_of(_matching(wanted, few), before)
    found: list[int] = []
    looked_at, last = 0, None
    for ids in _walk(wanted, before, bounds):
        found += _matching(wanted, ids)
        looked_at, last = looked_at + len(ids), ids[-1]
        if len(found) > PAGE or looked_at >= bounds.most:
            break
    else:
        last = None
    shown = found[:PAGE]
    is_cut = len(found) <= PAGE and last is not None
    older = shown[-1] if len(found) > PAGE else last
    return People(_rows(shown), older, is_cut, total=None)


def _page_of(everybody: Sequence[int], before: int | None) -> People:
    """Where all of them are known, greatest first."""
    left = everybody if before is None else [each for each in everybody if each < before]
    shown = left[:PAGE]
    older = shown[-1] if len(left) > PAGE else None
    return People(_rows(shown), older, is_cut=False, total=len(everybody))


def standings(ids: Sequence[int], newsletter_ids: frozenset[int] | None) -> dict[int, Sequence[Subscription]]:
    """The subscriptions of the people on a page, by their numbers; of these newsletters, None for all."""
    statement = select(Subscription).where(among(Subscription.subscriber_id, ids)).order_by(Subscription.id)
    if newsletter_ids is not None:
        statement = statement.where(Subscription.newsletter_id.in_(newsletter_ids))
    found: dict[int, list[Subscription]] = {each: [] for each in ids}
    for each in db.session.scalars(statement):
        found[each.subscriber_id].append(each)
    return dict(found)


def matching(wanted: Wanted, up_to: int | None = None) -> Select[int]:
    """The numbers of all of them as a statement, none greater than `up_to`."""
    statement = select(Subscriber.id).where(*of_person(wanted))
    if up_to is not None:
        statement = statement.where(Subscriber.id <= up_to)
    if conditions := of_subscription(wanted):
        statement = statement.where(
            exists(select(Subscription.id).where(Subscription.subscriber_id == Subscriber.id, *conditions))
        )
    return statement


def of_subscription(wanted: Wanted) -> list[Any]:
    """Conditions on a subscription; none where each person is meant."""
    asked: list[Any] = []
    if wanted.newsletter_ids is not None:
        asked.append(Subscription.newsletter_id.in_(sorted(wanted.newsletter_ids)))
    if wanted.status:
        asked.append(Subscription.status == wanted.status)
    # Said twice, because a partial index is used only where its own words are said.
    if wanted.form:
        asked += [Subscription.form == wanted.form, HAS_FORM]
    if wanted.cadence:
        asked.append(Subscription.cadence == wanted.cadence)
    if wanted.cadence and wanted.cadence != Cadence.EACH:
        asked.append(HAS_CADENCE)
    asked += _days(wanted)
    if wanted.topic:
        asked.append(
            exists(
                select(Follow.id).where(
                    Follow.subscription_id == Subscription.id,
                    Follow.kind == FollowKind.TOPIC,
                    Follow.value == wanted.topic,
                )
            )
        )
    return asked


def newest_number() -> int:
    """Of all people; 0 where there are none."""
    return db.session.scalar(select(func.max(Subscriber.id))) or 0


def of_person(wanted: Wanted) -> list[Condition]:
    """What is asked of the person's address."""
    asked: list[Condition] = []
    if wanted.domain:
        asked.append(Subscriber.domain == wanted.domain)
    if wanted.prefix:
        asked += _begins_with(wanted.prefix)
    if wanted.provider == OTHER:
        asked.append(Subscriber.domain.not_in(list(PROVIDERS)))
    elif wanted.provider:
        asked.append(any_of(Subscriber.domain, DOMAINS[wanted.provider]))
    return asked


def _begins_with(prefix: str) -> list[Condition]:
    """As a range, which an index can be read by; the last letter there is stands for all that may follow."""
    return [Subscriber.lowered >= prefix, Subscriber.lowered < f"{prefix}\U0010ffff"]


def _days(wanted: Wanted) -> list[Condition]:
    asked: list[Condition] = []
    if wanted.since:
        asked.append(Subscription.requested_at >= datetime.combine(wanted.since, time.min, UTC))
    if wanted.until:
        # The last day there is has none after it.
        end = datetime.combine(wanted.until, time.max, UTC)
        asked.append(Subscription.requested_at <= end)
    return asked


@contextmanager
def _by_index() -> Iterator[None]:
    """PostgreSQL guesses that so many values must be most of the table, and reads all of it to find none."""
    if db.engine.dialect.name != "postgresql":
        yield
        return
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    yield
    db.session.execute(text("SET LOCAL enable_seqscan = on"))


def _few(wanted: Wanted, most: int) -> Sequence[int] | None:
    """All numbers that can be meant, greatest first; None where each way leads to more than so many."""
    for way in _ways(wanted):
        some = select(way.number).where(*way.conditions).limit(most + 1)
        # Counted first: to bring ten thousand numbers here costs many times what the database takes to find them.
        if (db.session.scalar(select(func.count()).select_from(some.subquery())) or 0) <= most:
            return sorted(set(db.session.scalars(some)), reverse=True)
    return None


def _ways(wanted: Wanted) -> Iterator[_Way]:
    """Each index that what is asked for can be found by; at last that of all people, who may be few."""
    if wanted.domain or wanted.prefix or (wanted.provider and wanted.provider != OTHER):
        yield _Way(Subscriber.id, of_person(wanted))
    if wanted.topic:
        followed = (
            Follow.subscription_id == Subscription.id,
            Follow.kind == FollowKind.TOPIC,
            Follow.value == wanted.topic,
        )
        yield _Way(Subscription.subscriber_id, followed)
    if wanted.form:
        yield _Way(Subscription.subscriber_id, (Subscription.form == wanted.form, HAS_FORM))
    if wanted.cadence and wanted.cadence != Cadence.EACH:
        yield _Way(Subscription.subscriber_id, (Subscription.cadence == wanted.cadence, HAS_CADENCE))
    if days := _days(wanted):
        yield _Way(Subscription.subscriber_id, days)
    if wanted.newsletter_ids is not None:
        states = [wanted.status] if wanted.status else list(SubscriptionStatus)
        ids = sorted(wanted.newsletter_ids)
        asked = Subscription.newsletter_id.in_(ids), Subscription.status.in_(states)
        yield _Way(Subscription.subscriber_id, asked)
    yield _Way(Subscriber.id, ())


def _walk(wanted: Wanted, before: int | None, bounds: Bounds) -> Iterator[Sequence[int]]:
    """Numbers from the greatest down, along the index that leaves out the most."""
    ways = list(_in_order(wanted))
    last = _start(wanted) if before is None else before
    for turn in count():
        most = bounds.first if turn == 0 else bounds.next
        ids = _next(ways, last, most)
        if ids:
            yield ids
        if len(ids) < most:
            return
        last = ids[-1]


def _next(ways: Sequence[_Way], last: int | None, most: int) -> Sequence[int]:
    """The next numbers of all ways together; of each no more are read than are wanted."""
    parts = []
    for way in ways:
        under = [way.number < last] if last is not None else []
        part = (
            select(way.number.label("id")).where(*way.conditions, *under).order_by(way.number.desc()).limit(most)
        )
        parts.append(select(part.subquery().c.id))
    merged = union_all(*parts).subquery()
    numbers = select(merged.c.id).distinct().order_by(merged.c.id.desc()).limit(most)
    return db.session.scalars(numbers).all()


def _in_order(wanted: Wanted) -> Iterator[_Way]:
    """Indexes that have their numbers in order, together all that can be meant."""
    if wanted.domain:
        yield _Way(Subscriber.id, [Subscriber.domain == wanted.domain])
    elif wanted.form:
        yield _Way(Subscription.subscriber_id, [Subscription.form == wanted.form, HAS_FORM])
    elif wanted.cadence and wanted.cadence != Cadence.EACH:
        yield _Way(Subscription.subscriber_id, [Subscription.cadence == wanted.cadence, HAS_CADENCE])
    elif wanted.newsletter_ids is not None:
        for newsletter_id in sorted(wanted.newsletter_ids):
            for status in [wanted.status] if wanted.status else SubscriptionStatus:
                here = Subscription.newsletter_id == newsletter_id, Subscription.status == status
                yield _Way(Subscription.subscriber_id, here)
    else:
        yield _Way(Subscriber.id, [])


def _start(wanted: Wanted) -> int | None:
    """Behind the newest person who signed up in those days; a walk to long ago begins there. None: anywhere."""
    days = _days(wanted)
    newest = select(func.max(Subscription.id)).scalar_subquery()
    if not days or db.session.scalar(select(Subscription.id).where(Subscription.id == newest, *days)):
        return None
    return (db.session.scalar(select(func.max(Subscription.subscriber_id)).where(*days)) or 0) + 1


def _matching(wanted: Wanted, ids: Sequence[int]) -> Sequence[int]:
    """Those of these numbers, which are in order, to whom everything applies."""
    # One table after the other: joined, PostgreSQL looks through all numbers again for each of them.
    if ids and (conditions := of_subscription(wanted)):
        number = Subscription.subscriber_id
        ids = db.session.scalars(select(number).distinct().where(among(number, ids), *conditions)).all()
    if ids and (conditions := of_person(wanted)):
        ids = db.session.scalars(select(Subscriber.id).where(among(Subscriber.id, ids), *conditions)).all()
    return sorted(ids, reverse=True)


def _rows(ids: Sequence[int]) -> Sequence[Subscriber]:
    found = select(Subscriber).where(among(Subscriber.id, ids)).order_by(Subscriber.id.desc())
    return db.session.scalars(found).all() if ids else ()
