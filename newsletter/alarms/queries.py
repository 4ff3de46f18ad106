"""Reading alarms."""

from collections.abc import Sequence

from sqlalchemy import select

from newsletter.alarms.models import Alarm
from newsletter.core.db import db
from newsletter.newsletters.models import Newsletter


def open_alarms(kind: str | None = None) -> Sequence[Alarm]:
    """What lasts, oldest first; of this kind only, where one is given."""
    found = db.session.scalars(select(Alarm).where(Alarm.since.is_not(None)).order_by(Alarm.since, Alarm.cause))
    return [each for each in found if kind in {None, each.cause.partition(" ")[0]}]


def find_sender() -> Newsletter | None:
    """The oldest newsletter, in whose name operators are written to; None before there is any."""
    return db.session.scalar(select(Newsletter).order_by(Newsletter.id).limit(1))
