"""Writing the consent ledger."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from newsletter.core.db import db, insert_ignoring
from newsletter.mail.message import plain
from newsletter.subscriptions.models import Consent, ConsentEvent, ConsentOrigin, Subscription, Wording


@dataclass(frozen=True)
class Origin:
    """Where a wish came from, for the consent ledger; `method` is form, link, one-click, page, command …

    `wording` is what stood at the button that was pressed, `form` which of our forms, `page` where that stood.
    """

    method: str
    ip: str = ""
    user_agent: str = ""
    page: str = ""
    wording: str = ""
    form: str = ""


@dataclass(frozen=True)
class Link:
    """Which link of ours was used: the nonce it carried, or the edition it stood in."""

    nonce: str = ""
    edition_id: int | None = None


NO_LINK = Link()


def note(
    kind: Consent, subscription: Subscription, origin: Origin, at: datetime, link: Link = NO_LINK
) -> ConsentEvent:
    """One more row in the ledger, in the caller's transaction."""
    event = ConsentEvent(
        subscriber_id=subscription.subscriber_id,
        newsletter_id=subscription.newsletter_id,
        kind=kind,
        method=origin.method,
        at=at,
        form=origin.form[:40],
        page=plain(origin.page)[:300],
        nonce=link.nonce,
        edition_id=link.edition_id,
        wording_id=_wording_id(origin.wording, at),
    )
    if origin.ip or origin.user_agent:
        event.origin = ConsentOrigin(at=at, ip=origin.ip[:45], user_agent=plain(origin.user_agent)[:300])
    db.session.add(event)
    return event


def _wording_id(text: str, at: datetime) -> int | None:
    """The version of this wording, new or known; None where nothing was said."""
    if not text:
        return None
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = select(Wording.id).where(Wording.digest == digest)
    found = db.session.scalar(known)
    if found is None:
        db.session.execute(insert_ignoring(Wording).values(digest=digest, text=text, since=at))
        found = db.session.scalar(known)
    return found
