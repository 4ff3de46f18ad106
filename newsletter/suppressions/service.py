"""Suppressing addresses."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, delete, update

from newsletter.core.clock import now
from newsletter.core.db import any_of, db, execute, insert_ignoring, transaction
from newsletter.suppressions.models import IMPORTED, Reason, Suppression

_SUPPRESSIONS = Suppression.__table__
_LIFT = delete(_SUPPRESSIONS).where(
    _SUPPRESSIONS.c.address_key == bindparam("whose"), _SUPPRESSIONS.c.reason == bindparam("why")
)


def lift_erasure(address_key: str) -> None:
    """Whoever was erased has confirmed a new sign-up; other reasons stay."""
    lift(address_key, Reason.ERASED)


def lift(address_key: str, reason: Reason) -> None:
    """Let it be mailed again, if this is the reason that kept us from it."""
    with transaction():
        execute(_LIFT, {"whose": address_key, "why": reason})


def suppress_erased(address_key: str, at: datetime) -> None:
    """Nobody writes to who was erased; a reason that was there before stays, without its words.

    The words of a server may hold the address.
    """
    with transaction():
        suppress(address_key, Reason.ERASED)
        db.session.execute(
            update(Suppression).where(Suppression.address_key == address_key).values(words="", erased_at=at)
        )


def silence(address_keys: Collection[str]) -> None:
    """These stay suppressed, without the words of a server, which may hold the address."""
    said_by_server = Suppression.words != "", ~Suppression.words.startswith(IMPORTED)
    db.session.execute(
        update(Suppression)
        .where(any_of(Suppression.address_key, address_keys), *said_by_server)
        .values(words="")
        .execution_options(synchronize_session=False)
    )


def suppress(address_key: str, reason: Reason, words: str = "") -> Suppression:
    """Never mail this address again; the first reason stays when there are several."""
    with transaction():
        db.session.execute(
            insert_ignoring(Suppression).values(
                address_key=address_key, reason=reason, words=words[:500], created_at=now()
            )
        )
        return db.session.get_one(Suppression, address_key)
