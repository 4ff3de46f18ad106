"""Mailing an address again that must not be mailed: only what was found by a machine or said by an operator."""

from newsletter.core.addresses import Address
from newsletter.core.clock import now
from newsletter.core.db import transaction
from newsletter.core.errors import Conflict, InvalidInput, NotFound
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.mail.message import plain
from newsletter.subscriptions.models import Consent
from newsletter.subscriptions.queries import find_subscriber, subscriptions_of
from newsletter.subscriptions.service.consent import Named, Origin, note
from newsletter.suppressions.models import Reason, Suppression
from newsletter.suppressions.queries import find_suppression
from newsletter.suppressions.service import lift

METHOD = "command"
SHORTEST_REASON = 10

_WHY_NOT = {
    Reason.ERASED: said("This person was erased; only a sign-up that they confirm themselves brings them back."),
    Reason.COMPLAINT: said("This person reported a mail as spam; that is not for anybody else to take back."),
    Reason.NEVER_WRITE: said('This person said "never write to me"; that is not for anybody else to take back.'),
}

log = logger(__name__)


def unsuppress(mailbox: Address, because: str, house: House) -> Reason:
    """Let this address be mailed again, and note why in the ledger of each of its subscriptions; what it was.

    Raises InvalidInput without a reason, NotFound when nothing keeps us from it, or Conflict when it was the
    person who said so.
    """
    return unsuppress_key(mailbox.key(house.settings.pepper), because, METHOD)


def may_be_lifted(suppression: Suppression) -> bool:
    """Whether an operator may take it back: not what the person said."""
    return _reason(suppression) not in _WHY_NOT


def unsuppress_key(key: str, because: str, method: str) -> Reason:
    """As `unsuppress`, by the key; `method` is how it was said, for the consent ledger."""
    why = plain(because)
    if len(why) < SHORTEST_REASON:
        problem = said(
            "Say why in words that you could show to somebody who asks, such as: --because 'mailbox mended'."
        )
        raise InvalidInput(problem, field="because")
    with transaction():
        found = find_suppression(key)
        if found is None:
            raise NotFound(kind="suppression", name=key)
        reason = _reason(found)
        if reason in _WHY_NOT:
            raise Conflict(_WHY_NOT[reason])
        lift(key, reason)
        person = find_subscriber(key)
        for each in subscriptions_of(person.id) if person else ():
            whose = Named(each.subscriber_id, each.newsletter_id)
            note(Consent.UNSUPPRESSED, whose, Origin(method, note=f"{reason}: {why}"), now())
    log.info("suppression lifted", reason=reason, because=why)
    return reason


def _reason(suppression: Suppression) -> Reason:
    return Reason.ERASED if suppression.erased_at else suppression.reason
