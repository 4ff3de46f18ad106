"""How the faulty server is told what to do: rules for all, and orders that stand in a recipient's local part.

An action is a list, so that it travels as JSON:

    ["usual"]  what a healthy server says here      ["reply", TEXT]  these bytes, written as Latin-1
    ["sleep", SECONDS]                              ["slow", TEXT, SECONDS]  so long before each byte
    ["close"]  hang up                              ["rst"]  hang up as a crashed machine does
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Action = Sequence[Any]
Actions = Sequence[Action]

PHASES = ("connect", "greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "dot", "rset", "quit")
"""`connect` is before the first byte, `body` after the first line of a message, `dot` after its last."""

USUAL: Mapping[str, str] = {
    "connect": "",
    "greeting": "220 faulty.example ready\r\n",
    "starttls": "220 2.0.0 go ahead\r\n",
    "auth": "235 2.7.0 welcome\r\n",
    "mail": "250 2.1.0 sender fine\r\n",
    "rcpt": "250 2.1.5 recipient fine\r\n",
    "data": "354 go ahead\r\n",
    "body": "",
    "dot": "250 2.0.0 taken\r\n",
    "rset": "250 2.0.0 forgotten\r\n",
    "quit": "221 2.0.0 bye\r\n",
}

GARBAGE = "\xff\x00what was that?\r\n"
LATE = 8.0
"""Seconds by which `late-after-dot` answers too late; a test's `dot_timeout` is shorter."""

_NAMED: Mapping[str, Mapping[str, Actions]] = {
    "drop-mid-body": {"body": [["close"]]},
    "drop-after-dot": {"dot": [["close"]]},
    "reset-after-dot": {"dot": [["rst"]]},
    "drop-after-250": {"dot": [["usual"], ["close"]]},
    "late-after-dot": {"dot": [["sleep", LATE], ["usual"]]},
    "slow": {"rcpt": [["slow", USUAL["rcpt"], 0.1]]},
    "garbage": {"rcpt": [["reply", GARBAGE]]},
    "garbage-at-dot": {"dot": [["reply", GARBAGE]]},
}
_CODE = re.compile(r"(?:tempfail-|permfail-)?(\d{3})(?:-(\d)-(\d+)-(\d+))?(?:-at-(rcpt|data|dot))?")
_ONCE = "once-"


def orders_of(local: str) -> tuple[Mapping[str, Actions], bool]:
    """What a local part asks for at each phase, and whether only at its first try.

    `tempfail-451`, `permfail-550-5-1-1`, `421`, each also with `-at-data` or `-at-dot`, answer with that code; 421
    hangs up too. The others stand in `_NAMED`. `once-` in front means at the first try alone; what follows a
    plus sign only makes it another recipient.
    """
    order = local.partition("+")[0].lower()
    name = order.removeprefix(_ONCE)
    if found := _CODE.fullmatch(name):
        code, *enhanced, phase = found.groups()
        words = " ".join(part for part in (code, ".".join(filter(None, enhanced)), "as ordered") if part)
        closing = [["close"]] if code == "421" else []
        return {phase or "rcpt": [["reply", f"{words}\r\n"], *closing]}, name != order
    return _NAMED.get(name, {}), name != order


@dataclass
class Rule:
    """What to do at a phase instead of the usual: `times` at most, each `every`th time, with this `chance`.

    `domain` "" means whichever recipient.
    """

    on: str
    do: Actions
    times: int | None = None
    every: int = 1
    chance: float = 1.0
    domain: str = ""
    seen: int = field(default=0, compare=False)

    def applies(self, phase: str, domain: str, dice: random.Random) -> bool:
        """Whether now is the time; this is counted."""
        if phase != self.on or (self.domain and domain != self.domain) or self.times == 0:
            return False
        self.seen += 1
        if self.seen % self.every or dice.random() >= self.chance:
            return False
        if self.times is not None:
            self.times -= 1
        return True


def agrees(text: str) -> bool:
    """Whether the words are consent."""
    return text[:1] in {"2", "3"}
