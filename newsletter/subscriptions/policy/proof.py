"""A proof of work, as ALTCHA has it: we hide a number behind a hash, and a browser finds it by trying.

    salt       24 hexadecimal digits, ?expires=SECONDS&newsletter=SLUG&action=subscribe&
    challenge  SHA-256 of the salt and the number in decimal digits
    signature  HMAC-SHA-256 of the challenge

Only the challenge is signed, so salt and number must be told apart in one way only: without the last `&` digits of
the number could be read as the end of a parameter, and one proof would be good for another moment or form
(CVE-2025-68113). What does not have exactly this form is refused.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from newsletter.core.settings import HIGHEST_PROOF

ALGORITHM = "SHA-256"
SUBSCRIBE = "subscribe"
"""The one action for which a proof is asked."""

LIFE = timedelta(minutes=10)
"""How long a challenge may be solved and sent in."""

LONGEST = 1024
"""Characters of a proof; ours have half of that."""

_SALT = re.compile(rf"[0-9a-f]{{24}}\?expires=([0-9]{{10}})&newsletter=([a-z0-9-]{{1,60}})&action={SUBSCRIBE}&")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Challenge:
    """What a browser is given; the number is within 0 and `maxnumber`. The names are those of the protocol."""

    algorithm: str
    challenge: str
    maxnumber: int
    salt: str
    signature: str


@dataclass(frozen=True)
class Hidden:
    """What chance has chosen: `nonce` of 24 hexadecimal digits, and the number, at most `most`."""

    nonce: str
    number: int
    most: int


@dataclass(frozen=True)
class Proof:
    """What a form brought, in the right form; `find_proof` alone says whether it is one of ours."""

    salt: str
    number: int
    challenge: str
    signature: str

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(int(self._said(1)), UTC)

    @property
    def slug(self) -> str:
        """The newsletter for whose form it was made."""
        return self._said(2)

    def _said(self, group: int) -> str:
        found = _SALT.fullmatch(self.salt)
        return found[group] if found else ""


def make_challenge(hidden: Hidden, slug: str, expires_at: datetime, key: bytes) -> Challenge:
    """For the form of the newsletter `slug`, until then."""
    salt = f"{hidden.nonce}?expires={int(expires_at.timestamp())}&newsletter={slug}&action={SUBSCRIBE}&"
    challenge = _challenge_of(salt, hidden.number)
    return Challenge(ALGORITHM, challenge, hidden.most, salt, _signature_of(challenge, key))


def find_proof(payload: str, slug: str, keys: Sequence[bytes]) -> Proof | None:
    """The proof in this text, expired or not; None for what no browser made of a challenge for this newsletter."""
    proof = read(payload)
    if proof is None or proof.slug != slug:
        return None
    is_solved = hmac.compare_digest(proof.challenge, _challenge_of(proof.salt, proof.number))
    # Each key is tried, so that the time tells nothing of which one it was.
    is_ours = [hmac.compare_digest(proof.signature, _signature_of(proof.challenge, key)) for key in keys]
    return proof if is_solved and any(is_ours) else None


def read(payload: str) -> Proof | None:
    """What the text says, whoever wrote it; None unless it has the form of a proof (base64 of a JSON object)."""
    if len(payload) > LONGEST:
        return None
    try:
        said = json.loads(base64.b64decode(payload, validate=True).decode())
    except (ValueError, RecursionError):
        return None
    match said:
        case {
            "algorithm": "SHA-256",
            "salt": str(salt),
            "number": int(number),
            "challenge": str(challenge),
            "signature": str(signature),
        } if _is_in_form(salt, number) and _HASH.fullmatch(challenge) and _HASH.fullmatch(signature):
            return Proof(salt, number, challenge, signature)
    return None


def _is_in_form(salt: str, number: int) -> bool:
    # To Python a truth is a number as well, and is written otherwise.
    return not isinstance(number, bool) and 0 <= number <= HIGHEST_PROOF and _SALT.fullmatch(salt) is not None


def _challenge_of(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()


def _signature_of(challenge: str, key: bytes) -> str:
    return hmac.digest(key, challenge.encode(), "sha256").hex()
