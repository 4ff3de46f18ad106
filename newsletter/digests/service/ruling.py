"""What a digest is told: its rule and schedule, and by hand what becomes of one article or stands as a note."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert

from newsletter.articles.queries import article, removed_sources, source
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, InvalidInput
from newsletter.core.words import said
from newsletter.digests.models import Digest, DigestMark, DigestSource
from newsletter.digests.policy import Approval, Mark, MarkKind, Selection, cron_of, in_words, next_due, watching
from newsletter.digests.policy.rules import PLAIN_SELECTION, stored
from newsletter.digests.policy.watching import Watch
from newsletter.digests.queries import digest as digest_of
from newsletter.digests.queries import find_digest, source_ids
from newsletter.editions.policy import LONGEST_NOTE
from newsletter.newsletters.policy import slug_problem
from newsletter.newsletters.queries import newsletter
from newsletter.newsletters.service import announce_schedule

FIRST_WINDOW = timedelta(days=7)
"""How far back the first edition of a digest reaches."""

LONGEST_LEAD = 24 * 60
LONGEST_KEPT_BACK = timedelta(days=366)


@dataclass(frozen=True)
class Rule:
    """When and what: plain words or cron text, in a zone, None for the newsletter's own; and which articles."""

    when: str
    timezone: str | None = None
    selection: Selection = PLAIN_SELECTION


def add_digest(slug: str, newsletter_slug: str, rule: Rule, sources: Sequence[int]) -> Digest:
    """A digest that runs from its next slot on.

    Raises InvalidInput (the field says which), InvalidSchedule, NotFound for newsletter or source, or Conflict.
    """
    cron = _checked(slug, rule, sources)
    with transaction():
        of = newsletter(newsletter_slug)
        if find_digest(slug):
            problem = said("There is a digest '%(slug)s' already; choose another slug.", slug=slug)
            raise Conflict(problem)
        _know(rule.selection, sources)
        timezone = rule.timezone or of.timezone
        added = Digest(
            newsletter_id=of.id,
            slug=slug,
            cron=cron,
            timezone=timezone,
            selection=stored(rule.selection),
            lead_minutes=0,
            created_at=now(),
        )
        added.aim(next_due(cron, timezone, now()))
        db.session.add(added)
        db.session.flush()
        db.session.execute(
            insert(DigestSource), [{"digest_id": added.id, "source_id": source_id} for source_id in set(sources)]
        )
        announce_schedule(of.id, cron, timezone)
        return added


def rule_by(slug: str, selection: Selection) -> Digest:
    """Let the digest choose by this rule from now on. Raises NotFound for digest or source, or InvalidInput."""
    with transaction():
        digest = digest_of(slug)
        _know(selection, source_ids(digest.id))
        digest.selection = stored(selection)
        return digest


def reschedule(slug: str, when: str, timezone: str | None) -> Digest:
    """Let it come at other times, in its own zone where none is given. Raises NotFound, InvalidSchedule."""
    cron = cron_of(when)
    with transaction():
        digest = digest_of(slug)
        digest.timezone = timezone or digest.timezone
        digest.aim(next_due(cron, digest.timezone, now()))
        digest.cron = cron
        announce_schedule(digest.newsletter_id, cron, digest.timezone)
        return digest


def release(slug: str, lead_minutes: int, approval: Approval) -> Digest:
    """How its editions leave: drafted so long before the slot, by themselves or after approval.

    Raises NotFound, or InvalidInput for a lead of more than a day.
    """
    if not 0 <= lead_minutes <= LONGEST_LEAD:
        problem = said(
            "A draft is made 0 to %(most)s minutes before its slot, not %(number)s.",
            most=LONGEST_LEAD,
            number=lead_minutes,
        )
        raise InvalidInput(problem, field="lead")
    with transaction():
        digest = digest_of(slug)
        digest.lead_minutes, digest.needs_approval = lead_minutes, approval is Approval.NEEDED
        digest.aim(digest.next_due_at)
        return digest


def watch_by(slug: str, by: Watch) -> Digest:
    """Let its watchdog look at this from now on. Raises NotFound."""
    with transaction():
        digest = digest_of(slug)
        digest.watch = watching.stored(by)
        return digest


