"""What a digest would send at a moment, past or to come, without changing anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.articles.models import Article
from newsletter.articles.queries import Glance, articles, available, glances
from newsletter.core.errors import InvalidInput
from newsletter.core.words import said
from newsletter.digests.models import Digest
from newsletter.digests.policy import Choice, Known, Mark, MarkKind, choose
from newsletter.digests.queries import carried_within, last_window_end, marks, source_ids, window_end_until
from newsletter.digests.service.ruling import FIRST_WINDOW
from newsletter.editions.policy import Layout
from newsletter.editions.queries import carriers, earlier, lately_carried
from newsletter.editions.service import Window
from newsletter.subscriptions.policy import Cadence

TOLD_FOR = timedelta(days=7)
"""How long a story of another source that an edition carried counts as told."""


@dataclass(frozen=True)
class Proposal:
    """What a digest would send for a slot; `articles` are those chosen, in order, whole."""

    digest: Digest
    window: Window
    articles: Sequence[Article]
    candidates: Sequence[Glance]
    choice: Choice

    @property
    def layout(self) -> Layout:
        """Where the articles stand, and the notes between them."""
        return Layout(sections=self.choice.sections, notes=self.digest.notes)


def propose(digest: Digest, slot: datetime, cadence: Cadence = Cadence.EACH) -> Proposal:
    """What the digest would send to readers of this cadence at that moment, by the rule and the marks of today."""
    window, rule = window_at(digest, slot, cadence), digest.rule
    told = marks(digest.id)
    candidates = _candidates(digest, window, told, cadence)
    editions = earlier(digest.newsletter_id, window.end, cadence)
    known = Known(
        carried=carriers([each.id for each in candidates], editions),
        told=glances(lately_carried(window.end - TOLD_FOR, editions)),
        marks=told,
    )
    choice = choose(candidates, known, rule, slot)
    whole = {each.id: each for each in articles(choice.article_ids)}
    return Proposal(digest, window, [whole[each] for each in choice.article_ids], candidates, choice)


def window_at(digest: Digest, slot: datetime, cadence: Cadence = Cadence.EACH) -> Window:
    """The time whose articles a slot takes: from the end of the edition before it.

    Where that is more than two weeks, months or days ago, because nobody wanted them, it is one, reckoned back to
    where an edition for everybody ended.
    """
    start = last_window_end(digest.id, slot, cadence)
    if cadence is not Cadence.EACH:
        before = digest.rhythm.slot_before(cadence, slot)
        if start is None or start < digest.rhythm.slot_before(cadence, before):
            start = window_end_until(digest.id, before)
    start = start or digest.created_at - FIRST_WINDOW
    return Window(start, max(slot, start))


def slot_at(digest: Digest, text: str) -> datetime:
    """The moment that somebody typed, in the zone of the digest unless it says another. Raises InvalidInput."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        problem = said("'%(text)s' is no moment; expected one such as 2026-12-24T06:30.", text=text)
        raise InvalidInput(problem, field="at") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(digest.timezone))).astimezone(UTC)


def _candidates(digest: Digest, window: Window, told: Mapping[int, Mark], cadence: Cadence) -> Sequence[Glance]:
    """What became available in the window, and before it what an editor pinned or kept back.

    For a rarer cadence also what was kept back until an edition for everybody carried it within the window.
    Nothing of a source that was removed meanwhile, whoever pinned it.
    """
    sources = set(source_ids(digest.id))
    fresh = available(sources, window.start, window.end)
    known = {each.id for each in fresh}
    waiting = {key for key, mark in told.items() if mark.kind is not MarkKind.DROP} - known
    extra = [each for each in glances(waiting) if each.available_at < window.end]
    if cadence is not Cadence.EACH:
        carried = set(carried_within(digest.id, window.start, window.end))
        extra += glances(carried - known - {each.id for each in extra})
    extra = [each for each in extra if each.source_id in sources]
    return sorted((*fresh, *extra), key=_newest_first) if extra else fresh


def _newest_first(article: Glance) -> tuple[bool, float, int]:
    """As `available` orders them."""
    return article.date_is_guess, -article.published_at.timestamp(), -article.id
