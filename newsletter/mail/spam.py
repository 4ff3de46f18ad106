"""What SpamAssassin says of a message, where its client `spamc` is installed."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.core.words import said

SECONDS = 20
"""How long the answer may take; SpamAssassin itself asks name servers."""

_ANSWER = re.compile(rb"\s*(-?\d{1,6}(?:\.\d+)?)/(-?\d{1,6}(?:\.\d+)?)\s")

Run = Callable[[bytes], bytes]
"""Hands a message to the program and gives back what it prints; OSError or SubprocessError when it cannot."""


@dataclass(frozen=True)
class Score:
    """How much of a message looks like spam; from `required` on SpamAssassin calls it that."""

    points: float
    required: float


def ask_spamc(message: bytes) -> bytes:
    """As `Run`. FileNotFoundError where there is no `spamc`."""
    program = shutil.which("spamc")
    if program is None:
        raise FileNotFoundError
    # -x: without a daemon it fails, instead of handing back "0/0".
    command = [program, "-x", "-R", "-t", str(SECONDS)]
    done = subprocess.run(command, input=message, capture_output=True, timeout=SECONDS + 5, check=True)  # noqa: S603 - nothing in it is anybody's text.
    return done.stdout


def score(message: bytes, run: Run = ask_spamc) -> Score | str:
    """The score of a whole message, or a sentence that says why there is none."""
    try:
        found = _ANSWER.match(run(message))
    except FileNotFoundError:
        return said("SpamAssassin was not asked: there is no `spamc` on this machine.")
    except (OSError, subprocess.SubprocessError):
        return said("SpamAssassin was not asked: `spamc` fails; is `spamd` running?")
    # Nothing is spam from 0 points on; that is how it says that it has looked at nothing.
    if found is None or float(found[2]) <= 0:
        return said("SpamAssassin was asked and gave no score; is `spamd` running?")
    return Score(float(found[1]), float(found[2]))
