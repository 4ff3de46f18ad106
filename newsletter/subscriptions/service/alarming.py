"""Telling the operator that the budgets of confirmations had to step in: in the log, and by mail."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from newsletter.alarms.queries import find_sender
from newsletter.alarms.service import Change, post, settle
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import NewsletterError
from newsletter.core.logs import logger
from newsletter.core.settings import Budget
from newsletter.mail.house import House
from newsletter.subscriptions import emails
from newsletter.subscriptions.models import IS_COUNTED, SignUp, Verdict
from newsletter.subscriptions.policy.alarms import (
    Cause,
    Filling,
    Sight,
    sight_of_breaker,
    sight_of_budget,
)
from newsletter.subscriptions.policy.budgets import By, Confirming
from newsletter.subscriptions.service.budgeting import confirming

_BEGUN = {
    Cause.BREAKER: "sign-up breaker is open: hardly anybody confirms",
    Cause.BUDGET: "sign-up budget is used up",
}
_OVER = {
    Cause.BREAKER: "sign-up breaker has closed",
    Cause.BUDGET: "sign-up budget has room again",
}

log = logger(__name__)


def watch_sign_ups(house: House) -> Sequence[Sight]:
    """Look at the breaker and at the budget of all; tell what begins, lasts or is over. What was seen.

    The log tells it at each look, a mail once in a while, if there is an address for it.
    """
    moment = now()
    sights = [sight_of_breaker(confirming(moment)), *_sights_of_budget(house.settings.budgets, moment)]
    for each in sights:
        try:
            _tell(each, moment, house)
        except NewsletterError as error:
            log.error("operator not told", cause=each.cause, error=str(error))  # noqa: TRY400 - it says all.
    return sights


def _sights_of_budget(budgets: Sequence[Budget], moment: datetime) -> Sequence[Sight]:
    """Of the fullest one of those for all; nothing where none is set."""
    fillings = [_filling(each, moment) for each in budgets if each.by == By.ALL]
    fullest = max(fillings, key=lambda each: (bool(each.refused), each.spent / each.budget.most), default=None)
    return [sight_of_budget(fullest)] if fullest else []


def _filling(budget: Budget, moment: datetime) -> Filling:
    spent, refused = db.session.execute(
        select(
            func.count().filter(IS_COUNTED),
            func.count().filter(SignUp.verdict == Verdict.ALL),
        ).where(SignUp.answered_at > moment - budget.window)
    ).one()
    return Filling(budget, spent, refused)


def _tell(sight: Sight, moment: datetime, house: House) -> None:
    with transaction():
        change = settle(sight.cause, is_so=sight.is_so, moment=moment)
        _log(sight, change)
        if change.is_told:
            is_over = change.now.since is None
            _mail(emails.Alarming(sight, change.since(moment), is_over=is_over), moment, house)


def _log(sight: Sight, change: Change) -> None:
    since = change.now.since
    if since:
        log.error(_BEGUN[sight.cause], **_figures(sight), since=since, see="newsletter subscriber budget")
    elif change.has_ended:
        log.warning(_OVER[sight.cause], **_figures(sight), since=change.was.since)


def _figures(sight: Sight) -> dict[str, int]:
    match sight.seen:
        case Confirming(asked, confirmed):
            return {"asked": asked, "confirmed": confirmed}
        case Filling(budget, spent, refused):
            return {"most": budget.most, "spent": spent, "refused": refused}


def _mail(alarming: emails.Alarming, moment: datetime, house: House) -> None:
    """From the oldest newsletter: it is no newsletter's mail, and each mail needs a sender that may send."""
    sender = find_sender()
    if house.settings.operator and sender:
        post(emails.alarm(sender, alarming, moment, house), house)
