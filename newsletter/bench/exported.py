"""An invented export of another service: the same file for the same number of rows."""

import csv
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

SEED = 20261126
HEADER = ("email", "name", "status", "created_at", "confirmed_at", "unsubscribed_at")

STATUSES = {"active": 88, "unconfirmed": 3, "unsubscribed": 8, "bounced": 1}
"""How many of a hundred rows have which."""

BECOMES = {"active": "confirmed", "unconfirmed": "pending", "unsubscribed": "unsubscribed"}
"""What these are here, once somebody answers for their consent; who bounced is suppressed."""

MISTYPED = 1000
"""Every so many rows have an address that is none."""

LARGE, SMALL = 12, 60_000
"""Providers where most have their mailboxes, and domains of which each has a few."""

_FIRST = ("Ines", "Jonas", "Mira", "Tomás", "Zoë", "Li", "Oskar", "Ayşe", "Paul", "Noor")
_LAST = ("Marlow", "Keller", "Duarte", "Lindqvist", "Okafor", "Brandt", "Nguyen", "Costa", "Weiss", "Haddad")
_FOUNDED = datetime(2019, 1, 7, 8, tzinfo=UTC)


def write_export(path: Path, rows: int) -> Counter[str]:
    """How many rows have each status, and how many are `rejected`."""
    dice = random.Random(SEED)  # noqa: S311 - the same file each time.
    wrote: Counter[str] = Counter()
    words, weights = list(STATUSES), list(STATUSES.values())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(1, rows + 1):
            status = dice.choices(words, weights)[0]
            is_wrong = number % MISTYPED == 0
            wrote["rejected" if is_wrong else status] += 1
            address = f"reader {number}" if is_wrong else _address(number, dice)
            writer.writerow([address, _name(dice), status, *_times(status, dice)])
    return wrote


def _address(number: int, dice: random.Random) -> str:
    """Of its own; a few are written in capitals, as people do."""
    if dice.random() < 0.6:  # noqa: PLR2004 - most people are at one of the large providers.
        domain = f"mail{dice.randrange(LARGE)}.example.org"
    else:
        domain = f"d{dice.randrange(SMALL)}.example.net"
    address = f"{dice.choice(_LAST).lower()}.{number}@{domain}"
    return address.title() if number % 50 == 0 else address


def _name(dice: random.Random) -> str:
    return f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"


def _times(status: str, dice: random.Random) -> tuple[str, str, str]:
    signed_up = _FOUNDED + timedelta(seconds=dice.randrange(200_000_000))
    confirmed = "" if status == "unconfirmed" else _text(signed_up + timedelta(minutes=dice.randrange(600)))
    left = _text(signed_up + timedelta(days=dice.randrange(1, 300))) if status == "unsubscribed" else ""
    return _text(signed_up), confirmed, left


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
