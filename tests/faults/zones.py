"""Time zones of our own whose clocks show a certain time, or change, seconds from now.

Nobody can set the clock of another process, but where its zones come from can be told (PEP 615): so workers with
the real clock meet an hour, or the change of summer time, whenever a test wants it.
"""

import os
import struct
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Zones:
    """Written into `folder`; `path` is what PYTHONTZPATH must say, so that a process finds them, too."""

    folder: Path

    @property
    def path(self) -> str:
        return os.pathsep.join([str(self.folder), *zoneinfo.TZPATH])

    def add(self, name: str, at: datetime, shows: time, jump: timedelta = timedelta()) -> str:
        """The name of a zone whose clocks come to this time at that moment, and go on from there by `jump` later.

        Both to the second. Before it they are up to a day behind UTC, so that a jump may leave out a whole date.
        """
        behind = (_of_day(at.astimezone(UTC).time()) - _of_day(shows)) % _DAY
        self.folder.mkdir(exist_ok=True)
        (self.folder / name).write_bytes(_written(int(at.timestamp()), -behind, jump))
        return name

    @contextmanager
    def known_here(self) -> Iterator[None]:
        """Within the block this process finds them, too."""
        others = zoneinfo.TZPATH
        zoneinfo.reset_tzpath(self.path.split(os.pathsep))
        try:
            yield
        finally:
            zoneinfo.reset_tzpath(others)


def _of_day(wall: time) -> timedelta:
    return timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second)


def _written(changes_at: int, before: timedelta, jump: timedelta) -> bytes:
    """RFC 9636, version 1: one change, two offsets; the second is no summer time, it only differs."""
    counts = struct.pack(">6l", 0, 0, 0, 1, 2, 8)
    kinds = [
        struct.pack(">lBB", offset // _SECOND, 0, abbreviation)
        for offset, abbreviation in ((before, 0), (before + jump, 4))
    ]
    return b"TZif" + bytes(16) + counts + struct.pack(">lB", changes_at, 1) + b"".join(kinds) + b"ONE\0TWO\0"
