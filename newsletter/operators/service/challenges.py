"""Challenges: asked of one browser, which keeps the token, answered once and within minutes."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from newsletter.core.clock import now
from newsletter.core.db import insert_ignoring, rows_written, transaction
from newsletter.core.errors import InvalidInput, LinkError
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.operators.models import SpentChallenge
from newsletter.operators.policy import CHALLENGE_LIFE, digest_of

STALE = said("This took too long, or was answered already. Please begin again.")


@dataclass(frozen=True)
class Challenge:
    """`text` is random; `token` goes into the session of the browser that asked, and comes back from there."""

    text: str
    token: str


def make(purpose: str, claims: Mapping[str, Any], house: House) -> Challenge:
    """A fresh one. Nothing is kept of it, so that whoever only asks fills no table."""
    text = secrets.token_urlsafe(32)
    return Challenge(text, house.signer.sign(purpose, {**claims, "c": text}, at=now()))


def spend(purpose: str, token: str, house: House) -> Mapping[str, Any]:
    """The claims of a challenge that is being answered, with its text as `c`; from now on it is used up.

    Raises InvalidInput for one that is too old, was answered before, or was made for something else.
    """
    try:
        claims = house.signer.read(purpose, token, now=now(), max_age=CHALLENGE_LIFE).claims
    except LinkError as error:
        raise InvalidInput(STALE) from error
    with transaction():
        spent = {"challenge_hash": digest_of(f"{purpose}:{claims['c']}"), "spent_at": now()}
        if not rows_written(insert_ignoring(SpentChallenge).values(**spent)):
            raise InvalidInput(STALE)
    return claims
