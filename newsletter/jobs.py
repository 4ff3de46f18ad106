"""The timetable as data: what runs by the clock, and how often. Each job may run twice, or late, without harm."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from newsletter.articles.feeds import fetch_pictures, poll, poll_all
from newsletter.articles.queries import sources_to_read
from newsletter.core.clock import now
from newsletter.core.fetcher import Fetcher
from newsletter.delivery.policy import rules_of
from newsletter.delivery.service import count_ended, finish_mailings, settle_estates, settle_expired
from newsletter.digests.service import links_ahead, offer_follows, pictures_step, run_due, watch
from newsletter.editions.service import (
    check_links,
    follow_mailings,
    index_all,
    link_fetcher,
    links_waiting,
    purge_checked_links,
    send_due,
    watch_canaries,
)
from newsletter.mail.house import House
from newsletter.operators.service import purge_sessions
from newsletter.subscriptions.importer.taking import undo_asked
from newsletter.subscriptions.importer.uploading import work_through
from newsletter.subscriptions.service import (
    answer_sign_ups,
    purge_counts,
    purge_proofs,
    purge_sign_ups,
    remind,
    retain,
    watch_sign_ups,
)
from newsletter.subscriptions.service.bulk import work_through_bulk
from newsletter.subscriptions.service.growing import count_growth, count_standings
from newsletter.subscriptions.service.preferring import resume_due
from newsletter.subscriptions.service.readdressing import purge_changes
from newsletter.subscriptions.service.staying import ask_inactive

POLL_SOURCES = "poll sources"


@dataclass(frozen=True)
class Job:
    """`work` runs in an app context of its own, `every` so often, never twice at a time in one process.

    `on_each_machine` says that it looks after what lies on the machine where it runs.
    """

    name: str
    work: Callable[[House], object]
    every: timedelta
    on_each_machine: bool = False


def timetable(house: House) -> tuple[Job, ...]:
    """All jobs of a worker."""
    return (
        Job(POLL_SOURCES, _poll_all, house.settings.poll_every),
        Job("fetch pictures", _fetch_pictures, timedelta(seconds=5)),
        Job("answer sign-ups", answer_sign_ups, timedelta(seconds=0.5)),
        Job("remind", remind, timedelta(minutes=10)),
        Job("watch sign-ups", watch_sign_ups, timedelta(minutes=10)),
        Job("ask inactive", ask_inactive, timedelta(hours=1)),
        Job("purge sign-ups", _purge_sign_ups, timedelta(minutes=10)),
        Job("resume paused", _resume_paused, timedelta(minutes=1)),
        Job("purge sessions", _purge_sessions, timedelta(hours=1)),
        Job("retain", _retain, timedelta(hours=1)),
        Job("offer follows", offer_follows, timedelta(minutes=10)),
        Job("check links", _check_links, timedelta(seconds=30)),
        Job("run digests", run_due, timedelta(seconds=1)),
        Job("watch editions", watch, timedelta(minutes=1)),
        Job("send scheduled editions", send_due, timedelta(seconds=1)),
        Job("watch canaries", watch_canaries, timedelta(seconds=2)),
        Job("follow mailings", _follow, timedelta(seconds=2)),
        Job("index editions", _index, timedelta(minutes=10)),
        Job("work on imports", work_through, timedelta(seconds=1), on_each_machine=True),
        Job("work on many", _work_on_many, timedelta(seconds=1)),
        Job("count", _count, timedelta(minutes=1)),
        Job("settle dead senders", _settle_dead, timedelta(seconds=10), on_each_machine=True),
        Job("settle expired leases", _settle_expired, _lease_look(house), on_each_machine=True),
    )


def sources_to_poll(house: House) -> Sequence[int]:
    """The sources that nobody has asked within half the interval, so that two clocks do not ask twice as often."""
    moment = now() - house.settings.poll_every / 2
    return [each.id for each in sources_to_read() if each.polled_at is None or each.polled_at < moment]


def poll_source(house: House, source_id: int) -> None:
    """Read one source now. Raises NotFound."""
    poll(source_id, Fetcher(allow=house.settings.fetch_allow))


def _poll_all(house: House) -> None:
    poll_all(Fetcher(allow=house.settings.fetch_allow))


def _check_links(house: House) -> None:
    base_url = house.settings.base_url
    check_links([*links_waiting(base_url), *links_ahead(base_url)], link_fetcher(house))


def _fetch_pictures(house: House) -> None:
    fetch_pictures(house.images, Fetcher(allow=house.settings.fetch_allow))


def _purge_sign_ups(_house: House) -> None:
    purge_sign_ups()
    purge_counts()
    purge_changes()
    purge_proofs()
    purge_checked_links()


def _resume_paused(_house: House) -> None:
    resume_due()


def _purge_sessions(_house: House) -> None:
    purge_sessions()


def _retain(house: House) -> None:
    retain(house.settings, pictures_step(house.images))


def _follow(_house: House) -> None:
    finish_mailings()
    follow_mailings()


def _index(_house: House) -> None:
    index_all()


def _work_on_many(_house: House) -> None:
    work_through_bulk()
    undo_asked()


def _count(_house: House) -> None:
    count_growth()
    count_standings()
    count_ended()


def _settle_dead(house: House) -> None:
    settle_estates(house.settings.spool, rules_of(house.settings))


def _settle_expired(house: House) -> None:
    settings = house.settings
    # Whoever is on the machine of a worker that stands still can ask its journal, so the others let them go first.
    elsewhere = timedelta(0) if settings.is_sqlite else settings.lease_for
    settle_expired(settings.spool, rules_of(settings), elsewhere)


def _lease_look(house: House) -> timedelta:
    return min(timedelta(minutes=1), house.settings.lease_for)
