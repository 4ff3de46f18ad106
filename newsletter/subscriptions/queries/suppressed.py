"""Reading who must not be mailed, with the address where somebody of it is a subscriber."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_

from newsletter.core.db import db
from newsletter.subscriptions.models import Subscriber
from newsletter.suppressions.models import Reason, Suppression

PAGE = 50
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Suppressed:
    """One line: `subscriber_id` and `address` are None where nobody of this address is known."""

    suppression: Suppression
    subscriber_id: int | None
    address: str | None


def suppressed(reason: Reason | None, before: str = "") -> tuple[Sequence[Suppressed], str]:
    """A page behind the key `before`, newest first; and behind which key the next one begins, "" at the end."""
    chosen = select(Suppression).order_by(Suppression.created_at.desc(), Suppression.address_key.desc())
    if reason:
        chosen = chosen.where(Suppression.reason == reason)
    last = db.session.get(Suppression, before) if before else None
    if last:
        place = tuple_(Suppression.created_at, Suppression.address_key)
        chosen = chosen.where(place < tuple_(last.created_at, last.address_key))
    found = db.session.scalars(chosen.limit(PAGE + 1)).all()
    shown = found[:PAGE]
    people = _people([each.address_key for each in shown])
    lines = [Suppressed(each, *people.get(each.address_key, (None, None))) for each in shown]
    return lines, shown[-1].address_key if len(found) > PAGE else ""


def count_suppressed() -> dict[Reason, int]:
    """How many there are for each reason, each counted no further than MOST_COUNTED."""
    found = {}
    for reason in Reason:
        some = select(Suppression.address_key).where(Suppression.reason == reason).limit(MOST_COUNTED).subquery()
        found[reason] = db.session.scalar(select(func.count()).select_from(some)) or 0
    return found


def _people(keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    rows = db.session.execute(
        select(Subscriber.address_key, Subscriber.id, Subscriber.address).where(Subscriber.address_key.in_(keys))
    )
    return {row.address_key: (row.id, row.address) for row in rows}
