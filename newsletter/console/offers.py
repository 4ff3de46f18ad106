"""To how many an act on many would be done: counted beside where there are a million, so that no page waits."""

from collections import OrderedDict
from datetime import timedelta
from threading import Lock

from flask import current_app

from newsletter.console.watching import AT_ONCE, PATIENCE
from newsletter.core.clock import now
from newsletter.core.pacing import Answer, Glance
from newsletter.subscriptions.models import BulkKind
from newsletter.subscriptions.policy.wanting import Wanted
from newsletter.subscriptions.queries.finding import newest_number
from newsletter.subscriptions.service.bulk import check_bulk, offer_bulk

GOOD_FOR = timedelta(minutes=1)
"""So old a count may be when it is offered; who begins is counted once more."""

MOST_KEPT = 50

_KEY = "newsletter_console_offers"

Offer = tuple[int, int]
"""How many, and the greatest of their numbers, as `offer_bulk` tells them."""

Offered = Answer[Offer]


class Offers:
    """Those of one process."""

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._at_once = at_once
        self._patience = patience
        self._counts: OrderedDict[tuple[BulkKind, Wanted], Glance[Offer]] = OrderedDict()
        self._lock = Lock()

    def look(self, kind: BulkKind, wanted: Wanted) -> Offered | None:
        """None while they are being counted. Raises InvalidInput, as `offer_bulk` does."""
        check_bulk(kind, wanted)
        if newest_number() <= self._at_once:
            return counted(kind, wanted)
        return self._count(kind, wanted).look(self._patience, now() - GOOD_FOR)

    def _count(self, kind: BulkKind, wanted: Wanted) -> Glance[Offer]:
        with self._lock:
            made = self._counts.pop((kind, wanted), None) or Glance(lambda: offer_bulk(kind, wanted))
            self._counts[kind, wanted] = made
            while len(self._counts) > MOST_KEPT:
                self._counts.popitem(last=False)
            return made


def counted(kind: BulkKind, wanted: Wanted) -> Offered:
    """While one waits. Raises InvalidInput."""
    moment = now()
    return Answer(offer_bulk(kind, wanted), moment)


def offers() -> Offers:
    """Those of the running app."""
    held: Offers = current_app.extensions.setdefault(_KEY, Offers())
    return held
