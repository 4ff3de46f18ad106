"""What the first page tells beside what is wrong: what went out, what comes next, and what waits for somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.console.places import find_place
from newsletter.console.words import day_and_time
from newsletter.core.clock import now
from newsletter.core.words import said
from newsletter.delivery.models import Mailing, MailingState
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import Ledger, counted_ledger, ledger, still_open
from newsletter.digests.policy import in_words
from newsletter.digests.queries import coming
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import Listed, listed
from newsletter.subscriptions.queries import confirm_sums
from newsletter.web.words import language

MOST_SENT, MOST_COMING, MOST_WAITING = 6, 6, 12
MOST_COUNTED = 20_000
"""Of what is open; counting a million of them takes longer than the rest of the page."""

WEEK = timedelta(days=7)

Of = frozenset[int] | None


@dataclass(frozen=True)
class Out:
    """An edition that left or is leaving: whom it has reached, or None, and for how many it is still open.

    `is_open_for_more`: nobody has counted further than that.
    """

    edition_id: int
    title: str
    newsletter: str
    status: EditionStatus
    at: datetime
    audience: int
    open: int
    is_open_for_more: bool
    ledger: Ledger | None
    url: str | None

    @property
    def troubled(self) -> int:
        """How many did not get it, or nobody knows."""
        ended = (Status.FAILED, Status.UNKNOWN)
        return sum(self.ledger.count(status) for status in ended) if self.ledger else 0


@dataclass(frozen=True)
class Next:
    """What leaves by itself: when, in the newsletter's zone, and what it is."""

    title: str
    newsletter: str
    when: str
    at: datetime
    rhythm: str
    url: str | None


@dataclass(frozen=True)
class Waiting:
    """An edition that leaves only when somebody says so, and why."""

    title: str
    newsletter: str
    status: EditionStatus
    why: str
    url: str | None


def went_out(of: Of) -> Sequence[Out]:
    """The newest editions that are sent, or under way."""
    statuses = [EditionStatus.SENT, EditionStatus.SENDING, EditionStatus.PAUSED]
    return [_out(each) for each in listed(statuses, of, MOST_SENT)]


def comes_next(of: Of) -> Sequence[Next]:
    """Scheduled editions and the next slot of each digest, the soonest first."""
    scheduled = [_scheduled(each) for each in listed([EditionStatus.SCHEDULED], of, MOST_COMING)]
    slots = [
        Next(
            digest.slug,
            newsletter.name,
            day_and_time(digest.next_due_at, digest.timezone),
            digest.next_due_at,
            in_words(digest.cron, digest.timezone, language()),
            find_place(f"/console/digests/{digest.slug}"),
        )
        for digest, newsletter in coming(of, MOST_COMING)
    ]
    return sorted([*scheduled, *slots], key=lambda each: each.at)[:MOST_COMING]


def waits(of: Of) -> Sequence[Waiting]:
    """Editions that are held, and drafts that nobody has scheduled."""
    return [
        Waiting(
            each.edition.subject,
            _name(each),
            each.edition.status,
            _why(each),
            find_place(f"/console/editions/{each.edition.id}"),
        )
        for each in listed([EditionStatus.HELD, EditionStatus.DRAFT], of, MOST_WAITING)
    ]


def week_of_sign_ups(of: Of) -> tuple[int, int]:
    """How many were asked to confirm within a week, and how many have."""
    return confirm_sums(of, (now() - WEEK).date())


def _out(each: Listed) -> Out:
    edition, mailing = each.edition, each.mailing
    audience = mailing.audience if mailing else 0
    account = _account(mailing) if mailing else None
    still = still_open(mailing.id, MOST_COUNTED) if mailing and not account else 0
    return Out(
        edition.id,
        edition.subject,
        _name(each),
        EditionStatus(edition.status),
        edition.sent_at or (mailing.created_at if mailing else edition.created_at),
        audience,
        still,
        still >= MOST_COUNTED,
        account,
        find_place(f"/console/editions/{edition.id}"),
    )


def _account(mailing: Mailing) -> Ledger | None:
    """Of a finished mailing; a large one has none until the worker has counted it, within a minute."""
    if mailing.state != MailingState.FINISHED:
        return None
    return counted_ledger(mailing) or (ledger(mailing.id) if mailing.audience <= MOST_COUNTED else None)


def _scheduled(each: Listed) -> Next:
    at = each.edition.sends_at or each.edition.window_end
    return Next(
        each.edition.subject,
        _name(each),
        day_and_time(at, each.newsletter.timezone),
        at,
        "",
        find_place(f"/console/editions/{each.edition.id}"),
    )


def _why(each: Listed) -> str:
    if each.edition.status != EditionStatus.HELD:
        return said("A draft: it leaves when somebody sends or schedules it.")
    at, problem = each.edition.sends_at, each.edition.problem.rstrip(".")
    if not at:
        return said("Held: %(problem)s.", problem=problem)
    when = day_and_time(at, each.newsletter.timezone)
    return said("Held: %(problem)s. It was meant for %(when)s.", problem=problem, when=when)


def _name(each: Listed) -> str:
    return said("%(name)s, no. %(number)s", name=each.newsletter.name, number=each.edition.number)
