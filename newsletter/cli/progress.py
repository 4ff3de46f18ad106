"""Watching a mailing while it goes out: a bar on a terminal, figures for everybody."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from tqdm import tqdm

from newsletter.cli.output import speaks_json
from newsletter.core.pacing import Paced
from newsletter.delivery.models import Lane, MailingState
from newsletter.delivery.queries import Ledger, ledger, mailing, slowest_domain
from newsletter.delivery.sender import IDLE_SECONDS
from newsletter.delivery.service import require_home
from newsletter.engine.crew import Crew
from newsletter.mail.house import House

LEDGER_SECONDS, DOMAIN_SECONDS = 0.5, 5.0
"""How often the two are asked for at most."""

STANDSTILL = 15.0
"""Seconds without any change after which somebody who watches is told what may be the cause."""


class Watch:
    """One mailing's progress; `look` as often as you like."""

    def __init__(self, mailing_id: int) -> None:
        self._ledger = Paced(lambda: ledger(mailing_id), LEDGER_SECONDS)
        self._slowest = Paced(lambda: slowest_domain(mailing_id), DOMAIN_SECONDS)
        self._began = self._moved_at = time.monotonic()
        self._done_before = _done(self.ledger)
        # None draws on a terminal only.
        hidden = True if speaks_json() else None
        self._bar = tqdm(
            total=self.ledger.audience,
            initial=self._done_before,
            unit=" mails",
            dynamic_ncols=True,
            disable=hidden,
        )
        self._notes = tqdm(bar_format="{desc}", position=1, leave=None, dynamic_ncols=True, disable=hidden)

    @property
    def ledger(self) -> Ledger:
        return self._ledger.answer

    @property
    def due_in(self) -> float:
        return self._ledger.due_in

    def look(self) -> None:
        before = self.ledger
        self._ledger.refresh()
        self._slowest.refresh()
        if self.ledger != before:
            self._moved_at = time.monotonic()
        self._draw()

    def close(self) -> dict[str, Any]:
        """The last figures: seconds, mails per second, and the slowest domain or None."""
        seconds = time.monotonic() - self._began
        done = _done(self._ledger.ask_now()) - self._done_before
        slowest = self._slowest.ask_now()
        self._draw()
        self._notes.close()
        self._bar.close()
        return {
            "seconds": round(seconds, 1),
            "rate": round(done / max(seconds, 0.001), 1),
            "slowest_domain": vars(slowest) if slowest else None,
        }

    def _draw(self) -> None:
        states = self.ledger.as_dict()
        self._bar.set_postfix_str(
            ", ".join(f"{name} {count:,}" for name, count in states.items() if count and name != "audience"),
            refresh=False,
        )
        self._bar.update(_done(self.ledger) - self._bar.n)
        self._bar.refresh()
        self._notes.set_description_str(self._note())

    def _note(self) -> str:
        slowest = self._slowest.answer
        if slowest:
            return f"slowest: {slowest.domain}, {slowest.deferred:,} deferred: {slowest.words}"
        if time.monotonic() - self._moved_at > STANDSTILL:
            return "Nothing moves. Does a worker run, and does its log say that the backend rests?"
        return ""


def follow(mailing_id: int, stop: Event) -> dict[str, Any]:
    """Watch the workers until nothing is open, it is paused or cancelled, or `stop` is set; the last figures."""
    with _watching(mailing_id) as (watch, figures):
        while watch.ledger.open and not stop.is_set() and mailing(mailing_id).state == MailingState.SENDING:
            watch.look()
            stop.wait(max(watch.due_in, 0.1))
    return figures


def send_here(mailing_id: int, house: House, stop: Event) -> dict[str, Any]:
    """Send what is due until nothing is, or `stop` is set; the slice in hand is finished. The last figures.

    Raises Conflict when this database is a copy that must not send.
    """
    require_home()
    crew = Crew(house, Lane.BULK, mailing_id)
    try:
        with _watching(mailing_id) as (watch, figures):
            while not stop.is_set():
                busy = crew.send_slices()
                watch.look()
                if not busy and not crew.is_resting:
                    break
                if not busy:
                    stop.wait(IDLE_SECONDS)
    finally:
        crew.close()
    return figures


@contextmanager
def _watching(mailing_id: int) -> Iterator[tuple[Watch, dict[str, Any]]]:
    """A watch, and where its last figures will be after the block."""
    watch, figures = Watch(mailing_id), dict[str, Any]()
    try:
        yield watch, figures
    finally:
        figures.update(watch.close())


def _done(of: Ledger) -> int:
    return of.audience - of.open
