"""What an editor says by hand: of one article for the next edition, and of an edition before it leaves."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MarkKind(StrEnum):
    """`pin`: at the head of its section. `drop`: never. `keep_back`: not before a moment."""

    PIN = "pin"
    DROP = "drop"
    KEEP_BACK = "keep_back"


class Approval(StrEnum):
    """Whether an edition leaves by itself, unless somebody holds it, or only once somebody approves it."""

    NOT_NEEDED = "not needed"
    NEEDED = "needed"


@dataclass(frozen=True)
class Mark:
    """`until` (UTC) is of what is kept back; None for the others."""

    kind: MarkKind
    until: datetime | None = None
