"""The one place that reads the wall clock; tests set it with time-machine, nothing is patched."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, in UTC and aware of it, to the microsecond."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one clock.
