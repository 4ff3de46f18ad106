"""Writing the ledger: queue, lease, record, recover, pause."""

from newsletter.delivery.service.control import cancel, cancel_for, finish_mailings, pause, resume
from newsletter.delivery.service.leasing import Leased, lease, release
from newsletter.delivery.service.queueing import Letter, Recipient, queue_mailing, queue_to_one
from newsletter.delivery.service.recording import record
from newsletter.delivery.service.recovery import settle_estates, settle_expired

__all__ = [
    "Leased",
    "Letter",
    "Recipient",
    "cancel",
    "cancel_for",
    "finish_mailings",
    "lease",
    "pause",
    "queue_mailing",
    "queue_to_one",
    "record",
    "release",
    "resume",
    "settle_estates",
    "settle_expired",
]
