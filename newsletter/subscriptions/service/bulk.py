"""One act on many: asked for with the number that was shown, done by the worker some thousand at a time.

Each thousand is one transaction that also says how far it got, so that a killed worker loses and repeats nothing.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, delete, exists, func, insert, literal, select, update

from newsletter.core.clock import now
from newsletter.core.db import UtcDateTime, among, db, insert_ignoring, one_at_a_time, rows_written, transaction
from newsletter.core.errors import Conflict, InvalidInput, NotFound
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.delivery.service import cancel_for_many
from newsletter.subscriptions.models import (
    BulkAction,
    BulkKind,
    BulkState,
    Consent,
    ConsentEvent,
    Subscriber,
    Subscription,
)
from newsletter.subscriptions.policy import EndReason, SubscriptionStatus
from newsletter.subscriptions.policy.wanting import Wanted, wanted_from
from newsletter.subscriptions.queries.finding import matching, newest_number, of_person, of_subscription
from newsletter.subscriptions.service.acting import METHOD, reason_in
from newsletter.suppressions.models import Reason, Suppression

AT_A_TIME = 2000
_OFF = SubscriptionStatus.UNSUBSCRIBED

log = logger(__name__)


def offer_bulk(kind: BulkKind, wanted: Wanted) -> tuple[int, int]:
    """To how many it would be done, and the greatest of their numbers: whoever comes later is not meant.

    Raises InvalidInput where such an act would be too easily one too many.
    """
    check_bulk(kind, wanted)
    up_to = newest_number()
    return _how_many(kind, wanted, up_to), up_to


def begin_bulk(kind: BulkKind, wanted: Wanted, shown: tuple[int, int], words: str, because: str) -> BulkAction:
    """Let the worker do it, if they are no more than `offer_bulk` has shown. Raises InvalidInput, Conflict."""
    check_bulk(kind, wanted)
    why, (how_many, up_to) = reason_in(because), shown
    with transaction():
        found = _how_many(kind, wanted, up_to)
        if found > how_many:
            problem = said(
                "They are %(found)s by now, not %(how_many)s. Look at them again.", found=found, how_many=how_many
            )
            raise Conflict(problem)
        begun = BulkAction(
            kind=kind,
            wanted=wanted.as_dict(),
            words=words,
            because=why,
            up_to=up_to,
            shown=found,
            started_at=now(),
        )
        db.session.add(begun)
        return begun


def work_through_bulk() -> None:
    """Do what was asked for and is not done; it may be called by several workers at once."""
    for action_id in db.session.scalars(
        select(BulkAction.id).where(BulkAction.state == BulkState.RUNNING).order_by(BulkAction.id)
    ).all():
        while next_batch(action_id):
            pass


def undo_bulk(action_id: int) -> int:
    """Mail those again who were suppressed by it; how many. Raises NotFound, or Conflict.

    Nobody can take back that somebody was unsubscribed: it would be mail to people who did not ask.
    """
    with transaction():
        action = bulk_action(action_id)
        if action.kind != BulkKind.SUPPRESS:
            problem = said("Nobody but the subscribers themselves can begin a subscription that has ended.")
            raise Conflict(problem)
        if action.state == BulkState.UNDONE:
            problem = said("It was undone before.")
            raise Conflict(problem)
        # By now nothing more is added: each thousand looks at the state in its own transaction.
        action.state, action.ended_at = BulkState.UNDONE, now()
        theirs = (
            Suppression.reason == Reason.MANUAL,
            Suppression.words == _mark(action),
            Suppression.erased_at.is_(None),
        )
        statement = delete(Suppression).where(*theirs).execution_options(synchronize_session=False)
        lifted = rows_written(statement)
    log.info("bulk action undone", number=action_id, lifted=lifted)
    return lifted


def bulk_action(action_id: int) -> BulkAction:
    """In its newest state. Raises NotFound."""
    found = db.session.get(BulkAction, action_id, populate_existing=True)
    if found is None:
        raise NotFound(kind="bulk action", name=action_id)
    return found


def newsletters_of(action: BulkAction) -> frozenset[int] | None:
    """Whose subscribers it is for; None for those of all."""
    ids = action.wanted.get("newsletter_ids")
    return None if ids is None else frozenset(ids)


def check_bulk(kind: BulkKind, wanted: Wanted) -> None:
    """Raises InvalidInput where such an act would be too easily one too many."""
    if wanted.prefix:
        problem = said(
            "This is not for addresses by their beginning: it is kept what was asked for, and would name people."
        )
        raise InvalidInput(problem, field="text")
    if kind == BulkKind.UNSUBSCRIBE and (wanted.newsletter_ids is None or len(wanted.newsletter_ids) != 1):
        problem = said("Choose one newsletter that they are to be unsubscribed from.")
        raise InvalidInput(problem, field="newsletter")


def _how_many(kind: BulkKind, wanted: Wanted, up_to: int) -> int:
    return db.session.scalar(select(func.count()).select_from(_those(kind, wanted, up_to).subquery())) or 0


def _those(kind: BulkKind, wanted: Wanted, up_to: int) -> Select[int]:
    """To whoever has left, or is suppressed, it is done already."""
    if kind == BulkKind.SUPPRESS:
        is_done = exists(select(Suppression.address_key).where(Suppression.address_key == Subscriber.address_key))
        return matching(wanted, up_to).where(~is_done)
    # Of one newsletter each has one, so that an index alone tells them.
    number = Subscription.subscriber_id
    these = select(number).where(*of_subscription(wanted), Subscription.status != _OFF, number <= up_to)
    people = of_person(wanted)
    return these.join(Subscriber, Subscriber.id == number).where(*people) if people else these


def next_batch(action_id: int, most: int = AT_A_TIME) -> bool:
    """Do it to the next so many people, as one transaction; whether there is more to do. Raises NotFound."""
    with transaction():
        one_at_a_time(f"bulk {action_id}")
        action = bulk_action(action_id)
        if action.state != BulkState.RUNNING:
            return False
        wanted = wanted_from(action.wanted, newsletters_of(action))
        these = _those(action.kind, wanted, action.up_to)
        number = these.selected_columns[0]
        ids = db.session.scalars(these.where(number > action.reached).order_by(number).limit(most)).all()
        action.done += _do(action, wanted, ids) if ids else 0
        action.reached = ids[-1] if ids else action.reached
        if len(ids) < most:
            action.state, action.ended_at = BulkState.DONE, now()
            log.info("bulk action done", number=action_id, kind=action.kind, done=action.done)
        return len(ids) == most


def _do(action: BulkAction, wanted: Wanted, ids: Sequence[int]) -> int:
    if action.kind == BulkKind.SUPPRESS:
        return _suppress(action, ids)
    return _unsubscribe(action, of_subscription(wanted), ids)


def _suppress(action: BulkAction, ids: Sequence[int]) -> int:
    values = {
        Suppression.address_key: Subscriber.address_key,
        Suppression.reason: literal(Reason.MANUAL.value),
        Suppression.words: literal(_mark(action)),
        Suppression.created_at: literal(now(), UtcDateTime),
    }
    chosen = select(*values.values()).where(among(Subscriber.id, ids))
    return rows_written(insert_ignoring(Suppression).from_select([*values], chosen))


def _unsubscribe(action: BulkAction, conditions: Sequence[ColumnElement[bool]], ids: Sequence[int]) -> int:
    """As `leaving.end` for each: the event, the end, and what is queued."""
    moment = now()
    theirs = select(Subscription.id, Subscription.subscriber_id, Subscription.newsletter_id).where(
        among(Subscription.subscriber_id, ids), Subscription.status != _OFF, *conditions
    )
    rows = db.session.execute(theirs.with_for_update(of=Subscription)).all()
    if not rows:
        return 0
    ended = {"status": _OFF, "end_reason": EndReason.OPERATOR, "ended_at": moment}
    db.session.execute(
        update(Subscription)
        .where(among(Subscription.id, [row.id for row in rows]))
        .values(**ended, paused_until=None)
        .execution_options(synchronize_session=False)
    )
    event = {"kind": Consent.WITHDRAWN, "method": METHOD, "at": moment, "note": action.because}
    db.session.execute(
        insert(ConsentEvent),
        [{**event, "subscriber_id": row.subscriber_id, "newsletter_id": row.newsletter_id} for row in rows],
    )
    cancel_for_many([row.subscriber_id for row in rows], rows[0].newsletter_id)
    return len(rows)


def _mark(action: BulkAction) -> str:
    """The words of each suppression, by which they are taken back together."""
    return f"action {action.id}: {action.because}"
