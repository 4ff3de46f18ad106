"""Taking people in, batch by batch: each is one transaction that also says how far it got."""

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, exists, insert, select, update

from newsletter.core.addresses import keyed
from newsletter.core.clock import now
from newsletter.core.db import db, insert_ignoring, load_in_bulk, rows_written, transaction
from newsletter.core.errors import Conflict, NotFound
from newsletter.core.logs import logger
from newsletter.delivery.models import Mailing
from newsletter.mail.house import House
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.importer.previewing import Known, Order, Reject, check, look_up, outcome, plan
from newsletter.subscriptions.importer.reading import digest, opened
from newsletter.subscriptions.importer.recognising import Standing, recognise
from newsletter.subscriptions.importer.rows import Person, batches
from newsletter.subscriptions.models import (
    Consent,
    ConsentEvent,
    Follow,
    Import,
    ImportState,
    SignUp,
    Subscriber,
    Subscription,
    Verdict,
)
from newsletter.subscriptions.policy import EndReason, FollowKind, SubscriptionStatus
from newsletter.subscriptions.policy.budgets import Trust, mailbox_of
from newsletter.suppressions.models import Reason, Suppression
from newsletter.suppressions.service import IMPORTED

METHOD = "import"

Tell = Callable[[int], None]
"""Told how many rows have been read."""

log = logger(__name__)


def take_in(path: Path, approved: str, order: Order, house: House, reject: Reject, tell: Tell) -> Import:  # noqa: PLR0913, PLR0917 - what was shown, what was said, and who is told.
    """Do what the preview with the plan `approved` showed; one that was killed is gone on with.

    Raises InvalidInput, NotFound, or Conflict when the file or what was said about it is not what was approved.
    """
    check(order)
    of = newsletter(order.newsletter)
    with opened(path) as table:
        taking = recognise(table.header, order.choices)
        if plan(path, order, taking) != approved:
            problem = (
                "This is not what was shown: the file, or what was said of it, has changed. Look at it again."
            )
            raise Conflict(problem)
        chosen = _begun(path, approved, order, of.id)
        load_in_bulk()
        crew = _Crew(chosen, order, house.settings.pepper)
        for done, (people, refused) in batches(table, taking, house, chosen.rows_done):
            reject(table.header, refused)
            with transaction():
                counts = Counter(chosen.counts) + crew.settle(people) + Counter(rejected=len(refused))
                chosen.counts, chosen.rows_done = dict(counts), done
                db.session.add(chosen)
            tell(done)
    with transaction():
        chosen.state, chosen.ended_at = ImportState.DONE, now()
        db.session.add(chosen)
    log.info("import done", number=chosen.id, newsletter=order.newsletter, rows=chosen.rows_done)
    return chosen


def _begun(path: Path, approved: str, order: Order, newsletter_id: int) -> Import:
    with transaction():
        killed: Import | None = db.session.scalar(
            select(Import).where(Import.plan == approved, Import.state == ImportState.RUNNING).limit(1)
        )
        if killed:
            return killed
        begun = Import(
            newsletter_id=newsletter_id,
            file_name=path.name[:200],
            file_sha256=digest(path),
            plan=approved,
            provenance=order.provenance[:500],
            consent_note=order.consent_note[:500],
            asks=order.asks,
            counts={},
            started_at=now(),
        )
        db.session.add(begun)
        db.session.flush()
        return begun


