"""Passwords as they are kept: argon2id, with the parameters of today."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from newsletter.operators.policy import LONGEST_PASSWORD, as_kept

MEMORY, PASSES, LANES = 19_456, 2, 1
"""KiB, passes and lanes: OWASP's first choice for argon2id (Password Storage Cheat Sheet, 2025)."""

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY, parallelism=LANES)

# Each takes its memory while it runs; a crowd at the door must not take all that the machine has.
_at_once = BoundedSemaphore(2)

_NOBODYS = f"$argon2id$v=19$m={MEMORY},t={PASSES},p={LANES}${'A' * 22}${'A' * 43}"
"""No password gives this one, and checking one against it costs as much as against any other."""


def kept(password: str) -> str:
    """What to keep of a password."""
    with _at_once:
        return _hasher.hash(as_kept(password))


def is_right(password: str, hashed: str) -> bool:
    """Whether the password is the one of which this was kept; "" is nobody's, and costs as much."""
    with _at_once:
        try:
            return _hasher.verify(hashed or _NOBODYS, as_kept(password[:LONGEST_PASSWORD]))
        except (VerificationError, InvalidHashError):
            return False


def is_dated(hashed: str) -> bool:
    """Whether it was made with other parameters than those of today."""
    return _hasher.check_needs_rehash(hashed)
