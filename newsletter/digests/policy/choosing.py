"""Which articles an edition takes, in which order, with a reason for each that it takes or leaves."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from newsletter.core.words import said, series
from newsletter.digests.policy.alike import Story, Told
from newsletter.digests.policy.marks import Mark, MarkKind
from newsletter.digests.policy.rules import Order, Rest, Section, Selection


class Outcome(StrEnum):
    """What came of a slot."""

    EDITION = "edition"
    NOTHING_NEW = "nothing_new"
    TOO_FEW = "too_few"
    MISSED = "missed"
    NOBODY = "nobody"


class Candidate(Story, Protocol):
    """What the choice needs to know of an article."""

    @property
    def id(self) -> int: ...
    @property
    def author(self) -> str: ...
    @property
    def topics(self) -> Sequence[str]: ...
    @property
    def published_at(self) -> datetime: ...


@dataclass(frozen=True)
class Known:
    """What else is known: by article, why it must not go again; `told`: stories of late; what an editor said."""

    carried: Mapping[int, str] = field(default_factory=dict)
    told: Sequence[Story] = ()
    marks: Mapping[int, Mark] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """Why an article is in or out; `section` is the title of where it stands, "" for none."""

    article_id: int
    is_in: bool
    reason: str
    section: str = ""


@dataclass(frozen=True)
class Choice:
    """What came of it, for people in `reason`; `article_ids` in the order of the edition, none without one."""

    outcome: Outcome
    reason: str
    decisions: Sequence[Decision]
    article_ids: Sequence[int]

    @property
    def sections(self) -> Mapping[int, str]:
        """The section of each article that stands in one."""
        return {each.article_id: each.section for each in self.decisions if each.is_in and each.section}


def choose(candidates: Sequence[Candidate], known: Known, rule: Selection, slot: datetime) -> Choice:
    """Each candidate in turn, as the rule orders them; they come newest first, with those of unsure date last."""
    ordered = list(candidates) if rule.order is Order.NEWEST else list(reversed(candidates))
    pinned = [each for each in ordered if _is_pinned(each, known)]
    going = [*pinned, *(each for each in ordered if not _is_pinned(each, known))]
    chooser = _Chooser(known, rule, slot)
    decisions = [chooser.decide(each) for each in going]
    taken = sum(each.is_in for each in decisions)
    if not taken:
        return Choice(Outcome.NOTHING_NEW, _why_none(decisions), decisions, ())
    if taken < rule.least:
        waiting = [
            Decision(each.article_id, is_in=False, reason=said("waits for more")) if each.is_in else each
            for each in decisions
        ]
        why = said("%(number)s new, and the least is %(least)s; they wait", number=taken, least=rule.least)
        return Choice(Outcome.TOO_FEW, why, waiting, ())
    order = [section.title for section in rule.sections]
    order.insert(len(order) if rule.rest is Rest.LAST else 0, "")
    ids = [each.article_id for title in order for each in decisions if each.is_in and each.section == title]
    why = said("%(number)s of %(all)s candidates", number=taken, all=len(decisions))
    return Choice(Outcome.EDITION, why, decisions, ids)


def _is_pinned(candidate: Candidate, known: Known) -> bool:
    mark = known.marks.get(candidate.id)
    return mark is not None and mark.kind is MarkKind.PIN


def _why_none(decisions: Sequence[Decision]) -> str:
    if not decisions:
        return said("nothing new since the last edition")
    reasons = Counter(each.reason for each in decisions)
    often = series(series((count, reason), " ") for reason, count in reasons.most_common(3))
    return said("nothing new since the last edition that the rule takes: %(often)s", often=often)


class _Chooser:
    """Decides one after the other, and remembers what it took."""

    def __init__(self, known: Known, rule: Selection, slot: datetime) -> None:
        self._known, self._rule, self._slot = known, rule, slot
        self._told, self._taken = Told(known.told, rule.alike), 0
        self._in_section: Counter[str] = Counter()
        self._include, self._exclude = (_any_of(words) for words in (rule.include, rule.exclude))
        self._oldest = slot - timedelta(hours=rule.max_age_hours) if rule.max_age_hours else None
        self._sections = [(section, *_folded(section)) for section in rule.sections]

    def decide(self, candidate: Candidate) -> Decision:
        section = self._section_of(candidate)
        title = section.title if section else ""
        is_pinned = _is_pinned(candidate, self._known)
        out = (
            self._held(candidate)
            or ("" if is_pinned else self._unwanted(candidate, section))
            or self._without_room(section, is_pinned=is_pinned)
            or self._told_already(candidate)
        )
        if out:
            return Decision(candidate.id, is_in=False, reason=out, section=title)
        self._told.add(candidate)
        self._taken += 1
        self._in_section[title] += 1
        why = said("an editor pinned it") if is_pinned else said("new since the last edition")
        return Decision(candidate.id, is_in=True, reason=why, section=title)

    def _section_of(self, candidate: Candidate) -> Section | None:
        if not self._sections:
            return None
        topics = {topic.casefold() for topic in candidate.topics}
        author = candidate.author.casefold()
        for section, of_topics, of_authors in self._sections:
            if candidate.source_id in section.sources or not of_topics.isdisjoint(topics) or author in of_authors:
                return section
        return None

    def _held(self, candidate: Candidate) -> str:
        """By what no rule can overrule: an editor, or an edition that carried it."""
        mark = self._known.marks.get(candidate.id)
        if mark and mark.kind is MarkKind.DROP:
            return said("an editor dropped it")
        if candidate.id in self._known.carried:
            return self._known.carried[candidate.id]
        if mark and mark.until and mark.until > self._slot:
            return said("an editor keeps it back until %(moment)s UTC", moment=f"{mark.until:%Y-%m-%d %H:%M}")
        return ""

    def _unwanted(self, candidate: Candidate, section: Section | None) -> str:
        rule = self._rule
        mark = self._known.marks.get(candidate.id)
        # What was kept back is as old as the moment from which it may go, or no rule with an age would take it.
        since = max(candidate.published_at, mark.until) if mark and mark.until else candidate.published_at
        if self._oldest and since < self._oldest:
            return said("older than %(hours)s hours", hours=rule.max_age_hours)
        if self._exclude or self._include:
            text = " ".join((candidate.title, candidate.summary, *candidate.topics))
            if self._exclude and (found := self._exclude.search(text)):
                return said("has the word “%(word)s”", word=found[0].casefold())
            if self._include and not self._include.search(text):
                return said("has none of the words that are asked for")
        if rule.rest is Rest.NONE and section is None:
            return said("is in no section")
        return ""

    def _told_already(self, candidate: Candidate) -> str:
        match = self._told.find(candidate)
        if match is None:
            return ""
        title = match.story.title[:100]
        if match.per_cent is None:
            return said("the same story as “%(title)s”: it has the same address", title=title)
        alike = f"{match.per_cent} %"
        return said("the same story as “%(title)s”: it is %(alike)s alike", title=title, alike=alike)

    def _without_room(self, section: Section | None, *, is_pinned: bool) -> str:
        if self._taken == self._rule.most:
            return said("over the most of %(most)s", most=self._rule.most)
        if section and section.most and not is_pinned and self._in_section[section.title] >= section.most:
            return said("%(section)s has its %(most)s", section=section.title, most=section.most)
        return ""


def _folded(section: Section) -> tuple[frozenset[str], frozenset[str]]:
    """Its topics and its authors, as they are compared."""
    topics, authors = (frozenset(each.casefold() for each in of) for of in (section.topics, section.authors))
    return topics, authors


def _any_of(words: Sequence[str]) -> re.Pattern[str] | None:
    """Whole words of any alphabet, in any case."""
    if not words:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(word) for word in words)})(?!\w)", re.IGNORECASE)
