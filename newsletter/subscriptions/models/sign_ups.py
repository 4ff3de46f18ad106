"""Sign-ups: noted by the web server, answered by the worker (docs/adr/0018)."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import BigId, UtcDateTime, db
from newsletter.subscriptions.policy.budgets import Trust

# Spelled out, never as a parameter: a database uses a partial index only where it can read the same words.
_UNANSWERED = text("verdict = 'new'")
IS_NEW = text("sign_ups.verdict = 'new'")
IS_ASKED = text("sign_ups.verdict = 'asked'")
_COUNTED = text("verdict IN ('asked', 'link', 'change')")
IS_COUNTED = text("sign_ups.verdict IN ('asked', 'link', 'change')")
_MAILED = text("verdict IN ('asked', 'reminded', 'link', 'change')")
IS_MAILED = text("sign_ups.verdict IN ('asked', 'reminded', 'link', 'change')")


class Verdict(StrEnum):
    """What became of a sign-up."""

    NEW = "new"
    ASKED = "asked"  # A confirmation was queued.
    KNOWN = "known"  # Confirmed already: there is nothing to ask.
    SUPPRESSED = "suppressed"
    ADDRESS = "address"  # The inbox was asked a moment ago, or too often.
    NEAR = "near"  # The budget of the network is used up, here and below.
    WIDE = "wide"
    DOMAIN = "domain"
    ALL = "all"
    BREAKER = "breaker"  # Hardly anybody confirms any more.
    MACHINE = "machine"
    REMINDED = "reminded"  # No form, but a mail about an earlier one.
    LINK = "link"  # A fresh link was queued.
    CHANGE = "change"  # A new address was asked whether it is theirs.
    NOBODY = "nobody"  # A fresh link was asked for, and nobody is known by this address.


class SignUp(db.Model):  # type: ignore[name-defined, misc]
    """One form that was sent in; `method` is `link` or `change` where it asked for those, and for no newsletter.

    Answering empties what tells who it was; keys and networks stay a while, because budgets are counted by them.
    `inbox_key` is that of all addresses which end in one inbox. `wish` is `signing_up.Wish` as JSON,
    or for a change of address whose it is.
    `due_at` is when to answer, later than `at` where it could not be done at once.
    """

    __tablename__ = "sign_ups"
    __table_args__ = (
        Index("ix_sign_ups_new", "due_at", sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED),
        Index("ix_sign_ups_address_key", "address_key"),
        Index("ix_sign_ups_inbox_key", "inbox_key", "answered_at", sqlite_where=_MAILED, postgresql_where=_MAILED),
        *(
            Index(f"ix_sign_ups_{name}", name, "answered_at", sqlite_where=_COUNTED, postgresql_where=_COUNTED)
            for name in ("near", "wide", "domain_key")
        ),
        Index("ix_sign_ups_answered", "answered_at", "verdict", "is_confirmed"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    verdict: Mapped[Verdict] = mapped_column(String(12), default=Verdict.NEW)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(254))
    entered: Mapped[str] = mapped_column(String(254))
    address_key: Mapped[str] = mapped_column(String(32))
    inbox_key: Mapped[str] = mapped_column(String(32))
    domain_key: Mapped[str] = mapped_column(String(32))
    near: Mapped[str | None] = mapped_column(String(45))
    wide: Mapped[str | None] = mapped_column(String(45))
    trust: Mapped[Trust] = mapped_column(String(8))
    is_confirmed: Mapped[bool] = mapped_column(default=False)
    newsletter_ids: Mapped[list[int]] = mapped_column(JSON)
    wish: Mapped[dict[str, Any]] = mapped_column(JSON)
    method: Mapped[str] = mapped_column(String(20))
    form: Mapped[str] = mapped_column(String(40), default="")
    page: Mapped[str] = mapped_column(String(300), default="")
    wording: Mapped[str] = mapped_column(Text, default="")
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    notice_url: Mapped[str] = mapped_column(String(500), default="", server_default="")
    notice_version: Mapped[str] = mapped_column(String(40), default="", server_default="")
    locale: Mapped[str] = mapped_column(String(16), default="", server_default="")
