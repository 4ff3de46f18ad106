"""When a digest is due, and which articles it takes, with a reason for each that it leaves. Pure."""

from newsletter.digests.policy.cadences import LATEST_DAY, RARE, Rhythm, riders
from newsletter.digests.policy.choosing import Candidate, Choice, Decision, Known, Outcome, choose
from newsletter.digests.policy.marks import Approval, Mark, MarkKind
from newsletter.digests.policy.rules import Once, Order, Rest, Section, Selection
from newsletter.digests.policy.schedules import GRACE, cron_of, in_words, is_too_late, next_due, next_slots

__all__ = [
    "GRACE",
    "LATEST_DAY",
    "RARE",
    "Approval",
    "Candidate",
    "Choice",
    "Decision",
    "Known",
    "Mark",
    "MarkKind",
    "Once",
    "Order",
    "Outcome",
    "Rest",
    "Rhythm",
    "Section",
    "Selection",
    "choose",
    "cron_of",
    "in_words",
    "is_too_late",
    "next_due",
    "next_slots",
    "riders",
]
