"""Reading operators, their roles and sessions, and the trail of what they did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from newsletter.core.db import db
from newsletter.core.errors import NotFound
from newsletter.core.settings import SecondFactor
from newsletter.newsletters.models import Newsletter
from newsletter.operators.models import (
    AuditEvent,
    LoginTry,
    Operator,
    OperatorRole,
    OperatorSession,
    Passkey,
    RecoveryCode,
)
from newsletter.operators.policy import IDLE, LONGEST, PENDING, Powers, Role, digest_of, must_add_factor

PAGE = 50
"""Events on a page of the trail."""


@dataclass(frozen=True)
class Visit:
    """An operator at a browser, and what they may do."""

    operator: Operator
    session: OperatorSession
    powers: Powers


@dataclass(frozen=True)
class TrailPage:
    """Events, newest first; the numbers to go on from, None where there is nothing further."""

    events: Sequence[AuditEvent]
    older_than: int | None
    newer_than: int | None


def operator(operator_id: int) -> Operator:
    """Raises NotFound, also for one who was removed."""
    found = db.session.get(Operator, operator_id, populate_existing=True)
    if found is None or found.removed_at:
        raise NotFound(kind="operator", name=operator_id)
    return found


def find_by_login(login: str) -> Operator | None:
    """By the identity of the address; None for whoever was removed, too."""
    # PostgreSQL takes no NUL in a text, and whoever knocks sends what they like.
    if "\0" in login:
        return None
    return db.session.scalar(select(Operator).where(Operator.login == login, Operator.removed_at.is_(None)))


def find_link(operator_id: int, nonce: str) -> Operator | None:
    """Whose one-time link this is; None once it was used, or another one was made."""
    return db.session.scalar(
        select(Operator).where(
            Operator.id == operator_id, Operator.link_hash == digest_of(nonce), Operator.removed_at.is_(None)
        )
    )


def operators() -> Sequence[Operator]:
    """All who may come in, by address."""
    return db.session.scalars(select(Operator).where(Operator.removed_at.is_(None)).order_by(Operator.login)).all()


def powers(operator_id: int) -> Powers:
    """What somebody may do; nothing where they have no role."""
    rows = db.session.execute(
        select(OperatorRole.newsletter_id, OperatorRole.role).where(OperatorRole.operator_id == operator_id)
    )
    held = {row.newsletter_id: Role(row.role) for row in rows}
    return Powers(held.pop(None, None), held)


def roles_by_operator() -> dict[int, list[tuple[Role, str | None]]]:
    """For each operator the roles, each with the newsletter's slug, None for the house; the house first."""
    rows = db.session.execute(
        select(OperatorRole.operator_id, OperatorRole.role, Newsletter.slug)
        .outerjoin(Newsletter, Newsletter.id == OperatorRole.newsletter_id)
        .order_by(OperatorRole.newsletter_id.is_not(None), Newsletter.slug)
    )
    found: dict[int, list[tuple[Role, str | None]]] = {}
    for row in rows:
        found.setdefault(row.operator_id, []).append((Role(row.role), row.slug))
    return found


def owners_beside(operator_id: int) -> int:
    """How many others own the house, so that it is never left without one."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(OperatorRole)
            .join(Operator, Operator.id == OperatorRole.operator_id)
            .where(
                OperatorRole.role == Role.OWNER,
                OperatorRole.newsletter_id.is_(None),
                OperatorRole.operator_id != operator_id,
                Operator.removed_at.is_(None),
            )
        )
        or 0
    )


def find_visit(key: str, moment: datetime) -> Visit | None:
    """Who is at the browser with this key; None when the session has ended or never was one."""
    found = db.session.execute(
        select(OperatorSession, Operator)
        .join(Operator, Operator.id == OperatorSession.operator_id)
        .where(OperatorSession.key_hash == digest_of(key), is_alive(moment), Operator.removed_at.is_(None))
    ).first()
    return Visit(found.Operator, found.OperatorSession, powers(found.Operator.id)) if found else None


def is_alive(moment: datetime) -> ColumnElement[bool]:
    """As a condition on a session."""
    began, seen = OperatorSession.began_at, OperatorSession.seen_at
    return or_(
        and_(OperatorSession.is_complete, began > moment - LONGEST, seen > moment - IDLE),
        and_(~OperatorSession.is_complete, began > moment - PENDING),
    )


def sessions_of(operator_id: int, moment: datetime) -> Sequence[OperatorSession]:
    """Where somebody is logged in, the newest first."""
    return db.session.scalars(
        select(OperatorSession)
        .where(OperatorSession.operator_id == operator_id, OperatorSession.is_complete, is_alive(moment))
        .order_by(OperatorSession.seen_at.desc())
    ).all()


def seen_last() -> dict[int, datetime]:
    """For each operator with a session that was not cleared away yet, when it was last used."""
    rows = db.session.execute(
        select(OperatorSession.operator_id, func.max(OperatorSession.seen_at).label("seen_at"))
        .where(OperatorSession.is_complete)
        .group_by(OperatorSession.operator_id)
    )
    return {row.operator_id: row.seen_at for row in rows}


def codes_left(operator_id: int) -> int:
    """How many recovery codes can still be used."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(RecoveryCode)
            .where(RecoveryCode.operator_id == operator_id, RecoveryCode.used_at.is_(None))
        )
        or 0
    )


