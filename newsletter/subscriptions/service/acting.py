"""What an operator does to one subscriber by hand: noted like a wish of their own, with the operator's reason."""

from newsletter.core.db import db, transaction
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.core.words import said
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
    why = reason_in(because)
    with transaction():
        subscriber(subscriber_id)
        whose = Named(subscriber_id, newsletter_id)
        return end(whose, EndReason.OPERATOR, Origin(METHOD, note=why))


def suppress_by_hand(address_key: str, because: str) -> Suppression:
    """Mail this address nothing more, whoever asks; an earlier reason stays. Raises InvalidInput without one."""
    why = reason_in(because)
    return suppress(address_key, Reason.MANUAL, why)


def subscriber(subscriber_id: int) -> Subscriber:
    """Raises NotFound."""
    found = db.session.get(Subscriber, subscriber_id)
    if found is None:
        raise NotFound(kind="subscriber", name=subscriber_id)
    return found


def reason_in(because: str) -> str:
    """The reason as it is noted. Raises InvalidInput where it says nothing, or too much."""
    why = plain(because)
    if not SHORTEST_REASON <= len(why) <= LONGEST_REASON:
        problem = said(
            "Say why, in %(least)s to %(most)s characters that you could show to anybody.",
            least=SHORTEST_REASON,
            most=LONGEST_REASON,
        )
        raise InvalidInput(problem, field="because")
    return why
