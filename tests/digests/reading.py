"""What readers found in their inboxes."""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from time_machine import Traveller

from newsletter.articles.models import Source
from newsletter.core.clock import now
from newsletter.digests.models import Digest
from newsletter.digests.service import run_due
from newsletter.editions.queries import editions, progress
from newsletter.editions.service import follow_mailings, send_due
from newsletter.mail.house import House
from newsletter.mail.message import Envelope
from tests import make

_HEADLINE = re.compile(r"^\d+\. (.+)$", re.MULTILINE)


def headlines(envelope: Envelope) -> list[str]:
    return [each.strip() for each in _HEADLINE.findall(make.text_of(envelope))]


def had(outbox: Sequence[Envelope]) -> dict[str, list[list[str]]]:
    """For each address the headlines of each mail."""
    found: dict[str, list[list[str]]] = defaultdict(list)
    for envelope in outbox:
        found[envelope.recipient].append(headlines(envelope))
    return dict(found)


def all_had(outbox: Sequence[Envelope], address: str) -> list[str]:
    """Every headline that came to it, as often as it came."""
    return [headline for mail in had(outbox).get(address, []) for headline in mail]


def days(digest: Digest, source: Source, house: House, clock: Traveller, how_many: int) -> list[str]:
    """So many slots come, an hour after an article each; the headlines."""
    told = []
    for _ in range(how_many):
        clock.move_to(digest.next_due_at - timedelta(hours=1))
        told.append(make.article(source, f"News of {now():%a %d %b %H}", now()).title)
        clock.move_to(digest.next_due_at)
        tick(house)
    return told


def tick(house: House) -> None:
    """All that a worker does by the clock."""
    run_due(house)
    send_due(house)
    make.send_all(house)
    follow_mailings()
    assert all(progress(each).is_balanced for each in editions())