def passkeys_of(operator_id: int) -> Sequence[Passkey]:
    """The oldest first."""
    return db.session.scalars(select(Passkey).where(Passkey.operator_id == operator_id).order_by(Passkey.id)).all()


def passkey(operator_id: int, passkey_id: int) -> Passkey:
    """One of theirs. Raises NotFound, also for somebody else's."""
    found: Passkey | None = db.session.scalar(
        select(Passkey).where(Passkey.id == passkey_id, Passkey.operator_id == operator_id)
    )
    if found is None:
        raise NotFound(kind="passkey", name=passkey_id)
    return found


def find_passkey(credential_id: str) -> tuple[Passkey, Operator] | None:
    """The passkey with this id, and whose it is; None also for whoever was removed."""
    if "\0" in credential_id:
        return None
    found = db.session.execute(
        select(Passkey, Operator)
        .join(Operator, Operator.id == Passkey.operator_id)
        .where(Passkey.credential_id == credential_id, Operator.removed_at.is_(None))
    ).first()
    return (found.Passkey, found.Operator) if found else None


def has_passkeys(operator_id: int | None = None) -> bool:
    """Whether they have a passkey, or, for None, whether anybody has."""
    of = (Passkey.operator_id == operator_id,) if operator_id is not None else ()
    return db.session.scalar(select(Passkey.id).where(*of).limit(1)) is not None


def has_second_step(one: Operator, rule: SecondFactor) -> bool:
    """Whether a password alone does not let them in.

    Codes are always asked for; a passkey is where the rule of the house wants a second factor of them.
    """
    return bool(one.factor) or (must_add_factor(powers(one.id), rule) and has_passkeys(one.id))


def lacks_second_step(seen: Visit, rule: SecondFactor) -> bool:
    """Whether the rule of the house lets them no further before they have added a second factor or a passkey."""
    must = must_add_factor(seen.powers, rule)
    return must and not seen.operator.factor and not has_passkeys(seen.operator.id)


def trail(older_than: int | None = None, newer_than: int | None = None, who: int | None = None) -> TrailPage:
    """A page of what was done; `who` None for everybody."""
    of = (AuditEvent.operator_id == who,) if who is not None else ()
    if newer_than is not None:
        later = select(AuditEvent).where(AuditEvent.id > newer_than, *of).order_by(AuditEvent.id).limit(PAGE + 1)
        nearest = db.session.scalars(later).all()
        if len(nearest) > PAGE:
            events = nearest[PAGE - 1 :: -1]
            return TrailPage(events, events[-1].id, events[0].id)
        older_than = None
    before = (AuditEvent.id < older_than,) if older_than is not None else ()
    rows = db.session.scalars(
        select(AuditEvent).where(*before, *of).order_by(AuditEvent.id.desc()).limit(PAGE + 1)
    ).all()
    events = rows[:PAGE]
    return TrailPage(
        events,
        events[-1].id if len(rows) > PAGE else None,
        events[0].id if events and older_than is not None else None,
    )


def was_done(what: str) -> bool:
    """Whether an operator ever did this."""
    return db.session.scalar(select(AuditEvent.id).where(AuditEvent.what == what).limit(1)) is not None


def failed_tries(since: datetime) -> int:
    """How many passwords and codes have been wrong since then."""
    return (
        db.session.scalar(
            select(func.count()).select_from(LoginTry).where(LoginTry.at >= since, LoginTry.has_failed)
        )
        or 0
    )
