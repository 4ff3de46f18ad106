"""Sending editions and stopping them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import exists, update

from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.errors import Conflict, EditionUnfit, UnsafeMessage
from newsletter.core.logs import logger
from newsletter.delivery import service as delivery
from newsletter.delivery.models import Mailing, MailingState
from newsletter.delivery.policy import Status
from newsletter.editions.emails import Told, edition_letter, renderings
from newsletter.editions.models import Edition
from newsletter.editions.policy import GRACE, LONGEST_PROBLEM, OPEN, EditionStatus
from newsletter.editions.queries import articles_of, edition, layout_of, scheduled_until
from newsletter.editions.service.drafting import findings
from newsletter.mail.gate import Finding, inspect
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.queries import audience

log = logger(__name__)


def send(edition_id: int, house: House) -> Edition:
    """Render once, freeze the audience, queue for each of them; workers do the rest.

    Raises Conflict unless it is a draft or scheduled, because sending twice is what must never happen, or
    EditionUnfit when the gate finds an error.
    """
    with transaction():
        claimed = rows_written(
            update(Edition)
            .where(Edition.id == edition_id, Edition.status.in_((EditionStatus.DRAFT, EditionStatus.SCHEDULED)))
            .values(status=EditionStatus.SENDING)
        )
        chosen = edition(edition_id)
        if not claimed:
            why = f" ({chosen.problem}); approve it first" if chosen.status == EditionStatus.HELD else ""
            problem = f"Edition {edition_id} is {chosen.status}{why}; only a draft can be sent."
            raise Conflict(problem)
        of = db.session.get_one(Newsletter, chosen.newsletter_id)
        made = renderings(Told(chosen, articles_of(edition_id), layout_of(chosen)), of, house)
        _refuse_errors(edition_id, inspect(made.contents[0], of.postal_address))
        letter = edition_letter(chosen, made, of, house)
        mailing = delivery.queue_mailing(letter, audience(of.id))
        if letter.keeps_names:
            numbers = {name: made.number_of(name) for name in delivery.names_of(mailing.id)}
            delivery.vary(mailing.id, letter, made.contents[1:], numbers)
        chosen.mailing_id = mailing.id
    log.info("edition queued", edition=edition_id, newsletter=of.slug, audience=mailing.audience)
    return chosen


def schedule(edition_id: int, at: datetime, house: House) -> Edition:
    """Let it leave by itself at that moment; with an error it is held instead. Raises NotFound, Conflict."""
    errors = [each for each in findings(edition_id, house) if each.is_error]
    if errors:
        return hold(edition_id, errors[0].words, at)
    return _put(edition_id, EditionStatus.SCHEDULED, at, "")


def hold(edition_id: int, reason: str = "an operator holds it", at: datetime | None = None) -> Edition:
    """Let it not leave before somebody approves it; `at` is when it was meant to, None leaves that as it is.

    Raises NotFound, or Conflict once it is on its way.
    """
    held = _put(edition_id, EditionStatus.HELD, at, reason[:LONGEST_PROBLEM])
    log.warning("edition held", edition=edition_id, reason=reason)
    return held


def approve(edition_id: int, house: House) -> Edition:
    """Let it leave when it was meant to, or at once when that is past.

    Raises NotFound, Conflict unless it waits, or EditionUnfit when the gate finds an error.
    """
    _refuse_errors(edition_id, findings(edition_id, house))
    at = edition(edition_id).sends_at
    return _put(edition_id, EditionStatus.SCHEDULED, max(at, now()) if at else now(), "")


def let_leave(edition_id: int, house: House) -> Edition:
    """Let it leave at once, by the next worker that looks; whoever asks need not wait until all are queued.

    Raises NotFound, Conflict unless it is a draft or scheduled, or EditionUnfit when the gate finds an error.
    """
    _refuse_errors(edition_id, findings(edition_id, house))
    values = {"status": EditionStatus.SCHEDULED, "sends_at": now(), "problem": ""}
    return _change(edition_id, (EditionStatus.DRAFT, EditionStatus.SCHEDULED), values, "be sent; approve it first")


def recall(edition_id: int) -> Edition:
    """Never send it, as long as nothing of it has left; its articles may go again. Raises NotFound, Conflict."""
    return _change(edition_id, OPEN, {"status": EditionStatus.CANCELLED}, "be recalled; cancel the rest of it")


def send_due(house: House) -> None:
    """Send what is scheduled for now; what is too late, or unfit after all, is held."""
    moment = now()
    for edition_id, at in scheduled_until(moment):
        try:
            if moment - at > GRACE:
                hold(edition_id, f"it was meant to leave at {at:%Y-%m-%d %H:%M} UTC, and nothing was running")
            else:
                send(edition_id, house)
        except (EditionUnfit, UnsafeMessage) as problem:
            hold(edition_id, str(problem))
        except Conflict as conflict:
            log.info("edition was taken", edition=edition_id, reason=str(conflict))


def pause(edition_id: int, reason: str = "an operator paused it") -> Edition:
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
        chosen.status = EditionStatus.SENDING
        return chosen


def resend(edition_id: int, which: frozenset[Status]) -> Edition:
    """Send it once more to those whom it has missed: who is failed, unknown, or both.

    Raises NotFound, or Conflict when it is a draft, was cancelled, or nobody is to be found.
    """
    with transaction():
        chosen = edition(edition_id)
        if chosen.status == EditionStatus.CANCELLED:
            problem = f"Edition {edition_id} is cancelled, for good."
            raise Conflict(problem)
        # Written also where it says so already: by now the clock may have made it another one.
        db.session.execute(
            update(Edition)
            .where(Edition.id == edition_id)
            .values(status=EditionStatus.SENDING, sent_at=None)
            .execution_options(synchronize_session=False)
        )
        delivery.requeue(_mailing_id(chosen), which)
        return edition(edition_id)


def cancel(edition_id: int) -> Edition:
    """Send it to nobody further, for good. Raises NotFound, or Conflict when it has been sent."""
    with transaction():
        chosen = edition(edition_id)
        if chosen.status == EditionStatus.SENT:
            problem = f"Edition {edition_id} has been sent; nothing is left to cancel."
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


def _put(edition_id: int, status: EditionStatus, at: datetime | None, problem: str) -> Edition:
    """Into a state before sending, unless it has left it."""
    values = {"status": status, "problem": problem} | ({"sends_at": at} if at else {})
    return _change(edition_id, OPEN, values, f"become {status} any more")


def _change(edition_id: int, among: Sequence[EditionStatus], values: Mapping[str, object], wish: str) -> Edition:
    """Write these values if it is in one of those states; `wish` is what it otherwise cannot."""
    with transaction():
        chosen = edition(edition_id)
        written = rows_written(
            update(Edition).where(Edition.id == edition_id, Edition.status.in_(among)).values(**values)
        )
        if not written:
            words = f"Edition {edition_id} is {chosen.status}; it cannot {wish}."
            raise Conflict(words)
        return edition(edition_id)


def _refuse_errors(edition_id: int, found: Sequence[Finding]) -> None:
    errors = [each.words for each in found if each.is_error]
    if errors:
        problem = f"Edition {edition_id} cannot leave: {' '.join(errors)}"
        raise EditionUnfit(problem)


def _mailing_id(chosen: Edition) -> int:
    if chosen.mailing_id is None:
        problem = f"Edition {chosen.id} is {chosen.status}; it has not been sent yet."
        raise Conflict(problem)
    return chosen.mailing_id
