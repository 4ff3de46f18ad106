"""Reading suppressions."""

from newsletter.core.db import db
from newsletter.suppressions.models import Suppression


def find_suppression(address_key: str) -> Suppression | None:
    """Why this address must not be mailed, or None if it may be."""
    return db.session.get(Suppression, address_key)


def is_suppressed(address_key: str) -> bool:
    return find_suppression(address_key) is not None
