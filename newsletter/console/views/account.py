"""One's own account: password, second factor, recovery codes, and where one is logged in."""

from base64 import b64encode
from io import BytesIO

import segno
from flask import Blueprint, make_response, redirect, render_template, url_for

from newsletter.console import gate
from newsletter.console.forms import AgainForm, ConsoleForm, FactorForm, LanguageForm, PasswordForm
from newsletter.console.gate import Answer
from newsletter.console.speaking import tell
from newsletter.core.clock import now
from newsletter.core.errors import InvalidInput, TooManyTries
from newsletter.core.words import said
from newsletter.operators import service
from newsletter.operators.policy import Role
from newsletter.operators.queries import codes_left, has_second_step, passkeys_of, sessions_of
from newsletter.operators.service import Setup
from newsletter.web import csrf
from newsletter.web.current import house, settings

blueprint = Blueprint("console_account", __name__, url_prefix="/console/account")

ISSUER = "Newsletters"
"""How an app for codes calls this console, before the host."""


@blueprint.get("")
@gate.requires_login
def account() -> Answer:
    return _account(PasswordForm())


@blueprint.post("/password")
@gate.requires_login
def password() -> Answer:
    form = PasswordForm()
    if not form.validate():
        return _account(form), 422
    try:
        entered = service.change_password(
            gate.here(), form.old.data or "", form.password.data or "", gate.browser(), house()
        )
    except InvalidInput as problem:
        form.note(problem)
        return _account(form), 422
    except TooManyTries as problem:
        form.form_errors.append(str(problem))
        return _account(form), 429
    csrf.renew()
    tell(said("Your password is changed. You are logged out everywhere else."))
    return gate.let_in(entered, url_for("console_account.account"))


@blueprint.post("/language")
@gate.requires_login
def language() -> Answer:
    form = LanguageForm()
    try:
        service.choose_language(gate.operator().id, form.language.data or "")
    except InvalidInput as problem:
        form.note(problem)
        return _account(PasswordForm(formdata=None), form), 422
    return redirect(url_for("console_account.account"), 303)


@blueprint.get("/second-factor")
@gate.requires_login
def second_factor() -> Answer:
    setup = service.propose(gate.operator(), _issuer(), house())
    return _factor(FactorForm(setup=setup.token), setup)


@blueprint.post("/second-factor")
@gate.requires_login
def add_factor() -> Answer:
    form = FactorForm()
    setup = service.proposed(gate.operator(), form.setup.data or "", _issuer(), house())
    if not form.validate():
        return _factor(form, setup), 422
    try:
        service.prove_again(gate.here(), form.old.data or "", gate.browser(), house())
        entered, codes = service.add_factor(gate.operator(), setup, form.code.data or "", gate.browser(), house())
    except InvalidInput as problem:
        form.note(problem)
        return _factor(form, setup), 422
    except TooManyTries as problem:
        form.form_errors.append(str(problem))
        return _factor(form, setup), 429
    csrf.renew()
    return gate.hand_key(make_response(render_template("console/codes.html", codes=codes)), entered)


@blueprint.get("/codes")
@gate.requires_login
def ask_codes() -> Answer:
    return render_template("console/ask_codes.html", form=AgainForm())


@blueprint.post("/codes")
@gate.requires_login
def codes() -> Answer:
    form = AgainForm()
    try:
        service.prove_again(gate.here(), form.old.data or "", gate.browser(), house())
    except InvalidInput as problem:
        form.note(problem)
        return render_template("console/ask_codes.html", form=form), 422
    except TooManyTries as problem:
        form.form_errors.append(str(problem))
        return render_template("console/ask_codes.html", form=form), 429
    return render_template("console/codes.html", codes=service.renew_codes(gate.operator().id, house()))


@blueprint.post("/sessions")
@gate.requires_login
def end_sessions() -> Answer:
    service.log_out_everywhere(gate.operator().id, gate.operator().id)
    csrf.renew()
    return gate.let_out()


def _account(form: PasswordForm, speaking: LanguageForm | None = None) -> str:
    """With no form of a language, the one of how it is now."""
    who = gate.here()
    return render_template(
        "console/account.html",
        form=form,
        speaking=speaking or LanguageForm(formdata=None, language=who.operator.language),
        powers=who.powers,
        sessions=sessions_of(who.operator.id, now()),
        this=who.session.id,
        codes_left=codes_left(who.operator.id),
        passkeys=passkeys_of(who.operator.id),
        is_urged=who.powers.may_somewhere(Role.PUBLISHER)
        and not has_second_step(who.operator, settings().second_factor),
    )


def _factor(form: ConsoleForm, setup: Setup) -> str:
    return render_template(
        "console/second_factor.html",
        form=form,
        secret=" ".join(setup.secret[at : at + 4] for at in range(0, len(setup.secret), 4)),
        picture=_picture(setup.url),
    )


def _picture(url: str) -> str:
    """The square that an app scans, as a data URL of an SVG: dark on light in every colour scheme."""
    drawn = BytesIO()
    segno.make(url, error="m").save(drawn, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False)
    return f"data:image/svg+xml;base64,{b64encode(drawn.getvalue()).decode()}"


def _issuer() -> str:
    return f"{ISSUER} {settings().base_url.partition('//')[2]}"
