"""Everybody out again, as rows that `importer` reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from newsletter.core.db import among, db
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.models import Consent, ConsentEvent, Follow, Subscriber, Subscription, Wording
from newsletter.subscriptions.policy import FollowKind, SubscriptionStatus
from newsletter.subscriptions.policy.wanting import Wanted
from newsletter.subscriptions.queries.finding import of_person, of_subscription

COLUMNS = (
    *("email", "name", "status", "end_reason", "cadence", "topics", "language", "timezone", "local_hour"),
    *("requested_at", "confirmed_at", "ended_at"),
    *("consent_method", "consent_at", "consent_wording", "consent_sha256", "form", "page", "note"),
    *("notice_url", "notice_version", "locale"),
)
AT_A_TIME = 1000

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Filter:
    """Of which newsletter; without `statuses`, `since` and `wanted` all there ever were."""

    newsletter: str
    statuses: Sequence[SubscriptionStatus] = ()
    since: datetime | None = None
    wanted: Wanted | None = None


_BEFORE_TOPICS = (
    Subscriber.entered,
    Subscriber.name,
    Subscription.status,
    Subscription.end_reason,
    Subscription.cadence,
)
_AFTER_TOPICS = (
    Subscriber.language,
    Subscriber.timezone,
    Subscriber.local_hour,
    Subscription.requested_at,
    Subscription.confirmed_at,
    Subscription.ended_at,
    ConsentEvent.method,
    ConsentEvent.at,
    Wording.id.label("wording"),
    Wording.digest,
    ConsentEvent.form,
    ConsentEvent.page,
    ConsentEvent.note,
    ConsentEvent.notice_url,
    ConsentEvent.notice_version,
    ConsentEvent.locale,
)


def export(chosen: Filter) -> Iterator[dict[str, str]]:
    """A row for each subscription, by `COLUMNS`, in the order in which they were made. Raises NotFound.

    Read as it is needed, a thousand at a time; what is changed meanwhile may be in it or not.
    """
    of, last = newsletter(chosen.newsletter), 0
    while (end := db.session.scalar(_end_after(last))) is not None:
        rows = db.session.execute(_between(last, end, of.id, chosen)).all()
        followed = _followed([row.id for row in rows])
        for row in rows:
            yield _row(row, followed.get(row.id, ()))
        last = end
        # Each thousand is a reading of its own, so that a slow reader keeps nothing from being cleared away.
        db.session.commit()


def guarded(cell: str) -> str:
    """Whatever a spreadsheet would take for a formula gets an apostrophe, which the importer takes off again."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _end_after(last: int) -> Select[int]:
    """The last of the next thousand subscriptions of whomever; else some would sort all that are to come."""
    these = (
        select(Subscription.id).where(Subscription.id > last).order_by(Subscription.id).limit(AT_A_TIME).subquery()
    )
    return select(func.max(these.c.id))


def _between(last: int, end: int, newsletter_id: int, chosen: Filter) -> Select[*tuple[object, ...]]:
    newest = (
        select(func.max(ConsentEvent.id))
        .where(
            ConsentEvent.subscriber_id == Subscription.subscriber_id,
            ConsentEvent.newsletter_id == Subscription.newsletter_id,
            ConsentEvent.kind.in_((Consent.REQUESTED, Consent.CONFIRMED)),
        )
        .correlate(Subscription)
        .scalar_subquery()
    )
    statement = (
        select(Subscription.id, *_BEFORE_TOPICS, *_AFTER_TOPICS)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .outerjoin(ConsentEvent, ConsentEvent.id == newest)
        .outerjoin(Wording, Wording.id == ConsentEvent.wording_id)
        # The sum keeps the database from reading all of the newsletter by another index each time.
        .where(Subscription.id > last, Subscription.id <= end, Subscription.newsletter_id + 0 == newsletter_id)
        .order_by(Subscription.id)
    )
    if chosen.statuses:
        statement = statement.where(Subscription.status.in_(chosen.statuses))
    if chosen.since:
        statement = statement.where(Subscription.requested_at >= chosen.since)
    if chosen.wanted:
        statement = statement.where(*of_person(chosen.wanted), *of_subscription(chosen.wanted))
    return statement


def _followed(ids: Sequence[int]) -> dict[int, list[str]]:
    rows = db.session.execute(
        select(Follow.subscription_id, Follow.value)
        .where(among(Follow.subscription_id, ids), Follow.kind == FollowKind.TOPIC)
        .order_by(Follow.id)
    )
    found: dict[int, list[str]] = {}
    for subscription_id, value in rows:
        found.setdefault(subscription_id, []).append(value)
    return found


def _row(row: Sequence[object], topics: Sequence[str]) -> dict[str, str]:
    """By `COLUMNS`, whose order is that of the statement with the topics between."""
    _, *cells = ["" if cell is None else cell if type(cell) is str else _said(cell) for cell in row]
    cells.insert(len(_BEFORE_TOPICS), "|".join(topics))
    return dict(zip(COLUMNS, cells, strict=True))


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