@dataclass(frozen=True)
class _Crew:
    """Writes a batch down, in the caller's transaction: one statement for each table."""

    into: Import
    order: Order
    pepper: str

    def settle(self, people: Sequence[Person]) -> Counter[str]:
        once = {person.key: person for person in people}
        known = look_up(list(once.values()), self.into.newsletter_id)
        becomes = {key: outcome(person, known, self.order) for key, person in once.items()}
        self._suppress(once, becomes)
        new = [person for key, person in once.items() if becomes[key] in _STATUS_OF]
        if new:
            self._subscribe(new, becomes, known)
        return Counter(becomes.values()) + Counter({"repeated": len(people) - len(once)})

    def _suppress(self, once: dict[str, Person], becomes: dict[str, str]) -> None:
        moment = now()
        rows = [
            {"address_key": key, "reason": _REASON_OF[person.standing], "words": self._mark, "created_at": moment}
            for key, person in once.items()
            if becomes[key].startswith("suppressed")
        ]
        if rows:
            db.session.execute(insert_ignoring(Suppression), rows)

    @property
    def _mark(self) -> str:
        return f"{IMPORTED}{self.into.id}"

    def _subscribe(self, new: Sequence[Person], becomes: dict[str, str], known: Known) -> None:
        moment = now()
        strangers = [
            _subscriber(person, self.into.id, moment) for person in new if person.key not in known.subscribers
        ]
        if strangers:
            db.session.execute(insert_ignoring(Subscriber), strangers)
        ids = look_up(new, self.into.newsletter_id).subscribers
        rows = [self._subscription(person, ids[person.key], becomes[person.key], moment) for person in new]
        db.session.execute(insert(Subscription.__table__), rows)
        db.session.execute(
            insert(ConsentEvent.__table__),
            [self._event(person, ids[person.key], becomes[person.key], moment) for person in new],
        )
        self._follow(new, ids)
        if self.into.asks:
            self._ask([person for person in new if becomes[person.key] == "pending"], moment)

    def _subscription(self, person: Person, subscriber_id: int, becomes: str, moment: datetime) -> dict[str, Any]:
        status = _STATUS_OF[becomes]
        has_ended = status is SubscriptionStatus.UNSUBSCRIBED
        is_on = status is SubscriptionStatus.CONFIRMED
        return {
            "subscriber_id": subscriber_id,
            "newsletter_id": self.into.newsletter_id,
            "status": status,
            "end_reason": EndReason.IMPORTED if has_ended else None,
            "nonce": secrets.token_urlsafe(12),
            "cadence": person.cadence,
            "import_id": self.into.id,
            "form": METHOD,
            "page": "",
            # Retention counts from here for those who have not confirmed, so an old sign-up begins anew.
            "requested_at": person.requested_at or moment if is_on or has_ended else moment,
            "confirmed_at": (person.confirmed_at or person.requested_at or moment) if is_on else None,
            "ended_at": (person.ended_at or moment) if has_ended else None,
        }

    def _event(self, person: Person, subscriber_id: int, becomes: str, moment: datetime) -> dict[str, Any]:
        kind = _EVENT_OF[becomes]
        agreed = {
            Consent.CONFIRMED: person.confirmed_at or person.requested_at,
            Consent.WITHDRAWN: person.ended_at,
        }
        note = self.order.consent_note if kind is Consent.CONFIRMED else self.order.provenance
        return {
            "subscriber_id": subscriber_id,
            "newsletter_id": self.into.newsletter_id,
            "kind": kind,
            "method": METHOD,
            "at": agreed.get(kind) or moment,
            "form": f"import {self.into.id}",
            "page": "",
            "note": note[:500],
            "nonce": "",
        }

    def _follow(self, new: Sequence[Person], ids: Mapping[str, int]) -> None:
        wanted = {ids[person.key]: dict.fromkeys(person.topics) for person in new if person.topics}
        if not wanted:
            return
        mine = select(Subscription.id, Subscription.subscriber_id).where(
            Subscription.newsletter_id == self.into.newsletter_id, Subscription.subscriber_id.in_(wanted)
        )
        rows = [
            {"subscription_id": row.id, "kind": FollowKind.TOPIC, "value": topic}
            for row in db.session.execute(mine)
            for topic in wanted[row.subscriber_id]
        ]
        db.session.execute(insert(Follow.__table__), rows)

    def _ask(self, pending: Sequence[Person], moment: datetime) -> None:
        rows = [
            {
                "verdict": Verdict.NEW,
                "at": moment,
                "due_at": moment,
                "address": str(person.mailbox),
                "entered": person.mailbox.entered,
                "address_key": person.key,
                "inbox_key": keyed(mailbox_of(person.mailbox.identity), self.pepper),
                "domain_key": keyed(person.mailbox.domain, self.pepper),
                "trust": Trust.SIGNED,
                "is_confirmed": False,
                "newsletter_ids": [self.into.newsletter_id],
                "wish": {},
                "method": METHOD,
                "form": f"import {self.into.id}",
                **dict.fromkeys(("page", "wording", "ip", "user_agent"), ""),
            }
            for person in pending
        ]
        if rows:
            db.session.execute(insert(SignUp.__table__), rows)


