"""A second subject of an edition, and how it did."""

from collections.abc import Mapping

from sqlalchemy import func, select

from newsletter.core.db import db
from newsletter.delivery.models import Delivery
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import canary
from newsletter.editions.models import Edition, EditionClick, Split
from newsletter.editions.policy import ClickKind
from newsletter.editions.policy.splitting import Arm, Tally


def split_of(edition_id: int) -> Split | None:
    """In its newest state; None where there is one subject."""
    return db.session.get(Split, edition_id, populate_existing=True)


def tallies(chosen: Edition, found: Split) -> Mapping[Arm, Tally]:
    """What each subject has brought: when it was decided, or until now."""
    if found.decided_at:
        return {
            Arm.OWN: Tally(found.own_sent, found.own_clicks),
            Arm.OTHER: Tally(found.other_sent, found.other_clicks),
        }
    return counted(chosen, found)


def counted(chosen: Edition, found: Split) -> Mapping[Arm, Tally]:
    """How many of those who go first have it with each subject by now, and what people have opened of it."""
    clicks = _clicks(chosen.id)
    sent = _sent(chosen.mailing_id, found) if chosen.mailing_id else dict.fromkeys(Arm, 0)
    return {arm: Tally(sent[arm], clicks.get(arm.number, 0)) for arm in Arm}


def _sent(mailing_id: int, found: Split) -> dict[Arm, int]:
    sent, first = dict.fromkeys(Arm, 0), canary(mailing_id)
    if first is None:
        return sent
    others = {other for _, _, other in found.wordings}
    accepted = (
        select(Delivery.variant, func.count())
        .where(
            Delivery.mailing_id == mailing_id,
            Delivery.id.between(first.first_id, first.last_id),
            Delivery.status == Status.ACCEPTED,
        )
        .group_by(Delivery.variant)
    )
    for variant, how_many in db.session.execute(accepted):
        sent[Arm.OTHER if variant in others else Arm.OWN] += how_many
    return sent


def _clicks(edition_id: int) -> dict[int, int]:
    by_people = EditionClick.edition_id == edition_id, EditionClick.kind == ClickKind.HUMAN
    counts = select(EditionClick.arm, func.sum(EditionClick.count)).where(*by_people).group_by(EditionClick.arm)
    return {arm: int(total) for arm, total in db.session.execute(counts)}
