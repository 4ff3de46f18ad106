"""The slots as they come: an edition queued, or the reason why there is none."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from newsletter.core.clock import now
from newsletter.core.db import db, insert_ignoring, rows_written, transaction
from newsletter.core.errors import Conflict, EditionUnfit, UnsafeMessage
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.digests.models import Digest, DigestMark, DigestRun
from newsletter.digests.policy import RARE, Once, Outcome, is_too_late, next_due, riders
from newsletter.digests.policy.watching import Smaller
from newsletter.digests.queries import due_digests, has_run_since, last_audience
from newsletter.digests.service.proposing import Proposal, propose
from newsletter.editions import service as editions
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus, Readers
from newsletter.editions.queries.readers import is_wanted
from newsletter.mail.house import House
from newsletter.subscriptions.policy import Cadence

log = logger(__name__)


def run(digest_id: int, slot: datetime, house: House) -> DigestRun:
    """Let the slot happen: an edition queued, or the reason why there is none; all of it in one transaction.

    Raises Conflict when this slot has been run; that is how a second tick, anywhere, does no harm.
    """
    with transaction():
        digest = db.session.get_one(Digest, digest_id)
        return _run(digest, slot, Cadence.EACH, house)


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
            _miss(digest, slot, house)
        else:
            # The rarer ones after it, so that they know what it brings to whom; and in this same transaction, so
            # that no death of a worker comes between them.
            for cadence in (Cadence.EACH, *_due_cadences(digest, slot)):
                _run(digest, slot, cadence, house)


def _miss(digest: Digest, slot: datetime, house: House) -> None:
    """Too late to send by itself: what it would have sent is held, so that somebody approves or recalls it."""
    proposal = propose(digest, slot)
    this = _claim(digest, slot, Outcome.MISSED, f"nothing was running at {slot:%Y-%m-%d %H:%M} UTC")
    if proposal.choice.outcome is Outcome.EDITION:
        drafted = _drafted(proposal, this)
        editions.hold(drafted.id, f"it is late: {this.reason}", slot)
        this.reason += f"; edition {drafted.id} is held: approve it, or recall it and its articles come later"
        _use_up(proposal)
        editions.tell_editor(drafted.id, house)
    log.error("slot missed", digest=digest.slug, slot=slot.isoformat(), edition=this.edition_id)


def _drafted(proposal: Proposal, this: DigestRun) -> Edition:
    """The edition of this run."""
    digest = proposal.digest
    readers = _readers(digest, Cadence(this.cadence))
    drafted = editions.draft(digest.newsletter_id, proposal.window, proposal.articles, proposal.layout, readers)
    this.edition_id = drafted.id
    return drafted


def _run(digest: Digest, slot: datetime, cadence: Cadence, house: House) -> DigestRun:
    if cadence is not Cadence.EACH and not is_wanted(digest.newsletter_id, cadence):
        return _claim(digest, slot, Outcome.NOBODY, f"nobody wants it {cadence}", cadence)
    proposal = propose(digest, min(slot, now()), cadence)
    choice = proposal.choice
    this = _claim(digest, slot, choice.outcome, choice.reason, cadence)
    if choice.outcome is Outcome.EDITION:
        this.reason += _let_go(digest, _drafted(proposal, this), slot, house)
        if cadence is Cadence.EACH:
            _use_up(proposal)
    log.info("digest ran", digest=digest.slug, cadence=cadence, outcome=str(this.outcome), reason=this.reason)
    return this


def _due_cadences(digest: Digest, slot: datetime) -> Sequence[Cadence]:
    """The rarer cadences whose slot this is: the first of the week, or a later one if the first was missed."""
    rhythm = digest.rhythm
    return [
        each
        for each in RARE
        if each not in riders(rhythm)
        and digest.created_at <= rhythm.first_slot(each, slot)
        and not has_run_since(digest.id, each, rhythm.period(each, slot))
    ]


def _readers(digest: Digest, cadence: Cadence) -> Readers:
    return Readers(
        cadence,
        riders(digest.rhythm) if cadence is Cadence.EACH else (),
        digest.local_hour,
        once_in_house=digest.rule.once is Once.HOUSE,
    )


def _claim(
    digest: Digest, slot: datetime, outcome: Outcome, reason: str, cadence: Cadence = Cadence.EACH
) -> DigestRun:
    row = {"digest_id": digest.id, "due_at": slot, "cadence": cadence, "outcome": outcome}
    claimed = rows_written(insert_ignoring(DigestRun).values(ran_at=now(), reason=reason[:300], **row))
    if not claimed:
        problem = said(
            "The slot %(slot)s of digest '%(slug)s' has been run.",
            slot=f"{slot:%Y-%m-%d %H:%M:%S}",
            slug=digest.slug,
        )
        raise Conflict(problem)
    return db.session.scalars(
        select(DigestRun).where(
            DigestRun.digest_id == digest.id, DigestRun.due_at == slot, DigestRun.cadence == cadence
        )
    ).one()


def _let_go(digest: Digest, edition: Edition, slot: datetime, house: House) -> str:
    """Send it now, let it leave at its slot, or hold it; words for the run where it is not sent now."""
    watch, last = digest.watched, last_audience(digest.id, slot, Cadence(edition.cadence))
    if watch.smaller is Smaller.HOLD and last:
        editions.expect(edition.id, watch.least_of(last))
    if digest.needs_approval:
        drafted = editions.hold(edition.id, "it waits for approval", slot)
    else:
        drafted = editions.schedule(edition.id, slot, house)
    waits = drafted.status == EditionStatus.SCHEDULED and slot > now()
    # What is rendered in many parts leaves a second later, so that nobody waits for this transaction meanwhile.
    if drafted.status == EditionStatus.SCHEDULED and not waits and not editions.is_to_be_rehearsed(edition.id):
        drafted = _left(edition.id, house)
    if waits or drafted.status == EditionStatus.HELD:
        editions.tell_editor(edition.id, house)
    if drafted.status == EditionStatus.HELD:
        return f"; held: {drafted.problem}"
    return f"; it leaves at {slot:%Y-%m-%d %H:%M} UTC" if waits else ""


def _left(edition_id: int, house: House) -> Edition:
    try:
        # The gate looks at each group's part only here, and one that is unfit must not undo the slot.
        with db.session.begin_nested():
            return editions.leave(edition_id, house)
    except (EditionUnfit, UnsafeMessage) as problem:
        return editions.hold(edition_id, str(problem))


def _use_up(proposal: Proposal) -> None:
    """What an editor said for one edition has been done: its notes are printed, its pins are carried."""
    digest = proposal.digest
    digest.notes = {}
    carried = [each.id for each in proposal.articles]
    db.session.execute(
        delete(DigestMark).where(DigestMark.digest_id == digest.id, DigestMark.article_id.in_(carried))
    )
