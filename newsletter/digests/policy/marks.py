"""What an editor said by hand of one article for the next edition."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MarkKind(StrEnum):
    """`pin`: at the head of its section. `drop`: never. `keep_back`: not before a moment."""

    PIN = "pin"
    DROP = "drop"
    KEEP_BACK = "keep_back"


@dataclass(frozen=True)
class Mark:
    """`until` (UTC) is of what is kept back; None for the others."""

    kind: MarkKind
    until: datetime | None = None
