"""Trying a second subject on some readers first, half of whom get it; the rest get what was opened more."""

import secrets
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import delete, select

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, InvalidInput
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.delivery import service as delivery
from newsletter.delivery.models import Mailing
from newsletter.delivery.service import Halves, Letter
from newsletter.editions.models import Edition, Split
from newsletter.editions.policy import LONGEST_SUBJECT, STATES, EditionStatus
from newsletter.editions.policy.splitting import SHARES, WAITS, Arm, DecidedBy, better, first_rule
from newsletter.editions.queries import edition
from newsletter.editions.queries.splits import counted
from newsletter.editions.service.arranging import still_open
from newsletter.editions.service.indexing import index
from newsletter.mail.message import plain

log = logger(__name__)


def split(edition_id: int, subject: str, share: float, wait: timedelta) -> Split:
    """Try this subject against the edition's own on `share` of the readers, and decide after `wait`.

    Raises NotFound, Conflict once it is on its way, or for a correction, InvalidInput.
    """
    words = plain(subject)
    if not 0 < len(words) <= LONGEST_SUBJECT:
        problem = said(
            "A subject has 1 to %(most)s characters, not %(number)s.", most=LONGEST_SUBJECT, number=len(words)
        )
        raise InvalidInput(problem, field="other_subject")
    if not SHARES[0] <= share <= SHARES[1]:
        problem = said(
            "Choose from %(least)s to %(most)s of the readers.", least=f"{SHARES[0]:.0%}", most=f"{SHARES[1]:.0%}"
        )
        raise InvalidInput(problem, field="share")
    if not WAITS[0] <= wait <= WAITS[1]:
        problem = said("Wait for ten minutes at least, and a day at most.")
        raise InvalidInput(problem, field="minutes")
    with transaction():
        chosen = still_open(edition_id)
        if chosen.corrects is not None:
            problem = said("A correction goes to all at once; it has one subject.")
            raise Conflict(problem)
        if words == chosen.subject:
            problem = said("That is its subject already; try another one.")
            raise InvalidInput(problem, field="other_subject")
        found = db.session.get(Split, edition_id) or Split(edition_id=edition_id, wordings=[])
        found.subject, found.share, found.wait_minutes = words, share, int(wait.total_seconds() // 60)
        db.session.add(found)
        return found


def unsplit(edition_id: int) -> Edition:
    """Send it with its own subject alone. Raises NotFound, Conflict once it is on its way."""
    with transaction():
        chosen = still_open(edition_id)
        db.session.execute(delete(Split).where(Split.edition_id == edition_id))
        return chosen


def choose(edition_id: int, arm: Arm) -> Split:
    """Let the rest have this subject, without waiting any longer.

    Raises NotFound, or Conflict unless it is being sent and nothing is decided.
    """
    with transaction():
        chosen, found = edition(edition_id), db.session.get(Split, edition_id, with_for_update=True)
        if found is None or found.winner or chosen.mailing_id is None or chosen.status != EditionStatus.SENDING:
            problem = said(
                "Edition %(edition)s is %(status)s; there is nothing to decide between two subjects.",
                edition=edition_id,
                status=STATES[chosen.status],
            )
            raise Conflict(problem)
        delivery.let_go(chosen.mailing_id)
        _decide(chosen, found, arm)
        return found


def with_split(letter: Letter, chosen: Edition, halves: Halves | None) -> Letter:
    """The letter as those get it who go first, if a second subject is tried on them."""
    found = db.session.get(Split, chosen.id)
    if found is None or halves is None:
        return letter
    wait = timedelta(minutes=found.wait_minutes)
    return replace(letter, halves=halves, canary=first_rule(found.share, wait, letter.canary))


def begin_split(chosen: Edition, mailing: Mailing, wordings: list[list[int]]) -> None:
    """Keep what is to be decided; without anything, nobody goes first and all have its own subject."""
    found = db.session.get(Split, chosen.id)
    if found is None:
        return
    found.own_subject, found.wordings = chosen.subject, wordings
    if not wordings:
        found.winner, found.decided_by, found.decided_at = Arm.OWN, DecidedBy.FEW, now()
        log.warning("too few readers to try a second subject on", edition=chosen.id, audience=mailing.audience)


def settle_split(edition_id: int) -> None:
    """Decide, if the rest may leave by now and nobody has decided; in the transaction that lets them go."""
    with transaction():
        found = db.session.get(Split, edition_id, with_for_update=True, populate_existing=True)
        if found is None or found.winner:
            return
        chosen = edition(edition_id)
        held_back = select(Mailing.up_to_id).where(Mailing.id == chosen.mailing_id)
        if db.session.scalar(held_back) is None:
            _decide(chosen, found)


def _decide(chosen: Edition, found: Split, arm: Arm | None = None) -> None:
    own, other = counted(chosen, found).values()
    best = arm or better(own, other)
    found.winner = best or secrets.choice(list(Arm))
    found.decided_by = DecidedBy.OPERATOR if arm else DecidedBy.CLICKS if best else DecidedBy.LOT
    found.decided_at = now()
    found.own_sent, found.own_clicks = own.sent, own.clicks
    found.other_sent, found.other_clicks = other.sent, other.clicks
    is_other = found.winner == Arm.OTHER
    which = 2 if is_other else 1
    delivery.copy_wordings(chosen.mailing_id or 0, {each[0]: each[which] for each in found.wordings})
    if is_other:
        chosen.subject = found.subject
        index([chosen.id])
    log.info("subject decided", edition=chosen.id, winner=found.winner, by=found.decided_by)
