"""Taking people in, batch by batch: each is one transaction that also says how far it got."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, exists, insert, select, update

from newsletter.core.addresses import keyed
from newsletter.core.clock import now
from newsletter.core.db import db, insert_ignoring, load_in_bulk, rows_written, transaction
from newsletter.core.errors import Conflict, NotFound
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.delivery.models import Mailing
from newsletter.mail.house import House
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.importer.previewing import Known, Order, Reject, Tell, check, look_up, outcome, plan
from newsletter.subscriptions.importer.reading import digest, opened
from newsletter.subscriptions.importer.recognising import RANK, Standing, recognise
from newsletter.subscriptions.importer.rows import Person, batches
from newsletter.subscriptions.importer.staging import HAS_ACTED, METHOD, Arrival, Staging, blindly
from newsletter.subscriptions.models import (
    Consent,
    Import,
    ImportState,
    SignUp,
    Subscriber,
    Subscription,
    Verdict,
)
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.policy.budgets import Trust, mailbox_of
from newsletter.suppressions.models import IMPORTED, Reason, Suppression

log = logger(__name__)


def take_in(path: Path, approved: str, order: Order, house: House, reject: Reject, tell: Tell) -> Import:  # noqa: PLR0913, PLR0917 - what was shown, what was said, and who is told.
    """Do what the preview with the plan `approved` showed; one that was killed is gone on with.

    Raises InvalidInput, NotFound, or Conflict when the file or what was said about it is not what was approved.
    """
    check(order)
    of = newsletter(order.newsletter)
    with opened(path, order.choices.encoding, order.choices.delimiter) as table:
        taking = recognise(table.header, order.choices)
        if plan(path, order, taking) != approved:
            problem = said(
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
        once = _least_active(people)
        known = look_up(list(once.values()), self.into.newsletter_id)
        becomes = {key: outcome(person, known, self.order) for key, person in once.items()}
        new = [person for key, person in once.items() if becomes[key] in _STATUS_OF]
        becomes |= self._end_again(once, becomes, known)
        self._suppress(once, becomes)
        if new:
            self._subscribe(new, becomes)
        return Counter(becomes.values()) + Counter({"repeated": len(people) - len(once)})

    def _end_again(self, once: Mapping[str, Person], becomes: Mapping[str, str], known: Known) -> dict[str, str]:
        """Whom an earlier batch of this import brought and a row of this one says had left, and as what."""
        left = {
            known.subscribers[key]: person
            for key, person in once.items()
            if becomes[key] in _IS_ON and RANK[person.standing] >= RANK[Standing.UNSUBSCRIBED]
        }
        ended = Staging(self.into).end(left, now()) if left else ()
        stranger = Known({}, {}, {})
        return {left[each].key: outcome(left[each], stranger, self.order) for each in ended}

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

    def _subscribe(self, new: Sequence[Person], becomes: Mapping[str, str]) -> None:
        moment = now()
        arrivals = (
            _arrival(place, person, becomes[person.key], moment) for place, person in enumerate(new, start=1)
        )
        topics = [
            (place, topic) for place, person in enumerate(new, start=1) for topic in dict.fromkeys(person.topics)
        ]
        Staging(self.into).settle(arrivals, topics, moment)
        if self.into.asks:
            self._ask([person for person in new if becomes[person.key] == "pending"], moment)

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


def _least_active(people: Sequence[Person]) -> dict[str, Person]:
    """Each person once, by key; of several rows of one person the least active counts."""
    once: dict[str, Person] = {}
    for person in people:
        if person.key not in once or RANK[person.standing] > RANK[once[person.key].standing]:
            once[person.key] = person
    return once


def _arrival(place: int, person: Person, becomes: str, moment: datetime) -> Arrival:
    status = _STATUS_OF[becomes]
    is_on, has_ended = becomes == "confirmed", becomes == "unsubscribed"
    # Retention counts from here for those who have not confirmed, so an old sign-up begins anew.
    requested_at = person.requested_at or moment if is_on or has_ended else moment
    confirmed_at = (person.confirmed_at or person.requested_at or moment) if is_on else None
    ended_at = (person.ended_at or moment) if has_ended else None
    return Arrival(
        place=place,
        address_key=person.key,
        address=str(person.mailbox),
        entered=person.mailbox.entered,
        name=person.name,
        status=status,
        kind=_EVENT_OF[becomes],
        nonce=secrets.token_urlsafe(12),
        cadence=person.cadence or "",
        requested_at=requested_at,
        confirmed_at=confirmed_at,
        ended_at=ended_at,
        language=person.language,
        timezone=person.timezone,
        local_hour=person.local_hour,
    )


_STATUS_OF = {
    "confirmed": SubscriptionStatus.CONFIRMED.value,
    "pending": SubscriptionStatus.PENDING.value,
    "unsubscribed": SubscriptionStatus.UNSUBSCRIBED.value,
}
_IS_ON = {f"stays {status.value}" for status in (SubscriptionStatus.CONFIRMED, SubscriptionStatus.PENDING)}
_EVENT_OF = {
    "confirmed": Consent.CONFIRMED.value,
    "pending": Consent.REQUESTED.value,
    "unsubscribed": Consent.WITHDRAWN.value,
}
_REASON_OF = {Standing.BOUNCED: Reason.HARD_BOUNCE, Standing.COMPLAINED: Reason.COMPLAINT}


_STATES: dict[str, str] = {
    ImportState.RUNNING: said("running"),
    ImportState.DONE: said("done"),
    ImportState.UNDOING: said("undoing"),
    ImportState.UNDONE: said("undone"),
}


def ask_undo(import_id: int) -> Import:
    """Let the worker take this import back, which for a million takes minutes. Raises as `undo`."""
    with transaction():
        chosen = db.session.get(Import, import_id, populate_existing=True)
        _check_undoable(chosen, import_id)
        assert chosen  # noqa: S101 - it was checked.
        if chosen.state != ImportState.DONE:
            problem = said(
                "Import %(number)s is %(state)s; wait until it is done.",
                number=import_id,
                state=_STATES[chosen.state],
            )
            raise Conflict(problem)
        chosen.state = ImportState.UNDOING
        return chosen


def undo_asked() -> None:
    """Take back each import for which that was asked; those to whom an edition has gone since stay."""
    for import_id in db.session.scalars(select(Import.id).where(Import.state == ImportState.UNDOING)).all():
        try:
            undo(import_id)
        except Conflict as problem:
            with transaction():
                db.session.get_one(Import, import_id).state = ImportState.DONE
            log.warning("import not undone", number=import_id, problem=str(problem))


def undo(import_id: int) -> Import:
    """Take back all that this import did, but for what the people themselves have done since.

    Raises NotFound, or Conflict once the newsletter has sent an edition, or when it was undone before.
    """
    load_in_bulk()
    with transaction():
        chosen = db.session.get(Import, import_id)
        _check_undoable(chosen, import_id)
        assert chosen  # noqa: S101 - it was checked.
        has_one = exists(select(Subscription.id).where(Subscription.subscriber_id == Subscriber.id))
        removed = rows_written(
            blindly(delete(Subscription).where(Subscription.import_id == import_id, ~HAS_ACTED))
        )
        for statement in (
            update(Subscription).where(Subscription.import_id == import_id).values(import_id=None),
            delete(Subscriber).where(Subscriber.import_id == import_id, ~has_one),
            delete(Suppression).where(Suppression.words == f"{IMPORTED}{import_id}"),
            delete(SignUp).where(SignUp.form == f"import {import_id}"),
        ):
            db.session.execute(blindly(statement))
        db.session.expire_all()
        chosen.state, chosen.ended_at = ImportState.UNDONE, now()
    log.info("import undone", number=import_id, subscriptions=removed)
    return chosen


def _check_undoable(chosen: Import | None, import_id: int) -> None:
    if chosen is None:
        raise NotFound(kind="import", name=import_id)
    if chosen.state == ImportState.UNDONE:
        problem = said("Import %(number)s was undone before.", number=import_id)
        raise Conflict(problem)
    sent_since = select(Mailing.id).where(
        Mailing.newsletter_id == chosen.newsletter_id,
        Mailing.kind == "edition",
        Mailing.created_at >= chosen.started_at,
    )
    if db.session.scalar(sent_since.limit(1)):
        problem = said(
            "Import %(number)s cannot be undone any more: an edition has gone to these people. "
            "Unsubscribe or erase them instead.",
            number=import_id,
        )
        raise Conflict(problem)
