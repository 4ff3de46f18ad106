"""The trail: who did what, about what, when and from where."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.networks import find_networks
from newsletter.operators.models import AuditEvent, Operator

BY_COMMAND = "command"
"""Who it was where nobody was logged in: somebody with a shell on the machine."""

_from: ContextVar[str] = ContextVar("newsletter.operators.from", default="")


@contextmanager
def seen_from(ip: str) -> Iterator[None]:
    """What is noted within the block was done from this address; only its network is kept."""
    around = find_networks(ip)
    token = _from.set(around.wide if around else "")
    try:
        yield
    finally:
        _from.reset(token)


def note(operator_id: int | None, what: str, about: str) -> None:
    """Write down, in the caller's transaction, what an operator did; None for a command.

    `what` is a verb in the past (`approved`), `about` the thing as people call it (`edition 7`).
    """
    who = db.session.get_one(Operator, operator_id).called if operator_id is not None else BY_COMMAND
    db.session.add(
        AuditEvent(
            at=now(), operator_id=operator_id, who=who[:254], what=what[:200], about=about[:300], ip=_from.get()
        )
    )
