"""Telling the operator that the budgets of confirmations had to step in: in the log, and by mail."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.db import db, one_at_a_time, transaction
from newsletter.core.errors import NewsletterError
from newsletter.core.logs import logger
from newsletter.core.settings import Budget
from newsletter.delivery.service import queue_to_operator
from newsletter.mail.house import House
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions import emails
from newsletter.subscriptions.models import Alarm, SignUp, Verdict
from newsletter.subscriptions.policy.alarms import (
    Cause,
    Filling,
    Sight,
    Standing,
    judge,
    sight_of_breaker,
    sight_of_budget,
)
from newsletter.subscriptions.policy.budgets import By, Confirming
from newsletter.subscriptions.service.budgeting import confirming

WATCHING = "watch sign-ups"
"""What only one may be at."""

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
            func.count().filter(SignUp.verdict == Verdict.ASKED),
            func.count().filter(SignUp.verdict == Verdict.ALL),
        ).where(SignUp.answered_at > moment - budget.window)
    ).one()
    return Filling(budget, spent, refused)


def _tell(sight: Sight, moment: datetime, house: House) -> None:
    with transaction():
        one_at_a_time(WATCHING)
        alarm = db.session.get(Alarm, sight.cause, populate_existing=True) or Alarm(cause=sight.cause)
        known = Standing(alarm.since, alarm.told_at)
        stands, is_told = judge(known, sight, moment)
        _log(sight, known, stands)
        alarm.since, alarm.told_at = stands.since, stands.told_at
        db.session.add(alarm)
        if is_told:
            since = stands.since or known.since or moment
            _mail(emails.Alarming(sight, since, is_over=stands.since is None), moment, house)


def _log(sight: Sight, known: Standing, stands: Standing) -> None:
    if stands.since:
        log.error(_BEGUN[sight.cause], **_figures(sight), since=stands.since, see="newsletter subscriber budget")
    elif known.since:
        log.warning(_OVER[sight.cause], **_figures(sight), since=known.since)


def _figures(sight: Sight) -> dict[str, int]:
    match sight.seen:
        case Confirming(asked, confirmed):
            return {"asked": asked, "confirmed": confirmed}
        case Filling(budget, spent, refused):
            return {"most": budget.most, "spent": spent, "refused": refused}


def _mail(alarming: emails.Alarming, moment: datetime, house: House) -> None:
    """From the oldest newsletter: it is no newsletter's mail, and each mail needs a sender that may send."""
    sender = db.session.scalar(select(Newsletter).order_by(Newsletter.id).limit(1))
    if not house.settings.operator or sender is None:
        return
    letter = emails.alarm(sender, alarming, moment, house)
    mailbox = parse(house.settings.operator)
    queue_to_operator(letter, str(mailbox), mailbox.key(house.settings.pepper))
