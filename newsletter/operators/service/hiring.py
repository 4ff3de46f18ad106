"""Who may come in, and what each may do."""

import secrets
from dataclasses import dataclass

from sqlalchemy import delete

from newsletter.core.addresses import parse
from newsletter.core.clock import now
from newsletter.core.db import db, one_at_a_time, transaction
from newsletter.core.errors import Conflict, InvalidInput, NotFound
from newsletter.core.words import said
from newsletter.mail.house import House
from newsletter.mail.message import plain
from newsletter.newsletters.queries import newsletter_id
from newsletter.operators.models import Operator, OperatorRole, Passkey, RecoveryCode
from newsletter.operators.policy import LONGEST_NAME, Role
from newsletter.operators.queries import find_by_login, operator, owners_beside, powers
from newsletter.operators.service.auditing import note
from newsletter.operators.service.entering import make_link
from newsletter.operators.service.staying import end_all

_LAST_OWNER = said("This is the last owner of the house; make somebody else an owner first.")


@dataclass(frozen=True)
class Post:
    """A role, for the newsletter with this slug or, with None, for the whole house."""

    role: Role
    newsletter: str | None = None

    def __str__(self) -> str:
        return f"{self.role} of {self.newsletter or 'the house'}"


def named(address: str) -> Operator:
    """Raises InvalidAddress or NotFound."""
    found = find_by_login(parse(address).identity)
    if found is None:
        raise NotFound(kind="operator", name=address.strip())
    return found


def add_operator(who: tuple[str, str], post: Post, by: int | None, house: House) -> tuple[Operator, str]:
    """Let somebody in, by address and name (which may be ""); the operator, and the one-time link for them.

    `by` None for a command. Raises InvalidAddress, InvalidInput, NotFound for the newsletter, or Conflict.
    """
    mailbox, name = parse(who[0]), plain(who[1])
    if len(name) > LONGEST_NAME:
        problem = said("A name has at most %(most)s characters.", most=LONGEST_NAME)
        raise InvalidInput(problem, field="name")
    with transaction():
        one = db.session.query(Operator).filter_by(login=mailbox.identity).one_or_none()
        if one and one.removed_at is None:
            problem = said(
                "%(address)s is an operator already; give them a role or a fresh link instead.",
                address=one.address,
            )
            raise Conflict(problem)
        one = one or Operator(login=mailbox.identity, created_at=now())
        one.address, one.name, one.removed_at = str(mailbox), name, None
        db.session.add(one)
        db.session.flush()
        _put(one.id, post)
        note(by, f"added as {post}", f"operator {one.address}")
        return one, make_link(one, secrets.token_urlsafe(24), house)


def renew_link(operator_id: int, by: int | None, house: House) -> str:
    """A fresh one-time link; an older one no longer works. Raises NotFound."""
    with transaction():
        one = operator(operator_id)
        note(by, "made a one-time link", f"operator {one.address}")
        return make_link(one, secrets.token_urlsafe(24), house)


def give_role(operator_id: int, post: Post, by: int | None) -> None:
    """Put somebody in this post, in place of the one they had there; all their sessions end.

    Raises NotFound, or Conflict rather than leave the house without an owner.
    """
    with transaction():
        one = operator(operator_id)
        if post.newsletter is None and post.role is not Role.OWNER:
            _keep_an_owner(one)
        _put(one.id, post)
        end_all(one.id)
        note(by, f"made {post}", f"operator {one.address}")


def take_role(operator_id: int, newsletter: str | None, by: int | None) -> None:
    """Take away the role for this newsletter, None for that of the house; all their sessions end.

    Raises NotFound, or Conflict rather than leave the house without an owner.
    """
    with transaction():
        one = operator(operator_id)
        if newsletter is None:
            _keep_an_owner(one)
        _leave(one.id, newsletter)
        end_all(one.id)
        note(by, f"took the role of {newsletter or 'the house'}", f"operator {one.address}")


def remove_operator(operator_id: int, by: int | None) -> None:
    """Let somebody in no more; password, second factor, passkeys, link, roles and sessions go, the trail stays.

    Raises NotFound, or Conflict rather than leave the house without an owner.
    """
    with transaction():
        one = operator(operator_id)
        _keep_an_owner(one)
        note(by, "removed", f"operator {one.address}")
        one.removed_at = now()
        one.password_hash = one.factor = one.link_hash = one.language = ""
        for theirs in (OperatorRole, RecoveryCode, Passkey):
            db.session.execute(delete(theirs).where(theirs.operator_id == one.id))
        end_all(one.id)


def _put(operator_id: int, post: Post) -> None:
    _leave(operator_id, post.newsletter)
    where = newsletter_id(post.newsletter) if post.newsletter else None
    db.session.add(OperatorRole(operator_id=operator_id, newsletter_id=where, role=post.role))


def _leave(operator_id: int, newsletter: str | None) -> None:
    of = newsletter_id(newsletter) if newsletter else None
    there = OperatorRole.newsletter_id.is_(None) if of is None else OperatorRole.newsletter_id == of
    db.session.execute(delete(OperatorRole).where(OperatorRole.operator_id == operator_id, there))


def _keep_an_owner(one: Operator) -> None:
    """Raises Conflict when they own the house, and nobody else does."""
    # Two owners who remove each other at the same moment must not both succeed.
    one_at_a_time("owners")
    if powers(one.id).house is Role.OWNER and not owners_beside(one.id):
        raise Conflict(_LAST_OWNER)
