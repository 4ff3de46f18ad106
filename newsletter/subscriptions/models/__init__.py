"""Who asked for what: people, what they agreed to, and the sign-ups that wait for an answer."""

from newsletter.subscriptions.models.changes import AddressChange
from newsletter.subscriptions.models.consent import Consent, ConsentEvent, ConsentOrigin, Wording
from newsletter.subscriptions.models.counts import ConfirmCount
from newsletter.subscriptions.models.followables import Followable
from newsletter.subscriptions.models.imports import Import, ImportState
from newsletter.subscriptions.models.people import (
    HAS_ENDED,
    HAS_HOUR,
    IS_PAUSED,
    IS_PENDING,
    IS_RARE,
    IS_UNREMINDED,
    Follow,
    Stint,
    Subscriber,
    Subscription,
)
from newsletter.subscriptions.models.proofs import SpentProof
from newsletter.subscriptions.models.sign_ups import (
    IS_ASKED,
    IS_COUNTED,
    IS_MAILED,
    IS_NEW,
    SignUp,
    Verdict,
)

__all__ = [
    "HAS_ENDED",
    "HAS_HOUR",
    "IS_ASKED",
    "IS_COUNTED",
    "IS_MAILED",
    "IS_NEW",
    "IS_PAUSED",
    "IS_PENDING",
    "IS_RARE",
    "IS_UNREMINDED",
    "AddressChange",
    "ConfirmCount",
    "Consent",
    "ConsentEvent",
    "ConsentOrigin",
    "Follow",
    "Followable",
    "Import",
    "ImportState",
    "SignUp",
    "SpentProof",
    "Stint",
    "Subscriber",
    "Subscription",
    "Verdict",
    "Wording",
]