def mark(slug: str, article_id: int, by: Mark) -> None:
    """Say by hand what becomes of an article; what was said of it before no longer counts.

    Raises NotFound, or InvalidInput for an article of a source that the digest does not read, or a wrong moment.
    """
    with transaction():
        digest, marked = digest_of(slug), article(article_id)
        if marked.source_id not in source_ids(digest.id):
            problem = said(
                "Article %(article)s is of source %(source)s, which digest '%(slug)s' does not read.",
                article=article_id,
                source=marked.source_id,
                slug=slug,
            )
            raise InvalidInput(problem, field="article")
        _check_moment(by)
        _forget_mark(digest.id, article_id)
        db.session.add(DigestMark(digest_id=digest.id, article_id=article_id, kind=by.kind, until=by.until))


def unmark(slug: str, article_id: int) -> None:
    """Leave the article to the rule. Raises NotFound."""
    with transaction():
        _forget_mark(digest_of(slug).id, article_id)


def note(slug: str, text: str, section: str = "") -> Digest:
    """Words in Markdown for the next edition, before a section or, with "", before all; empty ones take them out.

    Raises NotFound, or InvalidInput for a section that the rule has not, or too many words.
    """
    with transaction():
        digest = digest_of(slug)
        titles = [each.title for each in digest.rule.sections]
        if section and section not in titles:
            raise InvalidInput(_lacks(slug, section, titles), field="section")
        if len(text) > LONGEST_NOTE:
            problem = said(
                "The note has %(number)s characters; at most %(most)s are shown.",
                number=len(text),
                most=LONGEST_NOTE,
            )
            raise InvalidInput(problem, field="text")
        others = {title: words for title, words in digest.notes.items() if title != section}
        digest.notes = others | ({section: text.strip()} if text.strip() else {})
        return digest


def _lacks(slug: str, section: str, titles: Sequence[str]) -> str:
    facts = {"slug": slug, "section": section, "titles": ", ".join(titles)}
    if titles:
        return said("The rule of digest '%(slug)s' has no section '%(section)s'; it has %(titles)s.", **facts)
    return said("The rule of digest '%(slug)s' has no section '%(section)s'; it has none.", **facts)


def _check_moment(by: Mark) -> None:
    if by.kind is not MarkKind.KEEP_BACK:
        return
    moment: datetime = now()
    if by.until is None or not moment < by.until <= moment + LONGEST_KEPT_BACK:
        problem = said("An article is kept back until a moment that is still to come, and within a year.")
        raise InvalidInput(problem, field="until")


def _forget_mark(digest_id: int, article_id: int) -> None:
    db.session.execute(
        delete(DigestMark).where(DigestMark.digest_id == digest_id, DigestMark.article_id == article_id)
    )


def _checked(slug: str, rule: Rule, sources: Sequence[int]) -> str:
    """The cron text of the rule."""
    if found := slug_problem(slug):
        raise InvalidInput(found, field="slug")
    if not sources:
        problem = said("A digest needs at least one source; add one with `newsletter source add URL`.")
        raise InvalidInput(problem, field="sources")
    cron = cron_of(rule.when)
    in_words(cron, rule.timezone or "UTC")
    return cron


def _know(selection: Selection, sources: Sequence[int]) -> None:
    """Raises NotFound for a source that there is not, InvalidInput for one that was removed, or that a section has
    and the digest does not read.
    """
    for source_id in sources:
        if source(source_id).removed_at is not None:
            problem = said(
                "Source %(source)s was removed; leave it out, or add its address again.", source=source_id
            )
            raise InvalidInput(problem, field="sources")
    for section in selection.sections:
        if strange := set(section.sources) - set(sources):
            gone = {each.id for each in removed_sources()} & strange
            facts = {"section": section.title, "source": min(gone or strange)}
            problem = (
                said(
                    "The section '%(section)s' has source %(source)s, which was removed; take it out of the rule.",
                    **facts,
                )
                if gone
                else said(
                    "The section '%(section)s' has source %(source)s, which the digest does not read.", **facts
                )
            )
            raise InvalidInput(problem, field="section")
