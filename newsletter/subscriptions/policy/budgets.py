"""How many confirmations may leave: for an address, a network, a domain, and altogether.

A form that mails whoever is typed into it is a weapon: strangers fill in one victim's address ten thousand times,
or ten thousand victims' once. Each budget counts the confirmations that did leave in its window. What is over a
budget is answered like everything else, and mails nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from newsletter.core.networks import find_networks
from newsletter.core.settings import Budget


class By(StrEnum):
    """What a budget is counted by."""

    ADDRESS = "address"
    NEAR = "near"  # One IPv4 address, or the /64 that one IPv6 line has.
    WIDE = "wide"  # Its /24 or /48.
    DOMAIN = "domain"  # Of the recipient.
    ALL = "all"


class Trust(StrEnum):
    """What the form itself says of who filled it in."""

    SIGNED = "signed"  # It was ours, and was open for as long as people take.
    UNSIGNED = "unsigned"  # A form of another site, which can carry no token of ours, or one without a proof.
    MACHINE = "machine"  # It filled in what people do not see, or was faster than they are.


BETWEEN_CONFIRMATIONS = timedelta(minutes=10)
OF_ADDRESS = (Budget(By.ADDRESS, 1, BETWEEN_CONFIRMATIONS), Budget(By.ADDRESS, 3, timedelta(days=7)))
"""Whatever it is for: one victim's inbox is one, however many newsletters there are."""

OF_LINK = (Budget(By.ADDRESS, 1, BETWEEN_CONFIRMATIONS), Budget(By.ADDRESS, 3, timedelta(days=1)))
"""How many fresh links an inbox gets whose owner has once confirmed something; others share `OF_ADDRESS`."""

LONGEST_WINDOW = timedelta(days=7)
"""After this no budget looks at a confirmation any more."""

UNSIGNED_SHARE = 4
"""A form without a token has a quarter of the budget of its network."""


def most_for(budget: Budget, trust: Trust) -> int:
    """What is left of a budget for this kind of form, at least one."""
    shrinks = trust is Trust.UNSIGNED and budget.by in {By.NEAR, By.WIDE}
    return max(1, budget.most // UNSIGNED_SHARE) if shrinks else budget.most


def networks(ip: str) -> Mapping[By, str]:
    """The networks that are counted for a request from here; nothing for what is no IP address."""
    around = find_networks(ip)
    return {By.NEAR: around.near, By.WIDE: around.wide} if around else {}


_FOLDED = {"googlemail.com": "gmail.com", "gmail.com": "gmail.com"}


def mailbox_of(identity: str) -> str:
    """Which inbox an address ends in, as far as anybody can know: plus tags, and the dots that Gmail does not see.

    For counting only: who an address belongs to is not for us to guess.
    """
    local, _, domain = identity.rpartition("@")
    local = local.partition("+")[0] or local
    domain = _FOLDED.get(domain, domain)
    return f"{local.replace('.', '') or local}@{domain}" if domain == "gmail.com" else f"{local}@{domain}"


@dataclass(frozen=True)
class Confirming:
    """How many confirmations of some hours ago were answered."""

    asked: int
    confirmed: int


FEWEST, LOWEST = 200, 0.1
LOOK_BACK, TIME_TO_CONFIRM = timedelta(hours=24), timedelta(hours=1)
"""A confirmation counts from an hour after it left, when most who want it have answered, to a day."""

TRICKLE = 20
"""The part of the hourly budget that still leaves while the breaker is open, so that it can close again."""


def is_collapsed(seen: Confirming) -> bool:
    """Whether so few confirm that the form must be under attack, or the mails arrive nowhere."""
    return seen.asked >= FEWEST and seen.confirmed < seen.asked * LOWEST
