"""One's own passkeys: which there are, another one, and one less."""

from flask import Blueprint, render_template, session, url_for

from newsletter.console import gate
from newsletter.console.forms import AgainForm, ConsoleForm, MadePasskeyForm, NewPasskeyForm
from newsletter.console.gate import Answer
from newsletter.console.speaking import tell
from newsletter.core.errors import Conflict, InvalidInput, TooManyTries
from newsletter.core.words import said
from newsletter.operators import service
from newsletter.operators.models import Passkey
from newsletter.operators.policy import relying_party
from newsletter.operators.queries import passkey, passkeys_of
from newsletter.operators.service import Answered
from newsletter.web import csrf
from newsletter.web.current import house, settings
from newsletter.web.numbers import whole_number

blueprint = Blueprint("console_passkeys", __name__, url_prefix="/console/account/passkeys")

ASKED = "new passkey"
"""Under what name the session keeps a challenge that waits for its answer."""


@blueprint.get("")
@gate.requires_login
def index() -> Answer:
    return _index(NewPasskeyForm())


@blueprint.post("")
@gate.requires_login
def ask() -> Answer:
    form = NewPasskeyForm()
    if not form.validate():
        return _index(form), 422
    try:
        asked = service.ask_to_add(gate.here(), form.old.data or "", gate.browser(), house())
    except InvalidInput as problem:
        form.note(problem)
        return _index(form), 422
    except TooManyTries as problem:
        form.form_errors.append(str(problem))
        return _index(form), 429
    session[ASKED] = asked.token
    made = MadePasskeyForm(formdata=None, name=form.name.data)
    return render_template("console/passkey_add.html", form=made, options=asked.options)


@blueprint.post("/add")
@gate.requires_login
def add() -> Answer:
    form = MadePasskeyForm()
    given = Answered(session.pop(ASKED, ""), form.answer.data or "")
    try:
        entered = service.add_passkey(gate.here(), given, form.name.data or "", gate.browser(), house())
    except (InvalidInput, Conflict) as problem:
        again = NewPasskeyForm(formdata=None, name=form.name.data)
        again.form_errors.append(str(problem))
        return _index(again), 422
    csrf.renew()
    tell(said("The passkey is added. You are logged out everywhere else."))
    return gate.let_in(entered, url_for("console_passkeys.index"))


@blueprint.get("/<passkey_id>/remove")
@gate.requires_login
def ask_remove(passkey_id: str) -> Answer:
    return _ask_remove(AgainForm(), _own(passkey_id))


@blueprint.post("/<passkey_id>/remove")
@gate.requires_login
def remove(passkey_id: str) -> Answer:
    form, gone = AgainForm(), _own(passkey_id)
    if not form.validate():
        return _ask_remove(form, gone), 422
    try:
        entered = service.remove_passkey(gate.here(), gone.id, form.old.data or "", gate.browser(), house())
    except InvalidInput as problem:
        form.note(problem)
        return _ask_remove(form, gone), 422
    except TooManyTries as problem:
        form.form_errors.append(str(problem))
        return _ask_remove(form, gone), 429
    csrf.renew()
    tell(said("The passkey is removed. You are logged out everywhere else."))
    return gate.let_in(entered, url_for("console_passkeys.index"))


def _index(form: ConsoleForm) -> str:
    return render_template(
        "console/passkeys.html",
        form=form,
        passkeys=passkeys_of(gate.operator().id),
        are_possible=relying_party(settings().base_url) is not None,
    )


def _ask_remove(form: ConsoleForm, gone: Passkey) -> str:
    return render_template("console/passkey_remove.html", form=form, passkey=gone)


def _own(passkey_id: str) -> Passkey:
    return passkey(gate.operator().id, whole_number(passkey_id))
