"""Who may come in, and what each may do."""

from typing import TypeVar

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter.console import gate
from newsletter.console.forms import OperatorForm, RoleForm, places
from newsletter.console.gate import HOUSE, Answer
from newsletter.console.naming import in_words
from newsletter.console.speaking import tell
from newsletter.core.clock import now
from newsletter.core.errors import Conflict, InvalidInput
from newsletter.core.words import said
from newsletter.newsletters.queries import newsletters
from newsletter.operators import service
from newsletter.operators.policy import Role
from newsletter.operators.queries import operator as find
from newsletter.operators.queries import operators, passkeys_of, roles_by_operator, seen_last, sessions_of
from newsletter.operators.service import Post
from newsletter.web.current import house
from newsletter.web.numbers import whole_number

Form = TypeVar("Form", OperatorForm, RoleForm)

blueprint = Blueprint("console_operators", __name__, url_prefix="/console/operators")


@blueprint.get("")
@gate.requires(Role.OWNER, HOUSE)
def index() -> Answer:
    return _list(_with_places(OperatorForm()))


@blueprint.post("")
@gate.requires(Role.OWNER, HOUSE)
def add() -> Answer:
    form = _with_places(OperatorForm())
    if not form.validate():
        return _list(form), 422
    post = Post(Role(form.role.data), form.newsletter.data or None)
    try:
        who, link = service.add_operator((form.email.data, form.name.data or ""), post, _me(), house())
    except (InvalidInput, Conflict) as problem:
        form.note(problem if isinstance(problem, InvalidInput) else InvalidInput(str(problem), field="email"))
        return _list(form), 422
    return render_template("console/operator_link.html", who=who, link=link)


@blueprint.get("/<operator_id>")
@gate.requires(Role.OWNER, HOUSE)
def show(operator_id: str) -> Answer:
    who = find(whole_number(operator_id))
    return render_template(
        "console/operator.html",
        who=who,
        roles=roles_by_operator().get(who.id, []),
        sessions=sessions_of(who.id, now()),
        passkeys=passkeys_of(who.id),
        form=_with_places(RoleForm()),
        is_me=who.id == _me(),
    )


@blueprint.post("/<operator_id>/role")
@gate.requires(Role.OWNER, HOUSE)
def give_role(operator_id: str) -> Answer:
    form, who = _with_places(RoleForm()), find(whole_number(operator_id))
    if not form.validate():
        problem = said("Choose a role, and where it holds.")
        raise InvalidInput(problem, field="role")
    service.give_role(who.id, Post(Role(form.role.data), form.newsletter.data or None), _me())
    tell(
        said(
            "%(name)s is %(role)s now. They have to log in again.", name=who.called, role=in_words(form.role.data)
        )
    )
    return _back(who.id)


@blueprint.post("/<operator_id>/role/take")
@gate.requires(Role.OWNER, HOUSE)
def take_role(operator_id: str) -> Answer:
    who = find(whole_number(operator_id))
    service.take_role(who.id, request.form.get("newsletter") or None, _me())
    tell(said("%(name)s has lost the role. They have to log in again.", name=who.called))
    return _back(who.id)


@blueprint.post("/<operator_id>/link")
@gate.requires(Role.OWNER, HOUSE)
def make_link(operator_id: str) -> Answer:
    who = find(whole_number(operator_id))
    return render_template("console/operator_link.html", who=who, link=service.renew_link(who.id, _me(), house()))


@blueprint.post("/<operator_id>/second-factor")
@gate.requires(Role.OWNER, HOUSE)
def reset_factor(operator_id: str) -> Answer:
    who = find(whole_number(operator_id))
    service.remove_factor(who.id, _me())
    tell(said("%(name)s has no second factor and no passkeys any more.", name=who.called))
    return _back(who.id)


@blueprint.post("/<operator_id>/sessions")
@gate.requires(Role.OWNER, HOUSE)
def end_sessions(operator_id: str) -> Answer:
    who = find(whole_number(operator_id))
    service.log_out_everywhere(who.id, _me())
    tell(said("%(name)s is logged out everywhere.", name=who.called))
    return _back(who.id)


@blueprint.post("/<operator_id>/remove")
@gate.requires(Role.OWNER, HOUSE)
def remove(operator_id: str) -> Answer:
    who = find(whole_number(operator_id))
    service.remove_operator(who.id, _me())
    tell(said("%(name)s comes in no more.", name=who.called))
    return redirect(url_for("console_operators.index"), 303)


def _list(form: OperatorForm) -> str:
    return render_template(
        "console/operators.html",
        operators=operators(),
        roles=roles_by_operator(),
        seen=seen_last(),
        form=form,
    )


def _with_places(form: Form) -> Form:
    form.newsletter.choices = places(newsletters())
    return form


def _me() -> int:
    return gate.operator().id


def _back(operator_id: int) -> Response:
    return redirect(url_for("console_operators.show", operator_id=operator_id), 303)
