"""Which articles somebody wants who follows topics, authors or sources. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.subscriptions.policy.states import FollowKind


@dataclass(frozen=True)
class Offered:
    """What can be followed of an article."""

    topics: Sequence[str]
    authors: Sequence[str]
    source: str

    def names(self) -> frozenset[tuple[FollowKind, str]]:
        """Each as it is compared."""
        told = [(FollowKind.TOPIC, topic) for topic in self.topics]
        told += [(FollowKind.AUTHOR, author) for author in self.authors]
        told.append((FollowKind.SOURCE, self.source))
        return frozenset((kind, compared(value)) for kind, value in told if value)


def compared(value: str) -> str:
    """Without regard to case and white space, in any alphabet."""
    return " ".join(value.casefold().split())


def places(kind: FollowKind, value: str, names: Sequence[frozenset[tuple[FollowKind, str]]]) -> list[int]:
    """The places, from 0 on, of the articles with these names that somebody gets who follows this."""
    return [place for place, each in enumerate(names) if (kind, compared(value)) in each]
