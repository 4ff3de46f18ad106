"""The slots as they come: an edition queued, or the reason why there is none."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from newsletter.core.clock import now
from newsletter.core.db import db, insert_ignoring, rows_written, transaction
from newsletter.core.errors import Conflict
from newsletter.core.logs import logger
from newsletter.digests.models import Digest, DigestMark, DigestRun
from newsletter.digests.policy import Outcome, is_too_late, next_due
from newsletter.digests.policy.watching import Smaller
from newsletter.digests.queries import due_digests, last_audience
from newsletter.digests.service.proposing import Proposal, propose
from newsletter.editions import service as editions
from newsletter.editions.policy import EditionStatus
from newsletter.mail.house import House

log = logger(__name__)


def run(digest_id: int, slot: datetime, house: House) -> DigestRun:
    """Let the slot happen: an edition queued, or the reason why there is none; all of it in one transaction.

    Raises Conflict when this slot has been run; that is how a second tick, anywhere, does no harm.
    """
    with transaction():
        digest = db.session.get_one(Digest, digest_id)
        proposal = propose(digest, min(slot, now()))
        choice = proposal.choice
        this = _claim(digest, slot, choice.outcome, choice.reason)
        if choice.outcome is Outcome.EDITION:
            drafted = editions.draft(digest.newsletter_id, proposal.window, proposal.articles, proposal.layout)
            this.edition_id = drafted.id
            this.reason += _let_go(digest, drafted.id, slot, house)
            _use_up(proposal)
    log.info("digest ran", digest=digest.slug, outcome=str(this.outcome), reason=this.reason)
    return this


def run_due(house: House) -> None:
    """Run the slots that have come; of several that were slept through only the last, if it is not too late."""
    for digest_id in due_digests(now()):
        try:
            _run_latest(digest_id, house)
        except Conflict as conflict:
            log.info("slot was taken", digest=digest_id, reason=str(conflict))


def _run_latest(digest_id: int, house: House) -> None:
    with transaction():
        moment = now()
        digest = db.session.scalars(
            select(Digest)
            .where(Digest.id == digest_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        lead = timedelta(minutes=digest.lead_minutes)
        slot, following = digest.next_due_at, next_due(digest.cron, digest.timezone, digest.next_due_at)
        while following - lead <= moment:
            slot, following = following, next_due(digest.cron, digest.timezone, following)
        if slot - lead > moment:
            return
        digest.aim(following)
        if is_too_late(slot, moment):
            _claim(digest, slot, Outcome.MISSED, f"nothing was running at {slot:%Y-%m-%d %H:%M} UTC")
            log.error("slot missed", digest=digest.slug, slot=slot.isoformat())
        else:
            run(digest_id, slot, house)


def _claim(digest: Digest, slot: datetime, outcome: Outcome, reason: str) -> DigestRun:
    claimed = rows_written(
        insert_ignoring(DigestRun).values(
            digest_id=digest.id, due_at=slot, ran_at=now(), outcome=outcome, reason=reason[:300]
        )
    )
    if not claimed:
        problem = f"The slot {slot:%Y-%m-%d %H:%M:%S} of digest '{digest.slug}' has been run."
        raise Conflict(problem)
    return db.session.scalars(
        select(DigestRun).where(DigestRun.digest_id == digest.id, DigestRun.due_at == slot)
    ).one()


def _let_go(digest: Digest, edition_id: int, slot: datetime, house: House) -> str:
    """Send it now, let it leave at its slot, or hold it; words for the run where it is not sent now."""
    watch, last = digest.watched, last_audience(digest.id, slot)
    if watch.smaller is Smaller.HOLD and last:
        editions.expect(edition_id, watch.least_of(last))
    if digest.needs_approval:
        drafted = editions.hold(edition_id, "it waits for approval", slot)
    else:
        drafted = editions.schedule(edition_id, slot, house)
    if drafted.status == EditionStatus.SCHEDULED and slot <= now():
        drafted = editions.leave(edition_id, house)
    if drafted.status in {EditionStatus.HELD, EditionStatus.SCHEDULED}:
        editions.tell_editor(edition_id, house)
    if drafted.status == EditionStatus.HELD:
        return f"; held: {drafted.problem}"
    return f"; it leaves at {slot:%Y-%m-%d %H:%M} UTC" if drafted.status == EditionStatus.SCHEDULED else ""


def _use_up(proposal: Proposal) -> None:
    """What an editor said for one edition has been done: its notes are printed, its pins are carried."""
    digest = proposal.digest
    digest.notes = {}
    carried = [each.id for each in proposal.articles]
    db.session.execute(
        delete(DigestMark).where(DigestMark.digest_id == digest.id, DigestMark.article_id.in_(carried))
    )