def _subscriber(person: Person, import_id: int, moment: datetime) -> dict[str, Any]:
    return {
        "address": str(person.mailbox),
        "entered": person.mailbox.entered,
        "address_key": person.key,
        "name": person.name,
        "import_id": import_id,
        "active_at": moment,
        "created_at": moment,
    }


_STATUS_OF = {
    "confirmed": SubscriptionStatus.CONFIRMED,
    "pending": SubscriptionStatus.PENDING,
    "unsubscribed": SubscriptionStatus.UNSUBSCRIBED,
}
_EVENT_OF = {"confirmed": Consent.CONFIRMED, "pending": Consent.REQUESTED, "unsubscribed": Consent.WITHDRAWN}
_REASON_OF = {Standing.BOUNCED: Reason.HARD_BOUNCE, Standing.COMPLAINED: Reason.COMPLAINT}


def undo(import_id: int) -> Import:
    """Take back all that this import did, but for what the people themselves have done since.

    Raises NotFound, or Conflict once the newsletter has sent an edition, or when it was undone before.
    """
    with transaction():
        chosen = db.session.get(Import, import_id)
        _check_undoable(chosen, import_id)
        assert chosen  # noqa: S101 - it was checked.
        own = exists(
            select(ConsentEvent.id).where(
                ConsentEvent.subscriber_id == Subscription.subscriber_id,
                ConsentEvent.newsletter_id == Subscription.newsletter_id,
                ConsentEvent.method != METHOD,
            )
        )
        gone = select(Subscription.id).where(Subscription.import_id == import_id, ~own)
        removed = rows_written(delete(Subscription).where(Subscription.id.in_(gone)))
        db.session.execute(update(Subscription).where(Subscription.import_id == import_id).values(import_id=None))
        has_one = exists(select(Subscription.id).where(Subscription.subscriber_id == Subscriber.id))
        db.session.execute(delete(Subscriber).where(Subscriber.import_id == import_id, ~has_one))
        db.session.execute(delete(Suppression).where(Suppression.words == f"{IMPORTED}{import_id}"))
        db.session.execute(delete(SignUp).where(SignUp.form == f"import {import_id}"))
        db.session.expire_all()
        chosen.state, chosen.ended_at = ImportState.UNDONE, now()
    log.info("import undone", number=import_id, subscriptions=removed)
    return chosen


def _check_undoable(chosen: Import | None, import_id: int) -> None:
    if chosen is None:
        raise NotFound(kind="import", name=import_id)
    if chosen.state == ImportState.UNDONE:
        problem = f"Import {import_id} was undone before."
        raise Conflict(problem)
    sent_since = select(Mailing.id).where(
        Mailing.newsletter_id == chosen.newsletter_id,
        Mailing.kind == "edition",
        Mailing.created_at >= chosen.started_at,
    )
    if db.session.scalar(sent_since.limit(1)):
        problem = (
            f"Import {import_id} cannot be undone any more: an edition has gone to these people. "
            "Unsubscribe or erase them instead."
        )
        raise Conflict(problem)
