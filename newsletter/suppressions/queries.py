"""Reading suppressions."""

from newsletter.core.db import db
from newsletter.suppressions.models import Reason, Suppression


def find_suppression(address_key: str) -> Suppression | None:
    """Why this address must not be mailed, or None if it may be."""
    return db.session.get(Suppression, address_key)


def may_be_asked(address_key: str) -> bool:
    """Whether a confirmation may go there: who was only erased may come back, if it is they who ask."""
    found = find_suppression(address_key)
    return found is None or found.reason == Reason.ERASED
