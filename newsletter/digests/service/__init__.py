"""From new articles to an edition on its way, at each slot."""

from newsletter.digests.service.pacing import Company, companies, pace
from newsletter.digests.service.proposing import Proposal, propose, slot_at, window_at
from newsletter.digests.service.ruling import Rule, add_digest, mark, note, release, reschedule, rule_by, unmark
from newsletter.digests.service.running import run, run_due

__all__ = [
    "Company",
    "Proposal",
    "Rule",
    "add_digest",
    "companies",
    "mark",
    "note",
    "pace",
    "propose",
    "release",
    "reschedule",
    "rule_by",
    "run",
    "run_due",
    "slot_at",
    "unmark",
    "window_at",
]
