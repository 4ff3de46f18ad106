"""Articles as the choice sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SLOT = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Piece:
    """Published `hours` before the slot."""

    id: int
    title: str = ""
    summary: str = ""
    source_id: int = 1
    canonical: str = ""
    author: str = ""
    topics: Sequence[str] = ()
    hours: float = 1

    @property
    def published_at(self) -> datetime:
        return SLOT - timedelta(hours=self.hours)


def pieces(how_many: int) -> list[Piece]:
    return [Piece(number) for number in range(1, how_many + 1)]
