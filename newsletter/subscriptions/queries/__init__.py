"""Reading subscriptions."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Literal

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select

from newsletter.core.db import db
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletters
from newsletter.subscriptions.models import (
    ConfirmCount,
    ConsentEvent,
    Followable,
    SignUp,
    Subscriber,
    Subscription,
    Verdict,
)
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.policy.ratios import Ratio
from newsletter.suppressions.models import Suppression

# Built once: the clicks on links in mails ask for it.
_SUBSCRIPTION = select(Subscription).where(
    Subscription.subscriber_id == bindparam("whose"), Subscription.newsletter_id == bindparam("which")
)


def find_subscriber(address_key: str) -> Subscriber | None:
    return db.session.scalar(select(Subscriber).where(Subscriber.address_key == address_key))


def writes_to(subscriber_id: int) -> Newsletter:
    """In whose name this person is written to about themselves: a newsletter of theirs, else any."""
    own = select(Subscription.newsletter_id).where(Subscription.subscriber_id == subscriber_id)
    theirs = select(Newsletter).where(Newsletter.id.in_(own)).order_by(Newsletter.name).limit(1)
    return db.session.scalars(theirs).first() or newsletters()[0]


def find_subscription(subscriber_id: int, newsletter_id: int) -> Subscription | None:
    return db.session.scalar(_SUBSCRIPTION, {"whose": subscriber_id, "which": newsletter_id})


def audience(newsletter_id: int) -> Select[int, str, str, str]:
    """Whom an edition would reach now: subscriber id, address, address key and name of each, as a statement."""
    return (
        select(Subscriber.id, Subscriber.address, Subscriber.address_key, Subscriber.name)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(
            Subscription.newsletter_id == newsletter_id,
            Subscription.status == SubscriptionStatus.CONFIRMED,
            ~_is_suppressed(),
        )
    )


def audience_size(newsletter_id: int) -> int:
    """How many an edition would reach now."""
    return db.session.scalar(select(func.count()).select_from(audience(newsletter_id).subquery())) or 0


def counts(newsletter_id: int) -> dict[SubscriptionStatus, int]:
    """How many subscriptions are in each state; states without any are 0."""
    rows = db.session.execute(
        select(Subscription.status, func.count())
        .where(Subscription.newsletter_id == newsletter_id)
        .group_by(Subscription.status)
    )
    found = {SubscriptionStatus(status): count for status, count in rows}
    return {status: found.get(status, 0) for status in SubscriptionStatus}


def subscriptions_of(subscriber_id: int) -> Sequence[Subscription]:
    return db.session.scalars(select(Subscription).where(Subscription.subscriber_id == subscriber_id)).all()


def consent_of(subscriber_id: int) -> Sequence[ConsentEvent]:
    """All that this person ever asked for and withdrew, oldest first."""
    return db.session.scalars(
        select(ConsentEvent).where(ConsentEvent.subscriber_id == subscriber_id).order_by(ConsentEvent.id)
    ).all()


def followables(newsletter_id: int) -> Sequence[Followable]:
    """What can be followed of the newsletter, by name."""
    return db.session.scalars(
        select(Followable).where(Followable.newsletter_id == newsletter_id).order_by(Followable.value)
    ).all()


def followables_by_id(numbers: Collection[int]) -> Sequence[Followable]:
    """Those of them that can still be followed, by name."""
    if not numbers:
        return ()
    return db.session.scalars(
        select(Followable).where(Followable.id.in_(numbers)).order_by(Followable.value)
    ).all()


def _is_suppressed() -> ColumnElement[bool]:
    return exists(select(Suppression.address_key).where(Suppression.address_key == Subscriber.address_key))


def verdicts_since(moment: datetime) -> dict[Verdict, int]:
    """What became of the sign-ups that were answered since then; those without any are left out."""
    rows = db.session.execute(
        select(SignUp.verdict, func.count()).where(SignUp.answered_at >= moment).group_by(SignUp.verdict)
    )
    return {Verdict(verdict): count for verdict, count in rows}


By = Literal["form", "page", "provider", "day"]
"""What the ratio of those who confirmed can be told by."""


def confirm_ratios(by: By, since: date, newsletter_id: int | None) -> Sequence[Ratio]:
    """Of those who signed up from that day (UTC) on; most asked first, days in order. None: all newsletters."""
    name = getattr(ConfirmCount, by)
    sums = [
        func.sum(each).label(each.key)
        for each in (
            ConfirmCount.asked,
            ConfirmCount.confirmed,
            ConfirmCount.within_hour,
            ConfirmCount.reminded,
            ConfirmCount.after_reminder,
        )
    ]
    statement = select(name.label("name"), *sums).where(ConfirmCount.day >= since).group_by(name)
    if newsletter_id is not None:
        statement = statement.where(ConfirmCount.newsletter_id == newsletter_id)
    order = (name,) if by == "day" else (func.sum(ConfirmCount.asked).desc(), name)
    rows = db.session.execute(statement.order_by(*order))
    return [Ratio(str(row.name), *map(int, row[1:])) for row in rows]


def confirm_sums(of: Collection[int] | None, since: date) -> tuple[int, int]:
    """How many were asked from that day (UTC) on, and how many have confirmed; None for all newsletters."""
    # Named in any case: the key begins with the newsletter.
    which = select(Newsletter.id) if of is None else select(Newsletter.id).where(Newsletter.id.in_(of))
    asked, confirmed = db.session.execute(
        select(func.sum(ConfirmCount.asked), func.sum(ConfirmCount.confirmed)).where(
            ConfirmCount.newsletter_id.in_(which), ConfirmCount.day >= since
        )
    ).one()
    return int(asked or 0), int(confirmed or 0)


def is_anybody_there() -> bool:
    """Whether anybody ever signed up, or was imported."""
    return db.session.scalar(select(Subscription.id).limit(1)) is not None
