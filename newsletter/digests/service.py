"""From new articles to an edition on its way, at each slot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select

from newsletter.articles.models import Article
from newsletter.articles.queries import available, source
from newsletter.core.clock import now
from newsletter.core.db import db, insert_ignoring, rows_written, transaction
from newsletter.core.errors import Conflict, InvalidInput
from newsletter.core.logs import logger
from newsletter.digests.models import Digest, DigestRun, DigestSource
from newsletter.digests.policy import Choice, Outcome, choose, in_words, is_too_late, next_due
from newsletter.digests.queries import due_digests, find_digest, source_ids
from newsletter.editions import service as editions
from newsletter.editions.queries import carried
from newsletter.mail.house import House
from newsletter.newsletters.policy import slug_problem
from newsletter.newsletters.queries import newsletter
from newsletter.newsletters.service import announce_schedule

FIRST_WINDOW = timedelta(days=7)
"""How far back the first edition of a digest reaches."""

MOST_AT_ALL = 100

log = logger(__name__)


@dataclass(frozen=True)
class Rule:
    """When and what: cron text in a zone, None for the newsletter's own; how few and how many articles."""

    cron: str
    timezone: str | None = None
    least: int = 1
    most: int = 20


@dataclass(frozen=True)
class Proposal:
    """What a digest would send for a slot; `articles` are those chosen, in order."""

    digest: Digest
    window: editions.Window
    articles: Sequence[Article]
    candidates: Sequence[Article]
    choice: Choice


def add_digest(slug: str, newsletter_slug: str, rule: Rule, sources: Sequence[int]) -> Digest:
    """A digest that runs from its next slot on.

    Raises InvalidInput (the field says which), InvalidSchedule, NotFound for newsletter or source, or Conflict.
    """
    _check(slug, rule, sources)
    with transaction():
        of = newsletter(newsletter_slug)
        if find_digest(slug):
            problem = f"There is a digest '{slug}' already; choose another slug."
            raise Conflict(problem)
        for source_id in sources:
            source(source_id)
        timezone = rule.timezone or of.timezone
        added = Digest(
            newsletter_id=of.id,
            slug=slug,
            cron=rule.cron,
            timezone=timezone,
            least=rule.least,
            most=rule.most,
            window_start=now() - FIRST_WINDOW,
            next_due_at=next_due(rule.cron, timezone, now()),
            created_at=now(),
        )
        db.session.add(added)
        db.session.flush()
        db.session.execute(
            insert(DigestSource), [{"digest_id": added.id, "source_id": source_id} for source_id in set(sources)]
        )
        announce_schedule(of.id, in_words(rule.cron, timezone))
        return added


def propose(digest: Digest, slot: datetime) -> Proposal:
    """What the digest would send at that moment, without changing anything."""
    window = editions.Window(digest.window_start, max(slot, digest.window_start))
    candidates = available(source_ids(digest.id), window.start, window.end)
    earlier = carried(digest.newsletter_id, [article.id for article in candidates])
    choice = choose(candidates, earlier, digest.least, digest.most)
    by_id = {article.id: article for article in candidates}
    articles = [by_id[article_id] for article_id in choice.article_ids]
    return Proposal(digest, window, articles, candidates, choice)


def run(digest_id: int, slot: datetime, house: House) -> DigestRun:
    """Let the slot happen: an edition queued, or the reason why there is none; all of it in one transaction.

    Raises Conflict when this slot has been run; that is how a second tick, anywhere, does no harm.
    """
    with transaction():
        digest = db.session.get_one(Digest, digest_id)
        proposal = propose(digest, slot)
        choice = proposal.choice
        this = _claim(digest, slot, choice.outcome, choice.reason)
        if choice.outcome is Outcome.EDITION:
            drafted = editions.draft(digest.newsletter_id, proposal.window, proposal.articles)
            editions.send(drafted.id, house)
            this.edition_id = drafted.id
            digest.window_start = proposal.window.end
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
        slot, following = digest.next_due_at, next_due(digest.cron, digest.timezone, digest.next_due_at)
        while following <= moment:
            slot, following = following, next_due(digest.cron, digest.timezone, following)
        if slot > moment:
            return
        digest.next_due_at = following
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


def _check(slug: str, rule: Rule, sources: Sequence[int]) -> None:
    if found := slug_problem(slug):
        raise InvalidInput(found, field="slug")
    if not 1 <= rule.least <= rule.most <= MOST_AT_ALL:
        problem = f"Expected 1 <= least <= most <= {MOST_AT_ALL} articles, not {rule.least} and {rule.most}."
        raise InvalidInput(problem, field="least")
    if not sources:
        problem = "A digest needs at least one source; add one with `newsletter source add URL`."
        raise InvalidInput(problem, field="sources")
    in_words(rule.cron, rule.timezone or "UTC")
