"""What an operator does to one subscriber by hand: noted like a wish of their own, with the operator's reason."""

from newsletter.core.db import db, transaction
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.mail.message import plain
from newsletter.subscriptions.models import Subscriber
from newsletter.subscriptions.policy import EndReason
from newsletter.subscriptions.service.consent import Named, Origin
from newsletter.subscriptions.service.leaving import end
from newsletter.suppressions.models import Reason, Suppression
from newsletter.suppressions.service import suppress

METHOD = "operator"
SHORTEST_REASON, LONGEST_REASON = 10, 300


def unsubscribe_by_hand(subscriber_id: int, newsletter_id: int, because: str) -> bool:
    """End this subscription; False if it had ended before. Only the person can begin it anew.

    Raises InvalidInput without a reason, NotFound.
    """
    said = reason_in(because)
    with transaction():
        subscriber(subscriber_id)
        whose = Named(subscriber_id, newsletter_id)
        return end(whose, EndReason.OPERATOR, Origin(METHOD, note=said))


def suppress_by_hand(address_key: str, because: str) -> Suppression:
    """Mail this address nothing more, whoever asks; an earlier reason stays. Raises InvalidInput without one."""
    said = reason_in(because)
    return suppress(address_key, Reason.MANUAL, said)


def subscriber(subscriber_id: int) -> Subscriber:
    """Raises NotFound."""
    found = db.session.get(Subscriber, subscriber_id)
    if found is None:
        raise NotFound(kind="subscriber", name=subscriber_id)
    return found


def reason_in(because: str) -> str:
    """The reason as it is noted. Raises InvalidInput where it says nothing, or too much."""
    said = plain(because)
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON:
        problem = f"Say why, in {SHORTEST_REASON} to {LONGEST_REASON} characters that you could show to anybody."
        raise InvalidInput(problem, field="because")
    return said
