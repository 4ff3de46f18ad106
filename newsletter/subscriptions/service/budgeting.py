"""Whether a sign-up may still be mailed: the budgets, counted in the table that all processes share."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.logs import logger
from newsletter.core.settings import Budget
from newsletter.subscriptions.models import IS_ASKED, SignUp, Verdict
from newsletter.subscriptions.policy.budgets import (
    LONGEST_WINDOW,
    LOOK_BACK,
    OF_ADDRESS,
    TIME_TO_CONFIRM,
    TRICKLE,
    By,
    Confirming,
    Trust,
    is_collapsed,
    most_for,
)

REFUSED_FOR = timedelta(days=1)
"""How long it is kept that somebody was refused: for the operator to see what goes on."""

_COUNTED_BY = {
    By.ADDRESS.value: SignUp.inbox_key,
    By.NEAR.value: SignUp.near,
    By.WIDE.value: SignUp.wide,
    By.DOMAIN.value: SignUp.domain_key,
}

log = logger(__name__)


class Gate:
    """Lets sign-ups through to a confirmation, or not, as of this moment."""

    def __init__(self, budgets: Iterable[Budget], moment: datetime) -> None:
        self._budgets = tuple(budgets)
        self._moment = moment
        self._breaker_is_open = is_collapsed(confirming(moment))

    def find_refusal(self, asked: SignUp) -> Verdict | None:
        """Why no confirmation may leave for it; None if one may."""
        if asked.trust == Trust.MACHINE:
            return Verdict.MACHINE
        for budget in self._budgets:
            most = most_for(budget, Trust(asked.trust))
            if self._breaker_is_open and budget.by == By.ALL:
                most = max(1, most // TRICKLE)
            if self._spent(budget, asked, most) >= most:
                return Verdict.BREAKER if self._breaker_is_open and budget.by == By.ALL else Verdict(budget.by)
        is_often = any(self._spent(each, asked, each.most) >= each.most for each in OF_ADDRESS)
        return Verdict.ADDRESS if is_often else None

    def _spent(self, budget: Budget, asked: SignUp, most: int) -> int:
        """How many confirmations have left that count together with this one; no more than `most` are counted."""
        counted = _COUNTED_BY.get(budget.by)
        if counted is not None and getattr(asked, counted.key) is None:
            return 0
        like_this = () if counted is None else (counted == getattr(asked, counted.key),)
        since = SignUp.answered_at > self._moment - budget.window
        seen = select(SignUp.id).where(IS_ASKED, since, *like_this).limit(most).subquery()
        return db.session.scalar(select(func.count()).select_from(seen)) or 0


def confirming(moment: datetime) -> Confirming:
    """Of the confirmations that people have had time to answer today, how many were."""
    old_enough = SignUp.answered_at.between(moment - LOOK_BACK, moment - TIME_TO_CONFIRM)
    asked, confirmed = db.session.execute(
        select(func.count(), func.count().filter(SignUp.is_confirmed)).where(IS_ASKED, old_enough)
    ).one()
    return Confirming(asked, confirmed)


def note_confirmed(address_key: str) -> None:
    """The sign-ups of this address were meant, in the caller's transaction."""
    db.session.execute(
        update(SignUp)
        .where(SignUp.address_key == address_key, SignUp.verdict == Verdict.ASKED)
        .values(is_confirmed=True)
        .execution_options(synchronize_session=False)
    )


def watch_confirming() -> Confirming:
    """Tell the operator when hardly anybody confirms any more; the figures."""
    seen = confirming(now())
    if is_collapsed(seen):
        log.error(
            "sign-up breaker is open: hardly anybody confirms",
            asked=seen.asked,
            confirmed=seen.confirmed,
            see="newsletter subscriber budget",
        )
    return seen


def purge_sign_ups() -> int:
    """Forget those that no budget needs any more; how many that were."""
    moment = now()
    with transaction():
        return rows_written(
            delete(SignUp)
            .where(
                SignUp.answered_at < moment - REFUSED_FOR,
                (SignUp.answered_at < moment - LONGEST_WINDOW) | (SignUp.verdict != Verdict.ASKED),
            )
            .execution_options(synchronize_session=False)
        )
