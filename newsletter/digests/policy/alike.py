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

CERTAIN = 100


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
    """The story it is like, and by how many per cent; 100 for one address."""

    story: Story
    per_cent: int


def same_story(of: Story, others: Iterable[Story], least: int) -> Match | None:
    """The first other one with its address, else the most alike of another source from `least` per cent on.

    One source's own articles may be as alike as they like: "Results of Monday" and "Results of Tuesday" are two.
    """
    best: Match | None = None
    for other in others:
        # Two articles of one source with one address are two: entries without links have that of the whole site.
        if of.source_id == other.source_id:
            continue
        if of.canonical and of.canonical == other.canonical:
            return Match(other, CERTAIN)
        if least:
            per_cent = likeness(of, other)
            if per_cent >= max(least, best.per_cent + 1 if best else 0):
                best = Match(other, per_cent)
    return best


def likeness(one: Story, other: Story) -> int:
    """0 to 100: how many of the same words headline and summary have, whatever their order.

    Without a summary on both sides the headline decides alone.
    """
    # Only a run of a digest needs it, and each sender process would carry it.
    from rapidfuzz.fuzz import token_sort_ratio  # noqa: PLC0415

    if min(len(one.title.split()), len(other.title.split())) < FEWEST_WORDS:
        return 0
    titles = token_sort_ratio(_plain(one.title), _plain(other.title))
    if not (one.summary and other.summary):
        return int(titles)
    summaries = token_sort_ratio(*(_plain(each.summary[:LONGEST_COMPARED]) for each in (one, other)))
    return int(TITLE_WEIGHT * titles + (1 - TITLE_WEIGHT) * summaries)


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    """Small letters and digits alone; kept, because each story is compared with hundreds of others."""
    from rapidfuzz.utils import default_process  # noqa: PLC0415 - as above.

    return str(default_process(text))
