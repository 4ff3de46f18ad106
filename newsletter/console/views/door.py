"""Coming in and going out."""

from flask import Blueprint, redirect, render_template, request, url_for

from newsletter.console import gate
from newsletter.console.forms import CodeForm, LoginForm, WelcomeForm
from newsletter.console.gate import Answer
from newsletter.core.errors import InvalidInput, TooManyTries
from newsletter.operators.service import Entered, end, enter_by_link, log_in, opened_by, pass_factor
from newsletter.web import csrf
from newsletter.web.current import house

blueprint = Blueprint("console_door", __name__, url_prefix="/console")


@blueprint.get("/login")
@gate.open_to_all
def login() -> Answer:
    wished = gate.own_path(request.args.get("next", ""))
    if gate.find():
        return redirect(wished, 303)
    return render_template("console/login.html", form=LoginForm(next=wished))


@blueprint.post("/login")
@gate.open_to_all
def enter() -> Answer:
    form = LoginForm()
    if not form.validate():
        return render_template("console/login.html", form=form), 422
    try:
        entered = log_in(form.email.data or "", form.password.data or "", gate.browser(), house())
    except InvalidInput as problem:
        form.note(problem)
        return render_template("console/login.html", form=form), 422
    except TooManyTries as problem:
        form.form_errors.append(str(problem))
        return render_template("console/login.html", form=form), 429
    return _further(entered, form.next.data or "")


@blueprint.get("/login/code")
@gate.open_to_all
def code() -> Answer:
    if gate.waiting() is None:
        return redirect(url_for("console_door.login"), 303)
    return render_template("console/code.html", form=CodeForm(next=gate.own_path(request.args.get("next", ""))))


@blueprint.post("/login/code")
@gate.open_to_all
def prove() -> Answer:
    form, waiting = CodeForm(), gate.waiting()
    if waiting is None:
        return redirect(url_for("console_door.login"), 303)
    if not form.validate():
        return render_template("console/code.html", form=form), 422
    try:
        entered = pass_factor(waiting, form.code.data or "", gate.browser(), house())
    except InvalidInput as problem:
        form.note(problem)
        return render_template("console/code.html", form=form), 422
    except TooManyTries as problem:
        form.form_errors.append(str(problem))
        return render_template("console/code.html", form=form), 429
    return _further(entered, form.next.data or "")


@blueprint.get("/welcome/<token>")
@gate.open_to_all
def welcome(token: str) -> Answer:
    return render_template("console/welcome.html", form=WelcomeForm(), operator=opened_by(token, house()))


@blueprint.post("/welcome/<token>")
@gate.open_to_all
def choose(token: str) -> Answer:
    form, who = WelcomeForm(), opened_by(token, house())
    if not form.validate():
        return render_template("console/welcome.html", form=form, operator=who), 422
    try:
        entered = enter_by_link(token, form.password.data or "", gate.browser(), house())
    except InvalidInput as problem:
        form.note(problem)
        return render_template("console/welcome.html", form=form, operator=who), 422
    return _further(entered, "")


@blueprint.post("/logout")
@gate.open_to_all
def leave() -> Answer:
    seen = gate.waiting()
    if seen:
        end(seen.session.id)
    csrf.renew()
    return gate.let_out()


def _further(entered: Entered, wished: str) -> Answer:
    """On to the second factor, or to the page that was wished for; nothing of the session before stays."""
    csrf.renew()
    path = gate.own_path(wished)
    return gate.let_in(entered, url_for("console_door.code", next=path) if entered.needs_factor else path)
