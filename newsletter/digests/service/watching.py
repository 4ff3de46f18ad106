"""The watchdog: tells of complaints, and of an edition that is late, empty, short, smaller, or stands still."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from newsletter.alarms.policy import Rhythm
from newsletter.alarms.queries import find_sender, open_alarms
from newsletter.alarms.service import Change, post, settle
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import NewsletterError
from newsletter.core.logs import logger
from newsletter.digests.emails import Barking, watch_letter
from newsletter.digests.models import Digest
from newsletter.digests.policy.watching import (
    RATE_DAYS,
    Complaining,
    Kind,
    Sight,
    sight_of_complaints,
    sight_of_empty,
    sight_of_late,
    sight_of_smaller,
)
from newsletter.digests.queries import digests, last_slot
from newsletter.editions.policy import STANDSTILL
from newsletter.editions.queries.accepted import accepted_since
from newsletter.editions.queries.audiences import standing_still
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.suppressions.queries import complaints_since

log = logger(__name__)

_WRONG = {
    Kind.LATE: "edition is late",
    Kind.EMPTY: "edition is empty or short",
    Kind.SMALLER: "edition has fewer readers",
    Kind.STILL: "sending stands still",
    Kind.COMPLAINTS: "many readers complain",
}


def watch(house: House) -> Sequence[Sight]:
    """Look at each digest's last slot and at what is on its way; tell what begins and what is over. What is wrong.

    Each cause is told once by mail, if there is an address for it, and in the log; then its end.
    """
    moment = now()
    wrong = []
    for of_newsletter, sight in _sights(moment):
        try:
            _tell(sight, of_newsletter, moment, house)
        except NewsletterError as error:
            log.error("operator not told", cause=sight.cause, error=str(error))  # noqa: TRY400 - it says all.
        if sight.is_so:
            wrong.append(sight)
    return wrong


def complaining(moment: datetime) -> Complaining:
    """The complaints of the last `RATE_DAYS`, beside what was accepted."""
    since = moment - timedelta(days=RATE_DAYS)
    return Complaining(complaints_since(since), accepted_since(since))


def _sights(moment: datetime) -> Iterator[tuple[int | None, Sight]]:
    """Each with the newsletter that it is about, None for one of all, or that is over and forgotten."""
    for digest in digests():
        for sight in _sights_of(digest, moment):
            yield digest.newsletter_id, sight
    yield None, sight_of_complaints(complaining(moment))
    still = standing_still(moment - STANDSTILL)
    for edition, problem in still:
        why = problem or f"deliveries are due, and for {STANDSTILL.seconds // 60} minutes none has come to an end"
        words = f"Edition {edition.id} does not come on: {why}."
        yield (
            edition.newsletter_id,
            Sight(Kind.STILL, str(edition.id), is_so=True, words=words, edition_id=edition.id),
        )
    known = {str(edition.id) for edition, _ in still}
    for alarm in open_alarms(Kind.STILL):
        number = alarm.cause.partition(" ")[2]
        if number not in known:
            yield None, Sight(Kind.STILL, number, is_so=False, edition_id=int(number))


def _sights_of(digest: Digest, moment: datetime) -> Sequence[Sight]:
    slot, by = last_slot(digest.id), digest.watched
    return (
        sight_of_late(digest.slug, by, digest.next_due_at, slot, moment),
        sight_of_empty(digest.slug, by, digest.rule.least, slot),
        sight_of_smaller(digest.slug, by, slot),
    )


def _tell(sight: Sight, newsletter_id: int | None, moment: datetime, house: House) -> None:
    with transaction():
        change = settle(sight.cause, is_so=sight.is_so, moment=moment, rhythm=Rhythm.ONCE)
        _log(sight, change)
        of = db.session.get(Newsletter, newsletter_id) if newsletter_id else find_sender()
        if change.is_told and house.settings.operator and of:
            barking = Barking(sight, change.since(moment), is_over=change.now.since is None)
            post(watch_letter(of, barking, moment, house), house)


def _log(sight: Sight, change: Change) -> None:
    if change.has_begun:
        log.error(_WRONG[sight.kind], about=sight.about, words=sight.words)
    elif change.has_ended:
        log.warning("it is over", what=_WRONG[sight.kind], about=sight.about, since=change.was.since)
