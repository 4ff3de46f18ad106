"""Writing the ledger: queue, lease, record, recover, pause."""

from newsletter.delivery.service.canaries import canaries_to_watch, watch_canary
from newsletter.delivery.service.control import (
    cancel,
    cancel_for,
    cancel_for_many,
    cancel_own,
    finish_mailings,
    let_go,
    pause,
    pause_bulk,
    resume,
)
from newsletter.delivery.service.counting import count_ended
from newsletter.delivery.service.forgetting import forget, forget_address
from newsletter.delivery.service.home import adopt, is_at_home, require_home, settle_in
from newsletter.delivery.service.leasing import (
    Leased,
    Lessee,
    Slice,
    has_due,
    lease,
    postpone,
    release,
    release_all,
)
from newsletter.delivery.service.queueing import (
    Halves,
    Letter,
    Recipient,
    Wording,
    add_wordings,
    copy_wordings,
    names_of,
    queue_mailing,
    queue_to_one,
    queue_to_operator,
    vary,
)
from newsletter.delivery.service.readdressing import readdress
from newsletter.delivery.service.recording import record
from newsletter.delivery.service.recovery import settle_estates, settle_expired
from newsletter.delivery.service.requeueing import requeue
from newsletter.delivery.service.scrubbing import rewrite, rewrite_each_day, scrub
from newsletter.delivery.service.summing import count_to_sum_up, sum_up

__all__ = [
    "Halves",
    "Leased",
    "Lessee",
    "Letter",
    "Recipient",
    "Slice",
    "Wording",
    "add_wordings",
    "adopt",
    "canaries_to_watch",
    "cancel",
    "cancel_for",
    "cancel_for_many",
    "cancel_own",
    "copy_wordings",
    "count_ended",
    "count_to_sum_up",
    "finish_mailings",
    "forget",
    "forget_address",
    "has_due",
    "is_at_home",
    "lease",
    "let_go",
    "names_of",
    "pause",
    "pause_bulk",
    "postpone",
    "queue_mailing",
    "queue_to_one",
    "queue_to_operator",
    "readdress",
    "record",
    "release",
    "release_all",
    "requeue",
    "require_home",
    "resume",
    "rewrite",
    "rewrite_each_day",
    "scrub",
    "settle_estates",
    "settle_expired",
    "settle_in",
    "sum_up",
    "vary",
    "watch_canary",
]
