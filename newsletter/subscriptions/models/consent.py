"""The consent ledger: rows that triggers of the database let nobody change (docs/adr/0019)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from newsletter.core.db import BigId, UtcDateTime, db


class Consent(StrEnum):
    """What a consent event says."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    UNSUPPRESSED = "unsuppressed"  # No consent, but why an operator mails the address again.
    MOVED = "moved"  # The same consent at another address, which was proven.


class Wording(db.Model):  # type: ignore[name-defined, misc]
    """What people were told when they agreed; its `id` is the version, `digest` the SHA-256 of the text in hex."""

    __tablename__ = "wordings"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    text: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class ConsentEvent(db.Model):  # type: ignore[name-defined, misc]
    """One append-only row: what was asked or withdrawn, when, how, and with which wording.

    `method` is how: the form, the link in the confirmation, one click (RFC 8058), the unsubscribe page and others.
    `nonce` and `edition_id` say which link was used, `edition_id` the edition it stood in. `message_id` is the
    Message-ID of the mail that asked whether the request was meant, "" where none left. `notice_url` and
    `notice_version` are the privacy notice that was shown with the wording, `locale` the language of both. The
    triggers refuse every UPDATE, and a DELETE as long as its subscriber is there: only the person goes, and the
    ledger with it.
    """

    __tablename__ = "consent_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    kind: Mapped[Consent] = mapped_column(String(12))
    method: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    form: Mapped[str] = mapped_column(String(40), default="")
    page: Mapped[str] = mapped_column(String(300), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    nonce: Mapped[str] = mapped_column(String(32), default="")
    wording_id: Mapped[int | None] = mapped_column(ForeignKey("wordings.id"))
    edition_id: Mapped[int | None] = mapped_column(BigId)
    message_id: Mapped[str] = mapped_column(String(320), default="")
    notice_url: Mapped[str] = mapped_column(String(500), default="", server_default="")
    notice_version: Mapped[str] = mapped_column(String(40), default="", server_default="")
    locale: Mapped[str] = mapped_column(String(16), default="", server_default="")

    wording: Mapped[Wording | None] = relationship(lazy="joined")
    origin: Mapped["ConsentOrigin | None"] = relationship(lazy="joined", passive_deletes=True)


class ConsentOrigin(db.Model):  # type: ignore[name-defined, misc]
    """From where an event came: what identifies a person and is forgotten sooner than the event itself."""

    __tablename__ = "consent_origins"

    event_id: Mapped[int] = mapped_column(ForeignKey("consent_events.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300))
