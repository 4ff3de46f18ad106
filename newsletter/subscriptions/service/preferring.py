"""What subscribers change by their own link. The one that stands in every mail may do what harms nobody.

A mail gets forwarded, and its link with it. So joining something new, all that is known of a person, another
address and erasing need a fresh link, which goes to the address itself and works for a day (docs/adr/0022).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import update

from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.errors import InvalidInput, LinkExpired, NotFound
from newsletter.core.words import said
from newsletter.delivery.service import cancel_for
from newsletter.mail.house import House
from newsletter.mail.message import plain
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter, newsletters
from newsletter.subscriptions.links import ACCOUNT, narrow_token, reader
from newsletter.subscriptions.models import IS_PAUSED, Followable, Subscriber, Subscription
from newsletter.subscriptions.policy import Cadence, EndReason, SubscriptionStatus
from newsletter.subscriptions.queries import followables, followables_by_id, subscriptions_of
from newsletter.subscriptions.service.consent import Named, Origin
from newsletter.subscriptions.service.following import Choice, check, check_offered, choose
from newsletter.subscriptions.service.holding import IS_ON, held, was_here
from newsletter.subscriptions.service.leaving import end
from newsletter.subscriptions.service.readdressing import has_moved_since
from newsletter.subscriptions.service.stints import note_stint

LONGEST_PAUSE = timedelta(days=366)

METHOD = "preferences"


@dataclass(frozen=True)
class Opened:
    """Whose page a link opened, and for which newsletter alone; None for all of them.

    `wish` is what they wanted to follow when they asked for the link, as numbers of `Followable`.
    """

    person: Subscriber
    newsletter_id: int | None = None
    wish: Sequence[int] = ()

    def subscription_to(self, slug: str) -> Named:
        """What a button of this page is about. Raises NotFound, also for what the link does not reach."""
        of = newsletter(slug)
        if self.newsletter_id not in {None, of.id}:
            raise NotFound(kind="newsletter", name=slug)
        return Named(self.person.id, of.id)


@dataclass(frozen=True)
class Standing:
    """One newsletter as this person has it; None where they never had it. `today` is the date in its zone.

    `offered` is what can be followed of it, `wished` what of that they came to follow.
    """

    of: Newsletter
    subscription: Subscription | None
    today: date
    offered: Sequence[Followable] = ()
    wished: Sequence[Followable] = ()

    @property
    def is_on(self) -> bool:
        return bool(self.subscription) and self.status in IS_ON

    @property
    def status(self) -> str:
        return str(self.subscription.status) if self.subscription else "unsubscribed"

    def followed(self, kind: str) -> Sequence[str]:
        follows = self.subscription.follows if self.subscription else ()
        return [each.value for each in follows if each.kind == kind]

    def choices(self, kind: str) -> Sequence[str]:
        """What is followed, and what else can be."""
        return list(
            dict.fromkeys([*self.followed(kind), *(each.value for each in self.offered if each.kind == kind)])
        )

    @property
    def paused_until(self) -> date | None:
        """The day on which it goes on, in its zone."""
        ends = self.subscription.paused_until if self.subscription else None
        return ends.astimezone(ZoneInfo(self.of.timezone)).date() if ends else None

    @property
    def earliest(self) -> date:
        """The first day until which it can be paused."""
        return self.today + timedelta(days=1)

    @property
    def latest(self) -> date:
        return self.today + LONGEST_PAUSE


def find_person(token: str, house: House) -> Opened | None:
    """Whose preferences link it is; None when nothing is kept of them any more. Raises LinkDamaged."""
    own = reader(house).preferences(token, now())
    person = db.session.get(Subscriber, own.subscriber_id)
    return Opened(person, own.newsletter_id) if person else None


def find_account(token: str, house: House) -> Opened | None:
    """As `find_person`, of a fresh link.

    Raises LinkDamaged, or LinkExpired after a day, and once the address to which it went is not theirs any more.
    """
    own = reader(house).account(token, now())
    if has_moved_since(own.subscriber_id, own.signed_at):
        raise LinkExpired(ACCOUNT)
    person = db.session.get(Subscriber, own.subscriber_id)
    return Opened(person, wish=own.wish) if person else None


def token_beside(unsubscribe_token: str, house: House) -> str:
    """Who can leave a newsletter can have it less often: the token of a page for that. Raises LinkDamaged."""
    named = reader(house).unsubscription(unsubscribe_token, now())
    return narrow_token(named, house, now())


def standings(opened: Opened) -> Sequence[Standing]:
    """Each newsletter of the house that the link reaches; first those that come."""
    own = {each.newsletter_id: each for each in subscriptions_of(opened.person.id)}
    reached = [of for of in newsletters() if opened.newsletter_id in {None, of.id}]
    wishes = _wishes(opened, own)
    found = [Standing(of, own.get(of.id), _today(of), followables(of.id), wishes.get(of.id, ())) for of in reached]
    return sorted(found, key=lambda each: not each.is_on)


def _wishes(opened: Opened, own: Mapping[int, Subscription]) -> Mapping[int, Sequence[Followable]]:
    """What the link was asked for, by newsletter, as far as it is not followed yet."""
    wishes: dict[int, list[Followable]] = {}
    for each in followables_by_id(opened.wish):
        of = own.get(each.newsletter_id)
        if of and (each.kind, each.value) not in {(known.kind, known.value) for known in of.follows}:
            wishes.setdefault(each.newsletter_id, []).append(each)
    return wishes


def cadence_in(text: str) -> Cadence:
    """As somebody typed it. Raises InvalidInput."""
    try:
        return Cadence(text)
    except ValueError as error:
        problem = said("There is no such cadence; expected one of %(known)s.", known=", ".join(Cadence))
        raise InvalidInput(problem, field="cadence") from error


def prefer(whose: Named, cadence: str, choice: Choice) -> None:
    """How often, and what of it; a kind that `choice` does not name stays as it is. Raises InvalidInput."""
    chosen = cadence_in(cadence)
    wanted = {
        kind: list(dict.fromkeys(name for each in values if (name := plain(each).strip())))
        for kind, values in choice.items()
    }
    check(wanted)
    with transaction():
        subscription = held(whose)
        check_offered(subscription, wanted)
        note_stint(subscription, chosen)
        subscription.cadence = chosen
        choose(subscription, wanted)
        was_here(whose)


def pause(whose: Named, until: date) -> None:
    """Nothing of it before this day begins in its zone; who has paused already chooses another day.

    Raises InvalidInput for a day that is past or too far away, and for what is not subscribed to.
    """
    of = db.session.get_one(Newsletter, whose.newsletter_id)
    today = _today(of)
    if not today < until <= today + LONGEST_PAUSE:
        problem = said("Please choose a day from tomorrow on, and within a year.")
        raise InvalidInput(problem, field="until")
    with transaction():
        subscription = held(whose)
        subscription.status = SubscriptionStatus.PAUSED
        subscription.paused_until = datetime.combine(until, time(), ZoneInfo(of.timezone))
        was_here(whose)
        cancel_for(*whose)


def resume(whose: Named) -> None:
    """Go on at once. Raises InvalidInput for what is not subscribed to."""
    with transaction():
        subscription = held(whose)
        subscription.status, subscription.paused_until = SubscriptionStatus.CONFIRMED, None
        was_here(whose)


def resume_due() -> int:
    """Those whose pause is over; how many that were."""
    with transaction():
        return rows_written(
            update(Subscription)
            .where(IS_PAUSED, Subscription.paused_until <= now())
            .values(status=SubscriptionStatus.CONFIRMED, paused_until=None)
            .execution_options(synchronize_session=False)
        )


def leave(whose: Named, origin: Origin) -> None:
    """End it; again changes nothing."""
    with transaction():
        end(whose, EndReason.UNSUBSCRIBED, origin)
        was_here(whose)


def _today(of: Newsletter) -> date:
    return now().astimezone(ZoneInfo(of.timezone)).date()
