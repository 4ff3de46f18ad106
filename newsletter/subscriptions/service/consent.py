"""Writing the consent ledger."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Row, bindparam, insert, select

from newsletter.core.db import db, execute, insert_ignoring
from newsletter.mail.message import plain
from newsletter.subscriptions.models import Consent, ConsentEvent, ConsentOrigin, Wording
from newsletter.subscriptions.policy.budgets import Trust
from newsletter.subscriptions.policy.proof import Proof


class Notice(NamedTuple):
    """The privacy notice that people were shown, and the language of what they were told; "" where unknown."""

    url: str = ""
    version: str = ""
    locale: str = ""


NO_NOTICE = Notice()


@dataclass(frozen=True)
class Origin:
    """Where a wish came from, for the consent ledger; `method` is form, link, one-click, page, command …

    `wording` is all that the page said whose button was pressed, "" where that is not known; `form` which of our
    forms, `page` where that stood, `trust` what the form says of who filled it in, `proof` the proof of work it
    brought, `note` what an operator said, `notice` the privacy notice that the page named.
    """

    method: str
    ip: str = ""
    user_agent: str = ""
    page: str = ""
    wording: str = ""
    form: str = ""
    trust: Trust = Trust.SIGNED
    proof: Proof | None = None
    note: str = ""
    notice: Notice = NO_NOTICE


@dataclass(frozen=True)
class Link:
    """Which link of ours was used: the nonce it carried, or the edition it stood in.

    `message_id` is that of the mail with which we asked for the confirmation.
    """

    nonce: str = ""
    edition_id: int | None = None
    message_id: str = ""


NO_LINK = Link()

_ADD_EVENT = insert(ConsentEvent.__table__)
_ADD_ORIGIN = insert(ConsentOrigin.__table__)
_FIND_WORDING = select(Wording.__table__.c.id).where(Wording.__table__.c.digest == bindparam("digest"))


class Named(NamedTuple):
    """A subscription by whose and which it is."""

    subscriber_id: int
    newsletter_id: int


def note(kind: Consent, whose: Named, origin: Origin, at: datetime, link: Link = NO_LINK) -> None:
    """One more row in the ledger, in the caller's transaction."""
    added = execute(
        _ADD_EVENT,
        {
            "subscriber_id": whose.subscriber_id,
            "newsletter_id": whose.newsletter_id,
            "kind": kind,
            "method": origin.method,
            "at": at,
            "form": origin.form[:40],
            "page": plain(origin.page)[:300],
            "note": origin.note[:500],
            "nonce": link.nonce,
            "edition_id": link.edition_id,
            "message_id": link.message_id,
            "wording_id": _wording_id(origin.wording, at),
            "notice_url": origin.notice.url,
            "notice_version": origin.notice.version,
            "locale": origin.notice.locale,
        },
    )
    if origin.ip or origin.user_agent:
        event_id = cast("Row[Any]", added.inserted_primary_key)[0]
        agent = plain(origin.user_agent)[:300]
        execute(_ADD_ORIGIN, {"event_id": event_id, "at": at, "ip": origin.ip[:45], "user_agent": agent})


def _wording_id(text: str, at: datetime) -> int | None:
    """The version of this wording, new or known; None where nothing was said."""
    if not text:
        return None
    digest = hashlib.sha256(text.encode()).hexdigest()
    found: int | None = execute(_FIND_WORDING, {"digest": digest}).scalar()
    if found is None:
        db.session.execute(insert_ignoring(Wording).values(digest=digest, text=text, since=at))
        found = execute(_FIND_WORDING, {"digest": digest}).scalar()
    return found
