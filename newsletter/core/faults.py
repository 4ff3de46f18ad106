"""Points at which a test lets this process die: `FAULT=after-dot:3` kills it the third time it comes there.

Nothing else kills so precisely: a test that waits and then kills hits the one moment it wants once in a thousand
times. Without the variable a point costs one comparison.
"""

import os
import signal
from typing import Final, Literal

Point = Literal[
    "after-lease",  # The rows are leased, nothing has been sent.
    "before-dot",  # The body may follow, the journal says nothing of it yet.
    "mid-body",  # The journal says "dotting", the dot is not written.
    "after-dot",  # The dot is written, no answer has been read.
    "after-answer",  # The answer is read, the journal says nothing of it yet.
    "before-record",  # The journal has the answers, the database has not.
    "after-record",  # The database has them, the journal is not cleared yet.
]

_NAME, _, _COUNT = os.environ.get("FAULT", "").partition(":")
_ARMED: Final = bool(_NAME)
_left = int(_COUNT or 1) if _ARMED else 0


def point(name: Point) -> None:
    """Die here, without a last word, if this is the point and the time that `FAULT` names."""
    global _left  # noqa: PLW0603 - it counts for the whole process.
    if _ARMED and name == _NAME:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
