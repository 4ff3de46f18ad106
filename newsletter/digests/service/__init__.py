"""From new articles to an edition on its way, at each slot."""

from newsletter.digests.service.clearing import pictures_step
from newsletter.digests.service.foreseeing import links_ahead
from newsletter.digests.service.offering import offer_follows
from newsletter.digests.service.pacing import Company, companies, pace
from newsletter.digests.service.proposing import Proposal, propose, slot_at, window_at
from newsletter.digests.service.ruling import (
    Rule,
    add_digest,
    mark,
    note,
    release,
    reschedule,
    rule_by,
    unmark,
    watch_by,
)
from newsletter.digests.service.running import run, run_due
from newsletter.digests.service.sourcing import Ties, gaps, ties
from newsletter.digests.service.watching import complaining, watch

__all__ = [
    "Company",
    "Proposal",
    "Rule",
    "Ties",
    "add_digest",
    "companies",
    "complaining",
    "gaps",
    "links_ahead",
    "mark",
    "note",
    "offer_follows",
    "pace",
    "pictures_step",
    "propose",
    "release",
    "reschedule",
    "rule_by",
    "run",
    "run_due",
    "slot_at",
    "ties",
    "unmark",
    "watch",
    "watch_by",
    "window_at",
]
