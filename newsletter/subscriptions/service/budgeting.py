"""Whether a sign-up may still be mailed: the budgets, counted in the table that all processes share."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, or_, select, update

from newsletter.core.addresses import Address, keyed
from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.settings import Budget
from newsletter.subscriptions.models import IS_ASKED, IS_COUNTED, IS_MAILED, SignUp, Verdict
from newsletter.subscriptions.policy.budgets import (
    LONGEST_WINDOW,
    LOOK_BACK,
    OF_ADDRESS,
    OF_LINK,
    TIME_TO_CONFIRM,
    TRICKLE,
    By,
    Confirming,
    Trust,
    is_collapsed,
    mailbox_of,
    most_for,
)

REFUSED_FOR = timedelta(days=1)
"""How long it is kept that somebody was refused: for the operator to see what goes on."""

_COUNTED_BY = {
    By.NEAR.value: SignUp.near,
    By.WIDE.value: SignUp.wide,
    By.DOMAIN.value: SignUp.domain_key,
}

_KEPT_LONG = (Verdict.ASKED, Verdict.REMINDED, Verdict.LINK, Verdict.CHANGE)
_OF_NETWORKS = frozenset({By.NEAR, By.WIDE})


class Gate:
    """Lets sign-ups through to a mail, or not, as of this moment."""

    def __init__(self, budgets: Iterable[Budget], moment: datetime) -> None:
        self._budgets = tuple(budgets)
        self._moment = moment
        self._breaker_is_open = is_collapsed(confirming(moment))

    def find_refusal(self, asked: SignUp) -> Verdict | None:
        """Why no confirmation may leave for it; None if one may."""
        if asked.trust == Trust.MACHINE:
            return Verdict.MACHINE
        if refusal := self._find_spent(asked, self._budgets):
            return refusal
        return Verdict.ADDRESS if is_mailed_often(asked.inbox_key, self._moment) else None

    def find_refusal_of_link(self, asked: SignUp) -> Verdict | None:
        """As `find_refusal`, for a fresh link: it only goes to who is known, so the networks alone are counted."""
        return self._find_spent(asked, [each for each in self._budgets if each.by in _OF_NETWORKS])

    def _find_spent(self, asked: SignUp, budgets: Iterable[Budget]) -> Verdict | None:
        for budget in budgets:
            most = most_for(budget, Trust(asked.trust))
            if self._breaker_is_open and budget.by == By.ALL:
                most = max(1, most // TRICKLE)
            if self._spent(budget, asked, most) >= most:
                return Verdict.BREAKER if self._breaker_is_open and budget.by == By.ALL else Verdict(budget.by)
        return None

    def _spent(self, budget: Budget, asked: SignUp, most: int) -> int:
        """How many mails have left that count together with this one; no more than `most` are counted."""
        counted = _COUNTED_BY.get(budget.by)
        if counted is not None and getattr(asked, counted.key) is None:
            return 0
        like_this = () if counted is None else (counted == getattr(asked, counted.key),)
        since = SignUp.answered_at > self._moment - budget.window
        seen = select(SignUp.id).where(IS_COUNTED, since, *like_this).limit(most).subquery()
        return db.session.scalar(select(func.count()).select_from(seen)) or 0


def inbox_key_of(address: Address, pepper: str) -> str:
    """Stands for the inbox in which this address ends, as far as anybody can know."""
    return keyed(mailbox_of(address.identity), pepper)


def is_mailed_often(inbox_key: str, moment: datetime) -> bool:
    """Whether this inbox has had as many questions and reminders as anybody may; fresh links are no question."""
    return _is_spent(OF_ADDRESS, inbox_key, moment, SignUp.verdict != Verdict.LINK)


def is_linked_often(inbox_key: str, moment: datetime) -> bool:
    """Whether this inbox has had as many fresh links as a reader gets."""
    return _is_spent(OF_LINK, inbox_key, moment, SignUp.verdict == Verdict.LINK)


def is_written_often(inbox_key: str, moment: datetime) -> bool:
    """As `is_mailed_often`, fresh links too: for whoever has confirmed nothing, and so may never have asked."""
    return _is_spent(OF_ADDRESS, inbox_key, moment)


def _is_spent(budgets: Iterable[Budget], inbox_key: str, moment: datetime, *those: ColumnElement[bool]) -> bool:
    return any(_mailed(inbox_key, moment, each, *those) >= each.most for each in budgets)


def _mailed(inbox_key: str, moment: datetime, budget: Budget, *those: ColumnElement[bool]) -> int:
    like_this = IS_MAILED, SignUp.inbox_key == inbox_key, SignUp.answered_at > moment - budget.window
    seen = select(SignUp.id).where(*like_this, *those).limit(budget.most).subquery()
    return db.session.scalar(select(func.count()).select_from(seen)) or 0


def note_reminded(address_key: str, inbox_key: str, moment: datetime) -> None:
    """A reminder counts in the budget of its inbox, in the caller's transaction."""
    db.session.add(
        SignUp(
            verdict=Verdict.REMINDED,
            at=moment,
            due_at=moment,
            answered_at=moment,
            address="",
            entered="",
            address_key=address_key,
            inbox_key=inbox_key,
            domain_key="",
            trust=Trust.SIGNED,
            newsletter_ids=[],
            wish={},
            method="reminder",
        )
    )


def confirming(moment: datetime) -> Confirming:
    """Of the confirmations that people have had time to answer today, how many were."""
    old_enough = SignUp.answered_at.between(moment - LOOK_BACK, moment - TIME_TO_CONFIRM)
    asked, confirmed = db.session.execute(
        select(func.count(), func.count().filter(SignUp.is_confirmed)).where(IS_ASKED, old_enough)
    ).one()
    return Confirming(asked, confirmed)


_SIGN_UPS = SignUp.__table__
_MEANT = (
    update(_SIGN_UPS)
    .where(_SIGN_UPS.c.address_key == bindparam("whose"), _SIGN_UPS.c.verdict == Verdict.ASKED)
    .values(is_confirmed=True)
)


def note_confirmed(address_key: str) -> None:
    """The sign-ups of this address were meant, in the caller's transaction."""
    db.session.connection().execute(_MEANT, {"whose": address_key})


def purge_sign_ups() -> int:
    """Forget those that no budget needs any more; how many that were."""
    with transaction():
        needless = delete(SignUp).where(_is_needless(now()))
        return rows_written(needless.execution_options(synchronize_session=False))


def count_needless() -> int:
    """How many `purge_sign_ups` would forget."""
    return db.session.scalar(select(func.count()).select_from(SignUp).where(_is_needless(now()))) or 0


def _is_needless(moment: datetime) -> ColumnElement[bool]:
    return and_(
        SignUp.answered_at < moment - REFUSED_FOR,
        or_(SignUp.answered_at < moment - LONGEST_WINDOW, SignUp.verdict.not_in(_KEPT_LONG)),
    )
