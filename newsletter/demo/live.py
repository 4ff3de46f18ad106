"""The live desk: note after note, for ever, each put together from the hand-written parts in `paper/live.toml`.

Note `number` is the same whoever asks and whenever: nothing is stored. The kinds of note take turns. Within a
kind, the values of the headline's slots run through all their combinations in large steps, so that a headline
comes back only when all of them have been used; everything else is drawn by a generator seeded with the number.
"""

import math
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from newsletter.demo.content import Article, Desk, Paper, make_article, read_data

INTERVAL = timedelta(seconds=20)

_SLOT = re.compile(r"\{([a-z_]+)(\d?)\}")
_GOLDEN = (math.sqrt(5) - 1) / 2
_CLOCK_MINUTES = {"soon": (25, 80), "later": (110, 260)}


class LiveDesk:
    """Writes note 0 at `started_at` and another after each interval."""

    def __init__(self, paper: Paper, started_at: datetime, interval: timedelta = INTERVAL) -> None:
        self.paper = paper
        self.desk: Desk = paper.desks["live"]
        self.started_at = started_at.replace(microsecond=0)
        self.interval = interval

    def latest(self, moment: datetime, limit: int) -> list[Article]:
        """The notes that are out at that moment, newest first, at most `limit` of them."""
        newest = (moment - self.started_at) // self.interval
        return [self.note(number) for number in range(newest, max(newest - limit, -1), -1)]

    def find(self, slug: str, moment: datetime) -> Article | None:
        """The note with that slug, or None if there is none or its time has not come."""
        found = re.fullmatch(r"live-(\d{1,9})-.*", slug)
        if found is None or self.started_at + int(found[1]) * self.interval > moment:
            return None
        note = self.note(int(found[1]))
        return note if note.slug == slug else None

    def note(self, number: int) -> Article:
        """The note of that number, which starts at 0."""
        published_at = self.started_at + number * self.interval
        turn, which = divmod(number, len(self._kinds))
        kind = self._kinds[which]
        chance = random.Random(number)  # noqa: S311 - it chooses words, no secrets.
        words = dict(self._times(published_at, chance))
        # Without the shift, neighbours that share a slot would share its value.
        words |= self._headline_words(kind["headline"], turn + which * 11)

        def written(template: str) -> str:
            for name, digit in _SLOT.findall(template):
                if name + digit not in words:
                    words[name + digit] = self._another(name, words, chance)
            text = template.format_map(words)
            return text[0].upper() + text[1:]

        headline = written(kind["headline"])
        body = "\n\n".join(written(chance.choice(choices)) for choices in kind["paragraphs"])
        entry = {**kind, "headline": headline, "summary": written(kind["summary"]), "body": body}
        article = make_article(self.paper, self.desk, entry, published_at)
        return replace(article, slug=f"live-{number}-{article.slug}")

    def combinations(self, headline: str) -> int:
        """How many different headlines a template of `live.toml` can make."""
        return math.prod(len(self._slots[name]) for name in self._own_slots(headline))

    def _headline_words(self, headline: str, turn: int) -> dict[str, str]:
        every = self.combinations(headline)
        step = next(size for size in range(int(every * _GOLDEN), every) if math.gcd(size, every) == 1)
        rest = turn * step % every
        words = {}
        for name in self._own_slots(headline):
            rest, place = divmod(rest, len(self._slots[name]))
            words[name] = self._slots[name][place]
        return words

    def _own_slots(self, headline: str) -> list[str]:
        return [name for name, digit in _SLOT.findall(headline) if not digit and name in self._slots]

    def _another(self, name: str, words: dict[str, str], chance: random.Random) -> str:
        used = set(words.values())
        return chance.choice([value for value in self._slots[name] if value not in used])

    def _times(self, published_at: datetime, chance: random.Random) -> Iterator[tuple[str, str]]:
        local = published_at.astimezone(self.paper.zone)
        yield "now", f"{local:%H.%M}"
        for name, (least, most) in _CLOCK_MINUTES.items():
            then = local + timedelta(minutes=chance.randrange(least, most))
            yield name, f"{then.replace(minute=then.minute // 5 * 5):%H.%M}"

    @cached_property
    def _data(self) -> dict[str, Any]:
        return read_data("live.toml")

    @property
    def _kinds(self) -> list[dict[str, Any]]:
        kinds: list[dict[str, Any]] = self._data["kinds"]
        return kinds

    @cached_property
    def _slots(self) -> dict[str, list[str]]:
        return {name: _values(slot) for name, slot in self._data["slots"].items()}


def _values(slot: list[str] | dict[str, int]) -> list[str]:
    if isinstance(slot, list):
        return slot
    return [str(number) for number in range(slot["from"], slot["to"] + 1, slot.get("step", 1))]
