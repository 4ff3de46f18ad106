"""The tables of those who run the console."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.core.db import BigId, UtcDateTime, db
from newsletter.operators.policy import LONGEST_CREDENTIAL, LONGEST_KEY_NAME, Role

_OF_HOUSE = text("newsletter_id IS NULL")
_FAILED = text("has_failed")


class Operator(db.Model):  # type: ignore[name-defined, misc]
    """`login` is the identity of the address. `password_hash` is "" before a password was chosen.

    `language` is the one in which the console speaks to them, "" for the one that their browser asks for.

    `factor` is the sealed secret of the second factor, "" for none; `factor_step` the last step of time whose code
    was taken. `link_hash` is that of the one-time link that may still be used. Who was removed stays as a row,
    because the trail names them.
    """

    __tablename__ = "operators"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(254), unique=True)
    address: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(100), default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    password_hash: Mapped[str] = mapped_column(String(300), default="")
    factor: Mapped[str] = mapped_column(String(300), default="")
    factor_step: Mapped[int] = mapped_column(BigInteger, default=0)
    link_hash: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def called(self) -> str:
        """The name, or the address of who has none."""
        return self.name or self.address


class OperatorRole(db.Model):  # type: ignore[name-defined, misc]
    """A role for one newsletter, or for the whole house where `newsletter_id` is None."""

    __tablename__ = "operator_roles"
    __table_args__ = (
        UniqueConstraint("operator_id", "newsletter_id"),
        Index(
            "ix_operator_roles_house",
            "operator_id",
            unique=True,
            sqlite_where=_OF_HOUSE,
            postgresql_where=_OF_HOUSE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id", ondelete="CASCADE"))
    newsletter_id: Mapped[int | None] = mapped_column(ForeignKey("newsletters.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(String(10))


class OperatorSession(db.Model):  # type: ignore[name-defined, misc]
    """Somebody at one browser. `is_complete` is False while the second factor is still to come."""

    __tablename__ = "operator_sessions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id", ondelete="CASCADE"), index=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    is_complete: Mapped[bool]
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ip: Mapped[str] = mapped_column(String(45), default="")
    browser: Mapped[str] = mapped_column(String(300), default="")


class RecoveryCode(db.Model):  # type: ignore[name-defined, misc]
    """A code that stands in for the second factor once; only what is keyed with the pepper is kept."""

    __tablename__ = "recovery_codes"

    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id", ondelete="CASCADE"), primary_key=True)
    code_key: Mapped[str] = mapped_column(String(32), primary_key=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Passkey(db.Model):  # type: ignore[name-defined, misc]
    """A key pair of an operator's device (WebAuthn), of which we have the public half, as COSE has it.

    `credential_id` is in base64url, as browsers say it. `sign_count` is what the device counted last, 0 for ever
    where it does not count.
    """

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[str] = mapped_column(String(LONGEST_CREDENTIAL), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(LONGEST_KEY_NAME))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SpentChallenge(db.Model):  # type: ignore[name-defined, misc]
    """A challenge that was answered, so that no answer counts twice; kept for as long as one may be answered."""

    __tablename__ = "spent_challenges"

    challenge_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    spent_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class LoginTry(db.Model):  # type: ignore[name-defined, misc]
    """A password or code that was tried; it counts as failed until it turns out to be right."""

    __tablename__ = "login_tries"
    __table_args__ = (
        Index("ix_login_tries_login", "login_key", "at", sqlite_where=_FAILED, postgresql_where=_FAILED),
        Index("ix_login_tries_network", "network", "at", sqlite_where=_FAILED, postgresql_where=_FAILED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    login_key: Mapped[str] = mapped_column(String(32))
    network: Mapped[str] = mapped_column(String(45))
    has_failed: Mapped[bool] = mapped_column(default=True)


class AuditEvent(db.Model):  # type: ignore[name-defined, misc]
    """Who did what about what; append-only, by triggers of the database.

    `who` is how the operator was called then, or "command"; `ip` is the network only.
    """

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operators.id"), index=True)
    who: Mapped[str] = mapped_column(String(254))
    what: Mapped[str] = mapped_column(String(200))
    about: Mapped[str] = mapped_column(String(300))
    ip: Mapped[str] = mapped_column(String(45))
