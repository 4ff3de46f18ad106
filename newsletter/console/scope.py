"""What of people and newsletters the one who is logged in may see and do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.console import gate
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.core.words import said
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletters
from newsletter.operators.policy import Role
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.subscriptions.queries.finding import standings
from newsletter.subscriptions.service.acting import subscriber
from newsletter.web.numbers import MOST_DIGITS, whole_number


def visible_newsletters() -> Sequence[Newsletter]:
    """By name."""
    ids = gate.may_see()
    return [each for each in newsletters() if ids is None or each.id in ids]


def newsletters_with(role: Role) -> Sequence[Newsletter]:
    """Those for which the role is reached."""
    return [each for each in visible_newsletters() if gate.may(role, each.id)]


def chosen(slug: str) -> Newsletter:
    """One of those that may be seen. Raises InvalidInput; one that may not be seen is not there."""
    for each in visible_newsletters():
        if each.slug == slug:
            return each
    problem = said("There is no newsletter of that name.")
    raise InvalidInput(problem, field="newsletter")


def narrowed(slug: str) -> frozenset[int] | None:
    """Of which newsletters people are listed: of this one, or with "" of all that may be seen; None: of all."""
    return frozenset({chosen(slug).id}) if slug else gate.may_see()


@dataclass(frozen=True)
class Person:
    """Somebody who may be seen; `newsletters` are those that may be seen, by their numbers."""

    subscriber: Subscriber
    subscriptions: Sequence[Subscription]
    newsletters: Mapping[int, Newsletter]


def person(number: str) -> Person:
    """Raises NotFound, also where they subscribe to nothing that may be seen."""
    found = subscriber(whole_number(number, MOST_DIGITS))
    visible = gate.may_see()
    theirs = standings([found.id], visible)[found.id]
    if visible is not None and not theirs:
        raise NotFound(kind="subscriber", name=number)
    return Person(found, theirs, {each.id: each for each in visible_newsletters()})
