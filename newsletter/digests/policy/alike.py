"""Whether two articles tell the same story: one address, or nearly the same words."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

FEWEST_WORDS = 4
"""Headlines with fewer words say too little: "Weather" of two papers is no story they share."""

TITLE_WEIGHT = 0.6
LONGEST_COMPARED = 400
"""Characters of a summary; what two papers took from one agency is alike from its beginning."""

_ALL = 100
_ROUNDING = 1e-6


class Story(Protocol):
    """What is compared; `canonical` is the address in one spelling, "" where there is none."""

    @property
    def source_id(self) -> int: ...
    @property
    def canonical(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def summary(self) -> str: ...


@dataclass(frozen=True)
class Match:
    """The story it is like, and by how many per cent of their words; None for one address."""

    story: Story
    per_cent: int | None


class Told:
    """The stories that an edition tells, or that one told of late, ready to be compared with any number of others.

    One source's own articles may be as alike as they like: "Results of Monday" and "Results of Tuesday" are two.
    """

    def __init__(self, stories: Iterable[Story], least: int) -> None:
        """`least`: from how many per cent on two are one; 0: only by their address."""
        self._least = least
        # With a summary on both sides that is all the same, so much of the headline must be.
        self._least_title = (least - (1 - TITLE_WEIGHT) * _ALL) / TITLE_WEIGHT - _ROUNDING
        self._by_address: dict[str, list[Story]] = {}
        self._worded: list[Story] = []
        self._titles: list[str] = []
        for each in stories:
            self.add(each)

    def add(self, story: Story) -> None:
        if story.canonical:
            self._by_address.setdefault(story.canonical, []).append(story)
        if self._least and (title := _title(story)):
            self._worded.append(story)
            self._titles.append(title)

    def find(self, of: Story) -> Match | None:
        """The first of another source with its address, else the most alike, of several that are the first."""
        for other in self._by_address.get(of.canonical, ()):
            # Two of one source with one address are two: entries without links have that of the whole site.
            if other.source_id != of.source_id:
                return Match(other, None)
        best: Match | None = None
        for other in self._near(of):
            per_cent = likeness(of, other)
            if per_cent >= self._least and (best is None or per_cent > (best.per_cent or 0)):
                best = Match(other, per_cent)
        return best

    def _near(self, of: Story) -> list[Story]:
        """Those of other sources whose headline alone does not yet say that they are less alike than the least.

        Thousands of pairs end here, in one call, so that the words of the summaries are compared for a few.
        """
        title = _title(of)
        if not (title and self._titles):
            return []
        # Only a run of a digest needs it, and each sender process would carry it.
        from rapidfuzz.fuzz import ratio  # noqa: PLC0415
        from rapidfuzz.process import extract  # noqa: PLC0415

        least = max(self._least_title, 0)
        places = sorted(
            place for *_, place in extract(title, self._titles, scorer=ratio, score_cutoff=least, limit=None)
        )
        return [other for place in places if (other := self._worded[place]).source_id != of.source_id]


def likeness(one: Story, other: Story) -> int:
    """0 to 100: how many of the same words headline and summary have, whatever their order.

    Without a summary on both sides the headline decides alone.
    """
    from rapidfuzz.fuzz import ratio  # noqa: PLC0415 - as above.

    title, other_title = _title(one), _title(other)
    if not (title and other_title):
        return 0
    titles = ratio(title, other_title)
    summary, other_summary = (_words(each.summary[:LONGEST_COMPARED]) for each in (one, other))
    if not (summary and other_summary):
        return int(titles)
    return int(TITLE_WEIGHT * titles + (1 - TITLE_WEIGHT) * ratio(summary, other_summary))


def _title(of: Story) -> str:
    """Its words, "" where they are too few to tell one story from another."""
    words = _words(of.title)
    return words if words.count(" ") + 1 >= FEWEST_WORDS else ""


@lru_cache(maxsize=4096)
def _words(text: str) -> str:
    """Small letters and digits alone, the words sorted; kept, because each story is compared with hundreds."""
    from rapidfuzz.utils import default_process  # noqa: PLC0415 - as above.

    return " ".join(sorted(default_process(text).split()))
