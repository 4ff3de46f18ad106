"""Writing down what lasts, and mailing the operator."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.alarms.models import Alarm
from newsletter.alarms.policy import Rhythm, Standing, judge
from newsletter.core.addresses import parse
from newsletter.core.db import db, one_at_a_time, transaction
from newsletter.delivery.service import Letter, queue_to_operator
from newsletter.mail.house import House

ALARMING = "look for alarms"
"""What only one may be at."""


@dataclass(frozen=True)
class Change:
    """How a cause stood and stands, and whether the operator is to be told."""

    was: Standing
    now: Standing
    is_told: bool

    @property
    def has_begun(self) -> bool:
        return self.was.since is None and self.now.since is not None

    @property
    def has_ended(self) -> bool:
        return self.was.since is not None and self.now.since is None

    def since(self, moment: datetime) -> datetime:
        """Since when it lasts or lasted."""
        return self.now.since or self.was.since or moment


def settle(cause: str, *, is_so: bool | None, moment: datetime, rhythm: Rhythm = Rhythm.AGAIN) -> Change:
    """Write down how a cause stands, None for as it was; others that look at it wait for this transaction's end.

    Whoever is told to tell the operator does so in the same transaction, so that it happens once.
    """
    with transaction():
        one_at_a_time(ALARMING)
        alarm = db.session.get(Alarm, cause, populate_existing=True)
        known = Standing(alarm.since, alarm.told_at) if alarm else Standing()
        stands, is_told = judge(known, is_so=is_so, moment=moment, rhythm=rhythm)
        if stands != known:
            alarm = alarm or Alarm(cause=cause)
            alarm.since, alarm.told_at = stands.since, stands.told_at
            db.session.add(alarm)
        return Change(known, stands, is_told)


def post(letter: Letter, house: House) -> None:
    """Queue it for the operator's address, which must be set."""
    mailbox = parse(house.settings.operator)
    queue_to_operator(letter, str(mailbox), mailbox.key(house.settings.pepper))
