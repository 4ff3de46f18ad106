"""Following: what a newsletter offers, and what somebody chooses of it."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, select

from newsletter.core.clock import now
from newsletter.core.db import db, insert_ignoring, transaction
from newsletter.core.errors import InvalidInput
from newsletter.core.words import said
from newsletter.subscriptions.models import Follow, Followable, Subscription
from newsletter.subscriptions.policy import FollowKind
from newsletter.subscriptions.service.consent import Named
from newsletter.subscriptions.service.holding import held, was_here

MOST_FOLLOWED, LONGEST_FOLLOWED = 20, 100
"""How many topics, authors and sources one may follow of a newsletter by hand, each kind for itself."""

Choice = Mapping[FollowKind, Sequence[str]]
"""What is followed, by kind; a kind that is missing stays as it is."""

_TOO_MUCH = {
    FollowKind.TOPIC: said(
        "Please name at most %(most)s topics, each of at most %(longest)s characters.",
        most=MOST_FOLLOWED,
        longest=LONGEST_FOLLOWED,
    ),
    FollowKind.AUTHOR: said(
        "Please name at most %(most)s authors, each of at most %(longest)s characters.",
        most=MOST_FOLLOWED,
        longest=LONGEST_FOLLOWED,
    ),
    FollowKind.SOURCE: said(
        "Please name at most %(most)s sources, each of at most %(longest)s characters.",
        most=MOST_FOLLOWED,
        longest=LONGEST_FOLLOWED,
    ),
}


def offer(newsletter_id: int, found: Mapping[tuple[FollowKind, str], int]) -> None:
    """From now on this and nothing else can be followed of it; `found` says in how many articles each is."""
    moment = now()
    with transaction():
        known = {
            (FollowKind(each.kind), each.value): each
            for each in db.session.scalars(select(Followable).where(Followable.newsletter_id == newsletter_id))
        }
        for thing, articles in found.items():
            if thing in known:
                known[thing].articles, known[thing].seen_at = articles, moment
            else:
                kind, value = thing
                row = {"newsletter_id": newsletter_id, "kind": kind, "value": value}
                db.session.execute(insert_ignoring(Followable).values(**row, articles=articles, seen_at=moment))
        gone = [each.id for thing, each in known.items() if thing not in found]
        db.session.execute(delete(Followable).where(Followable.id.in_(gone)))


def choose(subscription: Subscription, choice: Choice) -> None:
    """Follow exactly this of the kinds that are named, in the caller's transaction."""
    kept = [each for each in subscription.follows if each.value in choice.get(each.kind, (each.value,))]
    known = {(each.kind, each.value) for each in kept}
    wanted = [(kind, value) for kind, values in choice.items() for value in dict.fromkeys(values)]
    subscription.follows = kept + [
        Follow(kind=kind, value=value) for kind, value in wanted if (kind, value) not in known
    ]


def follow(whose: Named, numbers: Collection[int]) -> None:
    """Follow these of what the newsletter offers, beside what is followed already; again changes nothing.

    Raises InvalidInput for what is not subscribed to, is not offered any more, or is too much.
    """
    with transaction():
        subscription = held(whose)
        wanted = db.session.scalars(
            select(Followable).where(
                Followable.newsletter_id == whose.newsletter_id, Followable.id.in_(sorted(numbers)[:MOST_FOLLOWED])
            )
        ).all()
        if not wanted:
            problem = said("Nothing was chosen, or there is nothing new about it any more.")
            raise InvalidInput(problem, field="follow")
        choice: dict[FollowKind, list[str]] = {}
        named = [(each.kind, each.value) for each in subscription.follows]
        for kind, value in (*named, *((each.kind, each.value) for each in wanted)):
            choice.setdefault(FollowKind(kind), []).append(value)
        check(choice)
        choose(subscription, choice)
        was_here(whose)


def check(choice: Choice) -> None:
    """Raises InvalidInput for more than one may follow, or what is too long for a name."""
    for kind, values in choice.items():
        if len(set(values)) > MOST_FOLLOWED or any(len(value) > LONGEST_FOLLOWED for value in values):
            raise InvalidInput(_TOO_MUCH[kind], field=f"{kind}s")


def check_offered(subscription: Subscription, choice: Choice) -> None:
    """Raises InvalidInput for an author or source that neither the newsletter has nor the reader follows."""
    chosen = {(kind, value) for kind, values in choice.items() if kind is not FollowKind.TOPIC for value in values}
    chosen -= {(FollowKind(each.kind), each.value) for each in subscription.follows}
    if not chosen:
        return
    offered = select(Followable.kind, Followable.value).where(
        Followable.newsletter_id == subscription.newsletter_id
    )
    if chosen - {(FollowKind(kind), value) for kind, value in db.session.execute(offered)}:
        problem = said("This newsletter has nothing by one of those you chose. Please choose among what is shown.")
        raise InvalidInput(problem, field="authors")
