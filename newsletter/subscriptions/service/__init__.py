"""The verbs: sign up, confirm, unsubscribe. Each writes its consent event in the same transaction."""

from newsletter.subscriptions.service.alarming import watch_sign_ups
from newsletter.subscriptions.service.answering import answer_sign_ups
from newsletter.subscriptions.service.budgeting import purge_sign_ups
from newsletter.subscriptions.service.confirming import confirm, newsletters_to_confirm
from newsletter.subscriptions.service.consent import Origin
from newsletter.subscriptions.service.counting import purge_counts
from newsletter.subscriptions.service.erasing import erase, erase_address, erase_again, erase_here
from newsletter.subscriptions.service.leaving import (
    find_never,
    never_write,
    newsletter_to_leave,
    unsubscribe,
    unsubscribe_by_click,
)
from newsletter.subscriptions.service.proving import purge_proofs
from newsletter.subscriptions.service.reminding import remind
from newsletter.subscriptions.service.retaining import retain
from newsletter.subscriptions.service.signing_up import Wish, sign_up

__all__ = [
    "Origin",
    "Wish",
    "answer_sign_ups",
    "confirm",
    "erase",
    "erase_address",
    "erase_again",
    "erase_here",
    "find_never",
    "never_write",
    "newsletter_to_leave",
    "newsletters_to_confirm",
    "purge_counts",
    "purge_proofs",
    "purge_sign_ups",
    "remind",
    "retain",
    "sign_up",
    "unsubscribe",
    "unsubscribe_by_click",
    "watch_sign_ups",
]
