"""The timetable as data: what runs by the clock, and how often. Each job may run twice, or late, without harm."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from newsletter.articles.feeds import poll_all
from newsletter.core.fetcher import Fetcher
from newsletter.delivery.service import finish_mailings, settle_estates, settle_expired
from newsletter.digests.service import run_due
from newsletter.editions.service import follow_mailings
from newsletter.mail.house import House


@dataclass(frozen=True)
class Job:
    """`work` runs in an app context of its own, `every` so often, never twice at a time in one process."""

    name: str
    work: Callable[[House], object]
    every: timedelta


def timetable(house: House) -> tuple[Job, ...]:
    """All jobs of a worker."""
    return (
        Job("poll sources", _poll, house.settings.poll_every),
        Job("run digests", run_due, timedelta(seconds=1)),
        Job("follow mailings", _follow, timedelta(seconds=2)),
        Job("settle dead senders", _settle_dead, timedelta(seconds=10)),
        Job("settle expired leases", _settle_expired, timedelta(minutes=1)),
    )


def _poll(house: House) -> None:
    poll_all(Fetcher(allow=house.settings.fetch_allow))


def _follow(_house: House) -> None:
    finish_mailings()
    follow_mailings()


def _settle_dead(house: House) -> None:
    settle_estates(house.settings.spool, house.settings.on_unknown)


def _settle_expired(house: House) -> None:
    settle_expired(house.settings.on_unknown)
