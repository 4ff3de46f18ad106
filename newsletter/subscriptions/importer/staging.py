"""New people on their way into the tables: a batch in a table of its own, then one statement for each table.

That first table is seen by this session only, and gone before the transaction ends.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    Executable,
    Integer,
    MetaData,
    String,
    Table,
    case,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from newsletter.core.db import UtcDateTime, among, db, insert_ignoring
from newsletter.core.loading import load
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.models import Consent, ConsentEvent, Follow, Import, Subscriber, Subscription
from newsletter.subscriptions.policy import EndReason, FollowKind, SubscriptionStatus

METHOD = "import"


class Arrival(NamedTuple):
    """Somebody who is new to the newsletter."""

    place: int
    address_key: str
    address: str
    entered: str
    name: str
    status: str
    kind: str
    nonce: str
    cadence: str
    requested_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    language: str = ""
    timezone: str = ""
    local_hour: int | None = None


_TEMPORARY = MetaData()
_KINDS = {"local_hour": Integer, **dict.fromkeys(("requested_at", "confirmed_at", "ended_at"), UtcDateTime)}
_ARRIVALS = Table(
    "arrivals",
    _TEMPORARY,
    Column("place", Integer, primary_key=True, autoincrement=False),
    *(Column(name, _KINDS.get(name, String)) for name in Arrival._fields[1:]),
    prefixes=["TEMPORARY"],
)
_NEW = _ARRIVALS.c
_TOPICS = Table(
    "arrivals_topics",
    _TEMPORARY,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("arrival", Integer),
    Column("topic", String),
    prefixes=["TEMPORARY"],
)
_ALL = _ARRIVALS.join(Subscriber, Subscriber.address_key == _NEW.address_key)
# Whoever signs up by themselves at this very moment has a nonce of their own, and theirs is what stays.
_TAKEN_IN = _ALL.join(
    Subscription, (Subscription.subscriber_id == Subscriber.id) & (Subscription.nonce == _NEW.nonce)
)


HAS_ACTED = exists(
    select(ConsentEvent.id).where(
        ConsentEvent.subscriber_id == Subscription.subscriber_id,
        ConsentEvent.newsletter_id == Subscription.newsletter_id,
        ConsentEvent.method != METHOD,
    )
)
"""Whether there is something about a subscription that no import did."""


def blindly(statement: Executable) -> Executable:
    """Without a look at which objects of this session it is about: those would be read, all of them."""
    return statement.execution_options(synchronize_session=False)


@dataclass(frozen=True)
class Staging:
    """Writes the arrivals of an import down, in the caller's transaction."""

    into: Import

    def settle(self, arrivals: Iterable[Arrival], topics: Sequence[tuple[int, str]], moment: datetime) -> None:
        """`topics` are those that each wants, by the arrival's place."""
        connection = db.session.connection()
        _TEMPORARY.create_all(connection, checkfirst=False)
        load(_ARRIVALS, arrivals)
        self._subscribers(moment)
        self._subscriptions()
        self._consent(moment)
        if topics:
            load(_TOPICS, ((place, *each) for place, each in enumerate(topics)))
            self._follows()
        _TEMPORARY.drop_all(connection, checkfirst=False)

    def end(self, subscriber_ids: Collection[int], moment: datetime) -> Sequence[int]:
        """End what this import began, but for those who have done something themselves; whose it was."""
        is_on = Subscription.status.in_((SubscriptionStatus.CONFIRMED, SubscriptionStatus.PENDING))
        mine = among(Subscription.subscriber_id, subscriber_ids), Subscription.import_id == self.into.id
        ended = db.session.scalars(select(Subscription.subscriber_id).where(*mine, is_on, ~HAS_ACTED)).all()
        these = among(Subscription.subscriber_id, ended), Subscription.import_id == self.into.id
        values = {
            "status": SubscriptionStatus.UNSUBSCRIBED,
            "end_reason": EndReason.IMPORTED,
            "ended_at": moment,
        }
        db.session.execute(blindly(update(Subscription).where(*these).values(values)))
        event = {
            "newsletter_id": self.into.newsletter_id,
            "kind": Consent.WITHDRAWN,
            "method": METHOD,
            "at": moment,
            "form": f"import {self.into.id}",
            "note": self.into.provenance,
        }
        if ended:
            db.session.execute(insert(ConsentEvent), [{**event, "subscriber_id": each} for each in ended])
        return ended

    def _subscribers(self, moment: datetime) -> None:
        values = {
            Subscriber.address_key: _NEW.address_key,
            Subscriber.address: _NEW.address,
            Subscriber.entered: _NEW.entered,
            Subscriber.name: _NEW.name,
            Subscriber.language: _NEW.language,
            Subscriber.timezone: _NEW.timezone,
            Subscriber.local_hour: _NEW.local_hour,
            Subscriber.import_id: literal(self.into.id),
            Subscriber.active_at: literal(moment, UtcDateTime),
            Subscriber.created_at: literal(moment, UtcDateTime),
        }
        chosen = select(*values.values()).select_from(_ARRIVALS).order_by(_NEW.place)
        db.session.execute(insert_ignoring(Subscriber).from_select([*values], chosen))

    def _subscriptions(self) -> None:
        has_ended = _NEW.status == SubscriptionStatus.UNSUBSCRIBED.value
        default = select(Newsletter.cadence).where(Newsletter.id == self.into.newsletter_id).scalar_subquery()
        values = {
            Subscription.subscriber_id: Subscriber.id,
            Subscription.newsletter_id: literal(self.into.newsletter_id),
            Subscription.status: _NEW.status,
            Subscription.end_reason: case((has_ended, EndReason.IMPORTED.value)),
            Subscription.nonce: _NEW.nonce,
            Subscription.cadence: func.coalesce(func.nullif(_NEW.cadence, ""), default),
            Subscription.import_id: literal(self.into.id),
            Subscription.form: literal(METHOD),
            Subscription.requested_at: _NEW.requested_at,
            Subscription.confirmed_at: _NEW.confirmed_at,
            Subscription.ended_at: _NEW.ended_at,
        }
        chosen = select(*values.values()).select_from(_ALL).order_by(_NEW.place)
        db.session.execute(insert_ignoring(Subscription).from_select([*values], chosen))

    def _consent(self, moment: datetime) -> None:
        said, answered_for = literal(self.into.provenance), literal(self.into.consent_note)
        values = {
            ConsentEvent.subscriber_id: Subscriber.id,
            ConsentEvent.newsletter_id: literal(self.into.newsletter_id),
            ConsentEvent.kind: _NEW.kind,
            ConsentEvent.method: literal(METHOD),
            ConsentEvent.at: func.coalesce(_NEW.confirmed_at, _NEW.ended_at, literal(moment, UtcDateTime)),
            ConsentEvent.form: literal(f"import {self.into.id}"),
            ConsentEvent.note: case((_NEW.kind == Consent.CONFIRMED.value, answered_for), else_=said),
        }
        chosen = select(*values.values()).select_from(_TAKEN_IN).order_by(_NEW.place)
        _insert(ConsentEvent, values, chosen)

    def _follows(self) -> None:
        values = {
            Follow.subscription_id: Subscription.id,
            Follow.kind: literal(FollowKind.TOPIC.value),
            Follow.value: _TOPICS.c.topic,
        }
        wanted = _TAKEN_IN.join(_TOPICS, _TOPICS.c.arrival == _NEW.place)
        _insert(Follow, values, select(*values.values()).select_from(wanted).order_by(_TOPICS.c.place))


def _insert(model: type[Any], values: dict[Any, Any], chosen: Any) -> None:  # noqa: ANN401 - a select of any columns.
    db.session.execute(insert(model).from_select([*values], chosen))
