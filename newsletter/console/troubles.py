"""What is wrong at this moment, in words, each with the place where it can be mended."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.alarms.queries import open_alarms
from newsletter.articles.queries import failing_sources
from newsletter.console.naming import in_words
from newsletter.console.places import find_place
from newsletter.console.words import ago, day_and_time
from newsletter.core.clock import now
from newsletter.core.words import said
from newsletter.delivery.queries import overdue
from newsletter.digests.policy.watching import Kind, sight_of_complaints
from newsletter.digests.queries import coming, missed_slots
from newsletter.digests.service import complaining
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import is_late, listed
from newsletter.operators.policy import MOST_OF_ACCOUNT, WINDOW
from newsletter.operators.queries import failed_tries
from newsletter.subscriptions.policy.alarms import Cause
from newsletter.suppressions.models import Reason

PATIENCE = timedelta(minutes=2)
"""How late something may be before anybody is told."""

SOURCE_PATIENCE = timedelta(minutes=30)
"""A site that is down for some minutes is nobody's business."""

MOST = 20
"""Of one kind; whoever has more has read enough."""

Of = frozenset[int] | None


@dataclass(frozen=True)
class Trouble:
    """`is_bad`: readers notice, or will; otherwise it can wait. `words` are a server's, "" for none."""

    title: str
    told: str
    is_bad: bool = True
    words: str = ""
    url: str | None = None
    label: str = ""


def troubles(of: Of) -> Sequence[Trouble]:
    """All there is, what readers notice first; `of` as in `gate.may_see`: those of the house only with None."""
    moment = now()
    found = [*_paused(of), *_late(of, moment), *_missed(of, moment)]
    if of is None:
        found += [
            *_waiting(moment),
            *_alarms(),
            *_complaints(moment),
            *_sources(moment),
            *_guesses(moment),
        ]
    return sorted(found, key=lambda each: not each.is_bad)


def _paused(of: Of) -> Iterator[Trouble]:
    for each in listed([EditionStatus.PAUSED], of, MOST):
        yield Trouble(
            said("No. %(number)s of %(name)s is paused", number=each.edition.number, name=each.newsletter.name),
            said("Nothing more of it leaves before it is resumed."),
            words=each.mailing.problem if each.mailing else "",
            url=find_place(f"/console/editions/{each.edition.id}"),
            label=said("Look at it"),
        )


def _late(of: Of, moment: datetime) -> Iterator[Trouble]:
    for each in listed([EditionStatus.SCHEDULED], of, MOST, is_late(moment - PATIENCE)):
        yield Trouble(
            said("No. %(number)s of %(name)s is late", number=each.edition.number, name=each.newsletter.name),
            said("It was to leave %(ago)s. Is a worker running?", ago=ago(each.edition.sends_at)),
            url=find_place(f"/console/editions/{each.edition.id}"),
            label=said("Look at it"),
        )
    for digest, newsletter in coming(of, MOST):
        if digest.drafts_at < moment - PATIENCE:
            yield Trouble(
                said("The digest %(slug)s is late", slug=digest.slug),
                said(
                    "Its edition of %(name)s was due %(ago)s. Is a worker running?",
                    name=newsletter.name,
                    ago=ago(digest.drafts_at),
                ),
                url=find_place(f"/console/digests/{digest.slug}"),
                label=said("Look at it"),
            )


def _missed(of: Of, moment: datetime) -> Iterator[Trouble]:
    for run, digest in missed_slots(of, moment - timedelta(days=1)):
        yield Trouble(
            said("The digest %(slug)s missed a slot", slug=digest.slug),
            said(
                "No edition for %(when)s: %(reason)s.",
                when=day_and_time(run.due_at, digest.timezone),
                reason=run.reason,
            ),
            is_bad=False,
            url=find_place(f"/console/digests/{digest.slug}"),
            label=said("Look at it"),
        )


def _waiting(moment: datetime) -> Iterator[Trouble]:
    for each in overdue(moment - PATIENCE):
        yield Trouble(
            said("Mail waits that should have left"),
            said(
                "A mailing (%(kind)s) was due %(ago)s: a backend rests or is full, or no worker runs.",
                kind=in_words(each.mailing.kind),
                ago=ago(each.since),
            ),
            words=each.words,
            url=find_place("/console/backends"),
            label=said("See the backends"),
        )


_ALARMS: Mapping[str, Callable[[str], tuple[str, str, str]]] = {
    Cause.BREAKER: lambda _: (
        said("Hardly anybody confirms"),
        said(
            "They leave at a trickle until more are answered: a machine fills in addresses, or the mails are lost."
        ),
        "/console/numbers",
    ),
    Cause.BUDGET: lambda _: (
        said("As many confirmations have left as may"),
        said("Whoever signs up gets none until there is room. Unless it is an attack, raise NEWSLETTER_BUDGETS."),
        "/console/numbers",
    ),
    Kind.LATE: lambda digest: (
        said("The edition of %(digest)s is late", digest=digest),
        said("Its slot is past, and it has not begun."),
        f"/console/digests/{digest}",
    ),
    Kind.EMPTY: lambda digest: (
        said("The edition of %(digest)s is empty or short", digest=digest),
        said("It has too few articles."),
        f"/console/digests/{digest}",
    ),
    Kind.SMALLER: lambda digest: (
        said("The edition of %(digest)s has fewer readers", digest=digest),
        said("Many fewer than the one before it: look who has gone, and why."),
        f"/console/digests/{digest}",
    ),
    Kind.STILL: lambda number: (
        said("Edition %(number)s stands still", number=number),
        said("Deliveries are due, and none comes to an end."),
        f"/console/editions/{number}",
    ),
}
"""What to say of an alarm, given what it is about, and where to look."""


def _alarms() -> Iterator[Trouble]:
    for each in open_alarms():
        kind, _, about = each.cause.partition(" ")
        if kind == Kind.COMPLAINTS:
            # Told with the figures of this moment, also where no worker runs that would see them.
            continue
        title, told, path = _ALARMS[kind](about)
        words = said("%(told)s It began %(ago)s.", told=told, ago=ago(each.since))
        yield Trouble(title, words, url=find_place(path), label=said("Look at it"))


def _complaints(moment: datetime) -> Iterator[Trouble]:
    sight = sight_of_complaints(complaining(moment))
    if sight.is_so:
        place = find_place("/console/suppressions")
        yield Trouble(
            said("Many readers report mails as spam"),
            said("%(words)s Ask who complained why they got it; make leaving easier to find.", words=sight.words),
            url=f"{place}?reason={Reason.COMPLAINT}" if place else None,
            label=said("See who complained"),
        )


def _sources(moment: datetime) -> Iterator[Trouble]:
    for each in failing_sources(moment - SOURCE_PATIENCE)[:MOST]:
        yield Trouble(
            said("%(name)s cannot be read", name=each.title or each.url),
            said("It began %(ago)s; its articles are missing.", ago=ago(each.failing_since)),
            is_bad=False,
            words=each.problem,
            url=find_place(f"/console/sources/{each.id}") or find_place("/console/sources"),
            label=said("See the source"),
        )


def _guesses(moment: datetime) -> Iterator[Trouble]:
    how_many = failed_tries(moment - WINDOW)
    if how_many >= MOST_OF_ACCOUNT:
        yield Trouble(
            said("Somebody is guessing passwords"),
            said(
                "%(number)s wrong passwords or codes within %(minutes)s minutes. The door is shut to whoever tries"
                " too often.",
                number=how_many,
                minutes=WINDOW.seconds // 60,
            ),
            is_bad=False,
            url=find_place("/console/operators"),
            label=said("See who has no second factor"),
        )
