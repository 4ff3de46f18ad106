"""What subscribers change by their own link. The one that stands in every mail may do what harms nobody.

A mail gets forwarded, and its link with it. So joining something new, all that is known of a person, and erasing
it need a fresh link, which goes to the address itself and works for a day (docs/adr/0022).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, update

from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.errors import InvalidInput
from newsletter.delivery.models import Mailing
from newsletter.delivery.queries import deliveries_of
from newsletter.delivery.service import Recipient, cancel_for, queue_to_one
from newsletter.mail.house import House
from newsletter.mail.message import plain
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter, newsletters
from newsletter.subscriptions import emails
from newsletter.subscriptions.links import reader
from newsletter.subscriptions.models import Consent, Follow, Subscriber, Subscription
from newsletter.subscriptions.policy import Cadence, EndReason, FollowKind, SubscriptionStatus
from newsletter.subscriptions.queries import consent_of, find_subscriber, find_subscription, subscriptions_of
from newsletter.subscriptions.service.consent import Named, Origin, note
from newsletter.subscriptions.service.leaving import end
from newsletter.suppressions.queries import may_be_asked

LONGEST_PAUSE = timedelta(days=366)
BETWEEN_LINKS = timedelta(minutes=10)
"""A second fresh link within this time is not sent."""

METHOD = "preferences"


@dataclass(frozen=True)
class Standing:
    """One newsletter as this person has it; None where they never had it."""

    of: Newsletter
    subscription: Subscription | None

    @property
    def is_on(self) -> bool:
        return bool(self.subscription) and self.status in {"confirmed", "paused"}

    @property
    def status(self) -> str:
        return str(self.subscription.status) if self.subscription else "unsubscribed"

    @property
    def topics(self) -> Sequence[str]:
        return [each.value for each in self.subscription.follows] if self.subscription else ()


def find_person(token: str, house: House) -> Subscriber | None:
    """Whose preferences link it is; None when nothing is kept of them any more. Raises LinkDamaged."""
    return db.session.get(Subscriber, reader(house).preferences(token, now()))


def find_account(token: str, house: House) -> Subscriber | None:
    """As `find_person`, of a fresh link. Raises LinkDamaged, or LinkExpired after a day."""
    return db.session.get(Subscriber, reader(house).account(token, now()))


def standings(subscriber_id: int) -> Sequence[Standing]:
    """Each newsletter of the house."""
    own = {each.newsletter_id: each for each in subscriptions_of(subscriber_id)}
    return [Standing(of, own.get(of.id)) for of in newsletters()]


def prefer(subscriber_id: int, slug: str, cadence: str, topics: Sequence[str]) -> None:
    """How often, and what of it. Raises NotFound, InvalidInput."""
    if cadence not in set(Cadence):
        problem = f"There is no such cadence; expected one of {', '.join(Cadence)}."
        raise InvalidInput(problem, field="cadence")
    wanted = dict.fromkeys(plain(topic)[:100] for topic in topics[:20] if plain(topic))
    with transaction():
        subscription = find_subscription(subscriber_id, newsletter(slug).id)
        if subscription:
            subscription.cadence = Cadence(cadence)
            kept = [each for each in subscription.follows if each.kind != FollowKind.TOPIC or each.value in wanted]
            known = {each.value for each in kept if each.kind == FollowKind.TOPIC}
            new = [Follow(kind=FollowKind.TOPIC, value=topic) for topic in wanted if topic not in known]
            subscription.follows = kept + new
            _was_here(subscriber_id)


def pause(subscriber_id: int, slug: str, until: date) -> None:
    """Nothing of it before this day. Raises NotFound, or InvalidInput for a day that is past or too far away."""
    ends = datetime.combine(until, time(), UTC)
    if not now() < ends <= now() + LONGEST_PAUSE:
        problem = "Please choose a day from tomorrow on, and within a year."
        raise InvalidInput(problem, field="until")
    with transaction():
        of = newsletter(slug)
        _switch(Named(subscriber_id, of.id), SubscriptionStatus.CONFIRMED, SubscriptionStatus.PAUSED, ends)
        cancel_for(subscriber_id, of.id)


def resume(subscriber_id: int, slug: str) -> None:
    """Go on at once. Raises NotFound."""
    with transaction():
        named = Named(subscriber_id, newsletter(slug).id)
        _switch(named, SubscriptionStatus.PAUSED, SubscriptionStatus.CONFIRMED, None)


def resume_due() -> int:
    """Those whose pause is over; how many that were."""
    with transaction():
        return rows_written(
            update(Subscription)
            .where(Subscription.status == SubscriptionStatus.PAUSED, Subscription.paused_until <= now())
            .values(status=SubscriptionStatus.CONFIRMED, paused_until=None)
            .execution_options(synchronize_session=False)
        )


def leave(subscriber_id: int, slug: str, origin: Origin) -> None:
    """End it. Raises NotFound."""
    with transaction():
        end(Named(subscriber_id, newsletter(slug).id), EndReason.UNSUBSCRIBED, origin)
        _was_here(subscriber_id)


def join(subscriber_id: int, slug: str, origin: Origin) -> None:
    """Subscribe by a fresh link, which proves as much as a confirmation does. Raises NotFound."""
    moment = now()
    with transaction():
        of = newsletter(slug)
        subscription = find_subscription(subscriber_id, of.id)
        if subscription is None:
            subscription = Subscription(
                subscriber_id=subscriber_id, newsletter_id=of.id, nonce="", requested_at=moment
            )
            db.session.add(subscription)
        elif subscription.status == SubscriptionStatus.CONFIRMED:
            return
        subscription.status = SubscriptionStatus.CONFIRMED
        subscription.confirmed_at, subscription.ended_at = moment, None
        subscription.end_reason, subscription.paused_until = None, None
        note(Consent.CONFIRMED, Named(subscriber_id, of.id), origin, moment)
        _was_here(subscriber_id)


def send_fresh_link(person: Subscriber, house: House) -> None:
    """Mail it to the address itself, unless one went out just now or none may be sent."""
    moment = now()
    with transaction():
        just_now = select(Mailing.id).where(
            Mailing.subscriber_id == person.id,
            Mailing.kind == "fresh_link",
            Mailing.created_at > moment - BETWEEN_LINKS,
        )
        if db.session.scalar(just_now.limit(1)) or not may_be_asked(person.address_key):
            return
        on = [each.of for each in standings(person.id) if each.subscription] or list(newsletters())
        queue_to_one(
            emails.fresh_link(on[0], moment, house), Recipient(person.id, person.address, person.address_key)
        )


def send_fresh_link_to(address_key: str, house: House) -> None:
    """As `send_fresh_link`, to whoever this is; nothing happens when nobody is known by that key."""
    person = find_subscriber(address_key)
    if person:
        send_fresh_link(person, house)


def all_data(person: Subscriber) -> dict[str, Any]:
    """All that is kept of this person (GDPR Art. 15 and 20), as plain values."""
    slugs = {each.id: each.slug for each in newsletters()}
    return {
        "person": _columns(person, leaving_out=("address_key",)),
        "subscriptions": [
            {
                "newsletter": slugs[each.newsletter_id],
                **_columns(each, leaving_out=("id", "subscriber_id", "newsletter_id", "nonce", "import_id")),
                "follows": [{"kind": follow.kind, "value": follow.value} for follow in each.follows],
            }
            for each in subscriptions_of(person.id)
        ],
        "consent": [
            {
                "newsletter": slugs[each.newsletter_id],
                **_columns(each, leaving_out=("id", "subscriber_id", "newsletter_id", "wording_id")),
                "wording": each.wording.text if each.wording else None,
                "ip": each.origin.ip if each.origin else None,
                "user_agent": each.origin.user_agent if each.origin else None,
            }
            for each in consent_of(person.id)
        ],
        "mails": [
            {"kind": mailing.kind, "at": delivery.ended_at or mailing.created_at}
            | {"address": delivery.address, "state": delivery.status, "server": delivery.words}
            for mailing, delivery in deliveries_of(person.id)
        ],
    }


def _switch(named: Named, old: SubscriptionStatus, new: SubscriptionStatus, until: datetime | None) -> None:
    db.session.execute(
        update(Subscription)
        .where(
            Subscription.subscriber_id == named.subscriber_id,
            Subscription.newsletter_id == named.newsletter_id,
            Subscription.status == old,
        )
        .values(status=new, paused_until=until)
    )
    _was_here(named.subscriber_id)


def _was_here(subscriber_id: int) -> None:
    db.session.execute(update(Subscriber).where(Subscriber.id == subscriber_id).values(active_at=now()))


def _columns(row: Any, leaving_out: Sequence[str]) -> Mapping[str, object]:  # noqa: ANN401 - any of our models.
    names = (column.name for column in row.__table__.columns)
    return {name: getattr(row, name) for name in names if name not in leaving_out}
