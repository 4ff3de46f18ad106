"""The faulty server as a test holds it: started, told what to do, read, ended."""

import json
import subprocess
import sys
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from tests.faults.book import ACCEPTED, REFUSED, SWALLOWED, Entry, Reading
from tests.faults.orders import Actions, Rule

PROGRAM = Path(__file__).with_name("server.py")

_numbers = count(1)


def rule(on: str, do: Actions, **facts: Any) -> Rule:  # noqa: ANN401 - the fields of Rule.
    return Rule(on, do, **facts)


class Receiver:
    """One server. Its account and the messages stay readable when it has ended, and another may take its port."""

    def __init__(self, folder: Path, *rules: Rule, **config: Any) -> None:  # noqa: ANN401 - the fields of Config.
        name = f"receiver{next(_numbers)}"
        self._bodies = folder / f"{name}.bodies"
        self._reading = Reading(folder / f"{name}.ledger")
        told = {
            "ledger": str(folder / f"{name}.ledger"),
            "bodies": str(self._bodies),
            "rules": [asdict(each) for each in rules],
            **config,
        }
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.port = int(self._answer(told))

    def url(self, options: str = "tls=none&connections=2") -> str:
        return f"smtp://127.0.0.1:{self.port}?{options}"

    def tell(self, *rules: Rule) -> None:
        """From now on these rules and no others."""
        self._answer([asdict(each) for each in rules])

    def stop(self) -> None:
        """Hang up on all, and refuse connections from now on; doing it twice changes nothing."""
        self.process.kill()
        self.process.wait()
        for end in (self.process.stdin, self.process.stdout):
            if end:
                end.close()

    def entries(self, *kinds: str) -> list[Entry]:
        """What it noted so far, of these kinds or of all."""
        return [each for each in self._reading.entries() if not kinds or each.kind in kinds]

    @property
    def accepted(self) -> list[Entry]:
        """What it wrote 250 for."""
        return self.entries(ACCEPTED)

    @property
    def dotted(self) -> list[Entry]:
        """Each message whose dot it read."""
        return self.entries(ACCEPTED, SWALLOWED)

    @property
    def refused(self) -> list[Entry]:
        """Each recipient whose RCPT it answered without consent; what follows in the pipeline does not count."""
        return [each for each in self.entries(REFUSED) if each.phase == "rcpt"]

    def body(self, entry: Entry) -> bytes:
        """The message as it came, with the dots unstuffed; "" when it was not kept."""
        with self._bodies.open("rb") as file:
            file.seek(entry.where)
            return file.read(entry.length)

    def _answer(self, told: object) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(told).encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode()
