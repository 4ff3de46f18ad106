"""What is wrong at this moment, in words, each with the place where it can be mended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.alarms.queries import open_alarms
from newsletter.articles.queries import failing_sources
from newsletter.console.places import find_place
from newsletter.console.words import ago, day_and_time
from newsletter.core.clock import now
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
            f"No. {each.edition.number} of {each.newsletter.name} is paused",
            "Nothing more of it leaves before it is resumed.",
            words=each.mailing.problem if each.mailing else "",
            url=find_place(f"/console/editions/{each.edition.id}"),
            label="Look at it",
        )


def _late(of: Of, moment: datetime) -> Iterator[Trouble]:
    for each in listed([EditionStatus.SCHEDULED], of, MOST, is_late(moment - PATIENCE)):
        yield Trouble(
            f"No. {each.edition.number} of {each.newsletter.name} is late",
            f"It was to leave {ago(each.edition.sends_at)}. Is a worker running?",
            url=find_place(f"/console/editions/{each.edition.id}"),
            label="Look at it",
        )
    for digest, newsletter in coming(of, MOST):
        if digest.drafts_at < moment - PATIENCE:
            yield Trouble(
                f"The digest {digest.slug} is late",
                f"Its edition of {newsletter.name} was due {ago(digest.drafts_at)}. Is a worker running?",
                url=find_place(f"/console/digests/{digest.slug}"),
                label="Look at it",
            )


def _missed(of: Of, moment: datetime) -> Iterator[Trouble]:
    for run, digest in missed_slots(of, moment - timedelta(days=1)):
        yield Trouble(
            f"The digest {digest.slug} missed a slot",
            f"No edition for {day_and_time(run.due_at, digest.timezone)}: {run.reason}.",
            is_bad=False,
            url=find_place(f"/console/digests/{digest.slug}"),
            label="Look at it",
        )


def _waiting(moment: datetime) -> Iterator[Trouble]:
    for each in overdue(moment - PATIENCE):
        yield Trouble(
            "Mail waits that should have left",
            f"A mailing ({each.mailing.kind}) was due {ago(each.since)}: a backend rests or is full, or no"
            " worker runs.",
            words=each.words,
            url=find_place("/console/backends"),
            label="See the backends",
        )


_ALARMS: Mapping[str, tuple[str, str, str]] = {
    Cause.BREAKER: (
        "Hardly anybody confirms",
        "They leave at a trickle until more are answered: a machine fills in addresses, or the mails are lost.",
        "/console/numbers",
    ),
    Cause.BUDGET: (
        "As many confirmations have left as may",
        "Whoever signs up gets none until there is room. Unless it is an attack, raise NEWSLETTER_BUDGETS.",
        "/console/numbers",
    ),
    Kind.LATE: ("The edition of {} is late", "Its slot is past, and it has not begun.", "/console/digests/{}"),
    Kind.EMPTY: ("The edition of {} is empty or short", "It has too few articles.", "/console/digests/{}"),
    Kind.SMALLER: (
        "The edition of {} has fewer readers",
        "Many fewer than the one before it: look who has gone, and why.",
        "/console/digests/{}",
    ),
    Kind.STILL: (
        "Edition {} stands still",
        "Deliveries are due, and none comes to an end.",
        "/console/editions/{}",
    ),
}


def _alarms() -> Iterator[Trouble]:
    for each in open_alarms():
        kind, _, about = each.cause.partition(" ")
        if kind == Kind.COMPLAINTS:
            # Told with the figures of this moment, also where no worker runs that would see them.
            continue
        title, told, path = _ALARMS[kind]
        url = find_place(path.format(about))
        yield Trouble(title.format(about), f"{told} It began {ago(each.since)}.", url=url, label="Look at it")


def _complaints(moment: datetime) -> Iterator[Trouble]:
    sight = sight_of_complaints(complaining(moment))
    if sight.is_so:
        place = find_place("/console/suppressions")
        yield Trouble(
            "Many readers report mails as spam",
            f"{sight.words} Ask who complained why they got it; make leaving easier to find.",
            url=f"{place}?reason={Reason.COMPLAINT}" if place else None,
            label="See who complained",
        )


def _sources(moment: datetime) -> Iterator[Trouble]:
    for each in failing_sources(moment - SOURCE_PATIENCE)[:MOST]:
        yield Trouble(
            f"{each.title or each.url} cannot be read",
            f"It began {ago(each.failing_since)}; its articles are missing.",
            is_bad=False,
            words=each.problem,
            url=find_place(f"/console/sources/{each.id}") or find_place("/console/sources"),
            label="See the source",
        )


def _guesses(moment: datetime) -> Iterator[Trouble]:
    how_many = failed_tries(moment - WINDOW)
    if how_many >= MOST_OF_ACCOUNT:
        yield Trouble(
            "Somebody is guessing passwords",
            f"{how_many} wrong passwords or codes within {WINDOW.seconds // 60} minutes. The door is shut to"
            " whoever tries too often.",
            is_bad=False,
            url=find_place("/console/operators"),
            label="See who has no second factor",
        )
