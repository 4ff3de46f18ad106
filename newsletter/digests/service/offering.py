"""What readers may follow of a newsletter: the topics, authors and sources of what its digests draw from."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from newsletter.articles.models import Article
from newsletter.articles.policy import name_key, people_in
from newsletter.articles.queries import newest, source_titles
from newsletter.core.clock import now
from newsletter.digests.queries import sources_by_newsletter
from newsletter.mail.house import House
from newsletter.subscriptions.policy import FollowKind
from newsletter.subscriptions.service.following import LONGEST_FOLLOWED, offer

LOOKED_AT, LOOK_BACK = 2000, timedelta(days=90)
"""Of how many articles at most, and of how long, one sees what a newsletter is about."""

MOST = 40
"""Of each kind; the commonest."""


def offer_follows(_house: House) -> None:
    """Note for each newsletter what can be followed of it; again changes nothing but the counts."""
    for newsletter_id, source_ids in sources_by_newsletter().items():
        offer(newsletter_id, _found(newest(source_ids, now() - LOOK_BACK, LOOKED_AT)))


def _found(articles: Sequence[Article]) -> Mapping[tuple[FollowKind, str], int]:
    titles = source_titles({each.source_id for each in articles})
    named: dict[FollowKind, Iterable[str]] = {
        FollowKind.TOPIC: (topic for each in articles for topic in each.topics),
        FollowKind.AUTHOR: (name for each in articles for name in people_in(each.author)),
        FollowKind.SOURCE: (titles[each.source_id] for each in articles),
    }
    return {(kind, value): count for kind, values in named.items() for value, count in _commonest(values).items()}


def _commonest(values: Iterable[str]) -> Mapping[str, int]:
    """By the commonest spelling of each; how often it is there in any."""
    spelt, counts = Counter(value for value in values if 0 < len(value) <= LONGEST_FOLLOWED), Counter[str]()
    first: dict[str, str] = {}
    for value, count in spelt.most_common():
        counts[first.setdefault(name_key(value), value)] += count
    return dict(counts.most_common(MOST))
