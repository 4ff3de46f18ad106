"""Sending editions and stopping them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import exists, update

from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.errors import Conflict, EditionUnfit, UnsafeMessage
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.delivery import service as delivery
from newsletter.delivery.models import Mailing, MailingState
from newsletter.delivery.policy import Status
from newsletter.editions.emails import Told, edition_letter, told_by_subject
from newsletter.editions.models import Edition
from newsletter.editions.policy import BY_HAND, GRACE, LONGEST_PROBLEM, OPEN, STATES, EditionStatus
from newsletter.editions.queries import articles_of, edition, layout_of, scheduled_until
from newsletter.editions.queries.audiences import reach
from newsletter.editions.service.drafting import findings
from newsletter.editions.service.grouping import grouped
from newsletter.editions.service.indexing import index
from newsletter.editions.service.rehearsing import rehearsed
from newsletter.editions.service.splitting import begin_split, settle_split, with_split
from newsletter.editions.service.trying import tell_editor
from newsletter.editions.service.wording import Worded, Wordings, refuse_errors
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter

log = logger(__name__)


def send(edition_id: int, house: House) -> Edition:
    """Render once, freeze the audience, queue for each of them; workers do the rest.

    Raises Conflict unless it is a draft or scheduled, because sending twice is what must never happen, or
    EditionUnfit when the gate finds an error.
    """
    ahead = rehearsed(edition_id, house)
    with transaction():
        claimed = rows_written(
            update(Edition)
            .where(Edition.id == edition_id, Edition.status.in_((EditionStatus.DRAFT, EditionStatus.SCHEDULED)))
            .values(status=EditionStatus.SENDING)
        )
        chosen = edition(edition_id)
        if not claimed:
            raise Conflict(_not_to_be_sent(chosen))
        of = db.session.get_one(Newsletter, chosen.newsletter_id)
        told = Told(chosen, articles_of(edition_id), layout_of(chosen), is_counted=of.measures_clicks)
        worded = [Worded(each, of, house) for each in told_by_subject(told)]
        for each in worded:
            each.adopt(ahead)
        letter = edition_letter(chosen, worded[0].whole, of, house)
        with grouped(chosen, told.articles) as groups:
            wordings = Wordings(groups.parts, worded)
            letter = with_split(letter, chosen, wordings.numbers.halves)
            mailing = delivery.queue_mailing(letter, groups.recipients)
        chosen.mailing_id = mailing.id
        begin_split(chosen, mailing, wordings.bring(mailing, letter))
        index([edition_id])
    log.info("edition queued", edition=edition_id, newsletter=of.slug, audience=mailing.audience)
    return chosen


def _not_to_be_sent(chosen: Edition) -> str:
    facts = {"edition": chosen.id, "status": STATES[chosen.status], "problem": chosen.problem}
    if chosen.status == EditionStatus.HELD:
        return said(
            "Edition %(edition)s is %(status)s (%(problem)s); approve it first; only a draft can be sent.", **facts
        )
    return said("Edition %(edition)s is %(status)s; only a draft can be sent.", **facts)


def leave(edition_id: int, house: House) -> Edition:
    """As `send`, for an edition that goes by itself; with fewer readers than it must have it is held instead."""
    chosen = edition(edition_id)
    if chosen.least_audience and (readers := reach(chosen)) < chosen.least_audience:
        reason = f"it has {readers} readers, fewer than the {chosen.least_audience} that it should have at least"
        return hold(edition_id, reason)
    return send(edition_id, house)


def expect(edition_id: int, least_audience: int) -> Edition:
    """Let it not leave by itself with fewer readers. Raises NotFound, or Conflict once it is on its way."""
    return _put(edition_id, {"least_audience": least_audience})


def schedule(edition_id: int, at: datetime, house: House) -> Edition:
    """Let it leave by itself at that moment; with an error it is held instead. Raises NotFound, Conflict."""
    errors = [each for each in findings(edition_id, house) if each.is_error]
    if errors:
        return hold(edition_id, errors[0].words, at)
    return _put(edition_id, {"status": EditionStatus.SCHEDULED, "problem": "", "sends_at": at})


def hold(edition_id: int, reason: str = "an operator holds it", at: datetime | None = None) -> Edition:
    """Let it not leave before somebody approves it; `at` is when it was meant to, None leaves that as it is.

    Raises NotFound, or Conflict once it is on its way.
    """
    values = {"status": EditionStatus.HELD, "problem": reason[:LONGEST_PROBLEM]}
    held = _put(edition_id, values | ({"sends_at": at} if at else {}))
    log.warning("edition held", edition=edition_id, reason=reason)
    return held


def approve(edition_id: int, house: House) -> Edition:
    """Let it leave when it was meant to, or at once when that is past, however few its readers are.

    Raises NotFound, Conflict unless it waits, or EditionUnfit when the gate finds an error.
    """
    refuse_errors(edition_id, findings(edition_id, house))
    at = edition(edition_id).sends_at
    goes_at = max(at, now()) if at else now()
    values = {"status": EditionStatus.SCHEDULED, "problem": "", "sends_at": goes_at, "least_audience": 0}
    return _put(edition_id, values)


def let_leave(edition_id: int, house: House) -> Edition:
    """Let it leave at once, by the next worker that looks; whoever asks need not wait until all are queued.

    Raises NotFound, Conflict unless it is a draft or scheduled, or EditionUnfit when the gate finds an error.
    """
    refuse_errors(edition_id, findings(edition_id, house))
    values = {"status": EditionStatus.SCHEDULED, "sends_at": now(), "problem": ""}
    return _change(
        edition_id, (EditionStatus.DRAFT, EditionStatus.SCHEDULED), values, said("be sent; approve it first")
    )


def recall(edition_id: int) -> Edition:
    """Never send it, as long as nothing of it has left; its articles may go again. Raises NotFound, Conflict."""
    return _change(
        edition_id, OPEN, {"status": EditionStatus.CANCELLED}, said("be recalled; cancel the rest of it")
    )


def send_due(house: House) -> None:
    """Send what is scheduled for now; what is too late, or unfit after all, is held, and its editor is told."""
    moment = now()
    for edition_id, at in scheduled_until(moment):
        try:
            chosen = _left_or_held(edition_id, at, moment, house)
        except Conflict as conflict:
            log.info("edition was taken", edition=edition_id, reason=str(conflict))
            continue
        if chosen.status == EditionStatus.HELD:
            with suppress(UnsafeMessage):
                tell_editor(edition_id, house)


def _left_or_held(edition_id: int, at: datetime, moment: datetime, house: House) -> Edition:
    if moment - at > GRACE:
        return hold(edition_id, f"it was meant to leave at {at:%Y-%m-%d %H:%M} UTC, and nothing was running")
    try:
        return leave(edition_id, house)
    except (EditionUnfit, UnsafeMessage) as problem:
        return hold(edition_id, str(problem))


def pause(edition_id: int, reason: str = BY_HAND) -> Edition:
    """Hand over no more of it within two seconds. Raises NotFound, or Conflict unless it is sending."""
    with transaction():
        chosen = edition(edition_id)
        delivery.pause(_mailing_id(chosen), reason)
        chosen.status = EditionStatus.PAUSED
        return chosen


def resume(edition_id: int) -> Edition:
    """Go on with those who have not got it. Raises NotFound, or Conflict unless it is paused."""
    with transaction():
        chosen = edition(edition_id)
        delivery.resume(_mailing_id(chosen))
        settle_split(edition_id)
        chosen.status = EditionStatus.SENDING
        return chosen


def resend(edition_id: int, which: frozenset[Status]) -> Edition:
    """Send it once more to those whom it has missed: who is failed, unknown, or both.

    Raises NotFound, or Conflict when it is a draft, was cancelled, or nobody is to be found.
    """
    with transaction():
        chosen = edition(edition_id)
        if chosen.status == EditionStatus.CANCELLED:
            problem = said("Edition %(edition)s is cancelled, for good.", edition=edition_id)
            raise Conflict(problem)
        # Written also where it says so already: by now the clock may have made it another one.
        db.session.execute(
            update(Edition)
            .where(Edition.id == edition_id)
            .values(status=EditionStatus.SENDING, sent_at=None)
            .execution_options(synchronize_session=False)
        )
        delivery.requeue(_mailing_id(chosen), which)
        settle_split(edition_id)
        return edition(edition_id)


def cancel(edition_id: int) -> Edition:
    """Send it to nobody further, for good. Raises NotFound, or Conflict when it has been sent."""
    with transaction():
        chosen = edition(edition_id)
        if chosen.status == EditionStatus.SENT:
            problem = said("Edition %(edition)s has been sent; nothing is left to cancel.", edition=edition_id)
            raise Conflict(problem)
        if chosen.mailing_id:
            delivery.cancel(chosen.mailing_id)
        chosen.status = EditionStatus.CANCELLED
        return chosen


def follow_mailings() -> None:
    """Bring editions to the state of their mailings: sent when nothing is open, paused when delivery paused."""
    states = {MailingState.FINISHED: EditionStatus.SENT, MailingState.PAUSED: EditionStatus.PAUSED}
    with transaction():
        for mailing_state, status in states.items():
            # Correlated: few editions are sending, and each confirmation ever sent is a mailing.
            has_come_to_it = exists().where(Mailing.id == Edition.mailing_id, Mailing.state == mailing_state)
            db.session.execute(
                update(Edition)
                .where(Edition.status == EditionStatus.SENDING, has_come_to_it.correlate(Edition))
                .values(status=status, sent_at=now() if status is EditionStatus.SENT else None)
                .execution_options(synchronize_session=False)
            )


def _put(edition_id: int, values: Mapping[str, object]) -> Edition:
    """These values, unless it is on its way already."""
    to = values.get("status")
    state = STATES[EditionStatus(str(to))] if to else said("another")
    return _change(edition_id, OPEN, values, said("become %(status)s any more", status=state))


def _change(edition_id: int, among: Sequence[EditionStatus], values: Mapping[str, object], wish: str) -> Edition:
    """Write these values if it is in one of those states; `wish` is what it otherwise cannot."""
    with transaction():
        chosen = edition(edition_id)
        written = rows_written(
            update(Edition).where(Edition.id == edition_id, Edition.status.in_(among)).values(**values)
        )
        if not written:
            words = said(
                "Edition %(edition)s is %(status)s; it cannot %(wish)s.",
                edition=edition_id,
                status=STATES[chosen.status],
                wish=wish,
            )
            raise Conflict(words)
        return edition(edition_id)


def _mailing_id(chosen: Edition) -> int:
    if chosen.mailing_id is None:
        problem = said(
            "Edition %(edition)s is %(status)s; it has not been sent yet.",
            edition=chosen.id,
            status=STATES[chosen.status],
        )
        raise Conflict(problem)
    return chosen.mailing_id
