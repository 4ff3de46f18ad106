"""Sessions: rows on the server, of which the browser has nothing but a random key."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update

from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.networks import find_networks
from newsletter.core.tokens import LEEWAY
from newsletter.operators.models import LoginTry, Operator, OperatorSession, SpentChallenge
from newsletter.operators.policy import CHALLENGE_LIFE, SEEN_EVERY, WINDOW, digest_of
from newsletter.operators.queries import is_alive
from newsletter.operators.service.auditing import note


@dataclass(frozen=True)
class Browser:
    """Where somebody knocks from: the address on the network, and what the browser calls itself."""

    ip: str
    agent: str


@dataclass(frozen=True)
class Entered:
    """A session that has just begun; `key` is for the cookie and kept nowhere else."""

    operator: Operator
    key: str
    needs_factor: bool


def begin(chosen: Operator, browser: Browser, *, is_complete: bool, way: str = "") -> Entered:
    """A session under a fresh key, in the caller's transaction: what a browser brought along is never used.

    `way` is what the trail says of how they came, such as `by a passkey`; "" for a password.
    """
    key, moment = secrets.token_urlsafe(32), now()
    around = find_networks(browser.ip)
    db.session.add(
        OperatorSession(
            operator_id=chosen.id,
            key_hash=digest_of(key),
            is_complete=is_complete,
            began_at=moment,
            seen_at=moment,
            ip=around.wide if around else "",
            browser=browser.agent[:300],
        )
    )
    if is_complete:
        note(chosen.id, f"logged in {way}".strip(), f"operator {chosen.address}")
    return Entered(chosen, key, needs_factor=not is_complete)


def see(session: OperatorSession) -> None:
    """Note that it is used, at most once a minute."""
    moment = now()
    if moment - session.seen_at < SEEN_EVERY:
        return
    with transaction():
        db.session.execute(update(OperatorSession).where(OperatorSession.id == session.id).values(seen_at=moment))


def end(session_id: int) -> None:
    """Log out at one browser."""
    with transaction():
        found = db.session.get(OperatorSession, session_id)
        if found:
            note(
                found.operator_id,
                "logged out",
                f"operator {db.session.get_one(Operator, found.operator_id).address}",
            )
            db.session.delete(found)


def end_all(operator_id: int) -> int:
    """Log somebody out everywhere, in the caller's transaction; at how many browsers they were."""
    gone = delete(OperatorSession).where(OperatorSession.operator_id == operator_id)
    return rows_written(gone.execution_options(synchronize_session="fetch"))


def log_out_everywhere(operator_id: int, by: int | None) -> int:
    """As `end_all`, on somebody's wish; `by` None for a command."""
    with transaction():
        how_many = end_all(operator_id)
        note(by, "ended all sessions", f"operator {db.session.get_one(Operator, operator_id).address}")
        return how_many


def purge_sessions() -> None:
    """Clear away what has ended, tries that no count looks at any more, and challenges too old to be answered."""
    moment: datetime = now()
    with transaction():
        for needless in (
            delete(OperatorSession).where(~is_alive(moment)),
            delete(LoginTry).where(LoginTry.at < moment - WINDOW),
            delete(SpentChallenge).where(SpentChallenge.spent_at < moment - CHALLENGE_LIFE - LEEWAY),
        ):
            db.session.execute(needless.execution_options(synchronize_session=False))
