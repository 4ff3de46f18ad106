"""How many wrong passwords and codes an account and a network have had: in the table that all processes share."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, select, text, update

from newsletter.core.addresses import keyed
from newsletter.core.clock import now
from newsletter.core.db import db, one_at_a_time, transaction
from newsletter.core.errors import TooManyTries
from newsletter.core.logs import logger
from newsletter.core.networks import find_networks
from newsletter.operators.models import LoginTry
from newsletter.operators.policy import MOST_OF_ACCOUNT, MOST_OF_NETWORK, WINDOW

TRYING = "log in"
_HAS_FAILED = text("login_tries.has_failed")

log = logger(__name__)


def note_try(login: str, ip: str, pepper: str) -> int:
    """Count a try before anything is checked, so that many at once are counted, too; its number.

    An address that nobody has is counted like any other. Raises TooManyTries, and then nothing is counted.
    """
    moment, around = now(), find_networks(ip)
    login_key, network = keyed(login, pepper), around.near if around else ""
    with transaction():
        one_at_a_time(TRYING)
        _refuse(LoginTry.login_key == login_key, MOST_OF_ACCOUNT, moment)
        if network:
            _refuse(LoginTry.network == network, MOST_OF_NETWORK, moment)
        tried = LoginTry(at=moment, login_key=login_key, network=network)
        db.session.add(tried)
        db.session.flush()
        return tried.id


def forgive(try_id: int) -> None:
    """It was right, in the caller's transaction. What was wrong before it still counts."""
    db.session.execute(update(LoginTry).where(LoginTry.id == try_id).values(has_failed=False))


def _refuse(like_this: ColumnElement[bool], most: int, moment: datetime) -> None:
    """Raises TooManyTries when so many like this have failed within the window."""
    seen = (
        select(LoginTry.at)
        .where(like_this, LoginTry.at > moment - WINDOW, _HAS_FAILED)
        .order_by(LoginTry.at.desc())
        .limit(most)
        .subquery()
    )
    count, oldest = db.session.execute(select(func.count(), func.min(seen.c.at))).one()
    if count >= most:
        log.warning("login refused: too many tries", most=most, minutes=WINDOW.total_seconds() / 60)
        raise TooManyTries(int((oldest + WINDOW - moment).total_seconds()))
