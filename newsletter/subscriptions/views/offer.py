"""What a form on another site asks for beside the address, as the query of its page says.

Only what is known here is taken from a query, so that nobody can make a page of ours say something.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletters
from newsletter.subscriptions.policy import Cadence, FollowKind
from newsletter.subscriptions.queries import followables

ASKABLE, THEMES = ("name", "cadence", "topics"), ("light", "dark")
MOST_OTHERS = 19
"""One sign-up names at most twenty newsletters."""

MOST_TOPICS = 12
"""The commonest; more would be a wall of boxes."""


@dataclass(frozen=True)
class Offer:
    """`asks` are of ASKABLE, `others` further newsletters; without a `theme` it is the reader's own.

    `topics` are those of the newsletter, where it asks for them; `cadence` is what stands there before anybody
    chooses.
    """

    asks: Sequence[str]
    others: Sequence[Newsletter]
    theme: str = ""
    topics: Sequence[str] = ()
    cadence: str = Cadence.EACH

    @property
    def query(self) -> dict[str, Any]:
        """What says the same in the address of another page."""
        said = {"ask": list(self.asks), "newsletters": [each.slug for each in self.others], "theme": self.theme}
        return {name: value for name, value in said.items() if value}

    @property
    def height(self) -> int:
        """Pixels that a frame needs for the form, also on a phone."""
        boxes = sum(60 + 44 * len(each) for each in (self.others, self.topics) if each)
        return 320 + 90 * len(set(self.asks) - {"topics"}) + boxes


def offer_in(query: MultiDict[str, str], of: Newsletter) -> Offer:
    asked, wanted, theme = query.getlist("ask"), set(query.getlist("newsletters")), query.get("theme", "")
    others = [each for each in newsletters() if each.slug in wanted and each.id != of.id] if wanted else []
    return Offer(
        asks=[each for each in ASKABLE if each in asked],
        others=others[:MOST_OTHERS],
        theme=theme if theme in THEMES else "",
        topics=_topics(of) if "topics" in asked else (),
        cadence=of.cadence,
    )


def _topics(of: Newsletter) -> Sequence[str]:
    """The commonest of the newsletter, by name."""
    topics = [each for each in followables(of.id) if each.kind == FollowKind.TOPIC]
    commonest = sorted(topics, key=lambda each: -each.articles)[:MOST_TOPICS]
    return sorted((each.value for each in commonest), key=str.casefold)
