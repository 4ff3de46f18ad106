"""Coming in and going out."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, session, url_for

from newsletter.console import gate
from newsletter.console.forms import CodeForm, LoginForm, PasskeyForm, WelcomeForm
from newsletter.console.gate import Answer
from newsletter.core.errors import Conflict, InvalidInput, NotFound, SourceError, TooManyTries
from newsletter.core.words import said
from newsletter.operators.queries import Visit, has_passkeys
from newsletter.operators.service import (
    Answered,
    Entered,
    Returned,
    ask_provider,
    ask_to_enter,
    end,
    enter_by_link,
    enter_by_passkey,
    enter_by_provider,
    log_in,
    opened_by,
    pass_factor,
)
from newsletter.web import csrf
from newsletter.web.current import house, settings

blueprint = Blueprint("console_door", __name__, url_prefix="/console")

ASKED = "asked"
"""Under what name the session keeps a challenge that waits for its answer."""

SENT = "sent"
"""The same, for whoever was sent to the provider."""

SILENT = said("Your provider cannot be asked at the moment. Try again later, or use your password.")


@blueprint.get("/login")
@gate.open_to_all
def login() -> Answer:
    wished = gate.own_path(request.args.get("next", ""))
    if gate.find():
        return redirect(wished, 303)
    return _login(wished)


@blueprint.post("/login")
@gate.open_to_all
def enter() -> Answer:
    form = LoginForm()
    if not form.validate():
        return _door(form), 422
    try:
        entered = log_in(form.email.data or "", form.password.data or "", gate.browser(), house())
    except InvalidInput as problem:
        form.note(problem)
        return _door(form), 422
    except TooManyTries as problem:
        form.form_errors.append(str(problem))
        return _door(form), 429
    return _further(entered, form.next.data or "")


@blueprint.get("/login/passkey")
@gate.open_to_all
def ask_passkey() -> Answer:
    asked = ask_to_enter(house())
    session[ASKED] = asked.token
    return Response(asked.options, mimetype="application/json")


@blueprint.post("/login/passkey")
@gate.open_to_all
def take_passkey() -> Answer:
    form = PasskeyForm()
    given = Answered(session.pop(ASKED, ""), form.answer.data or "")
    try:
        entered = enter_by_passkey(given, gate.browser(), house())
    except (InvalidInput, Conflict) as problem:
        return _login(form.next.data or "", str(problem)), 422
    except TooManyTries as problem:
        return _login(form.next.data or "", str(problem)), 429
    return _further(entered, form.next.data or "")


@blueprint.get("/login/provider")
@gate.open_to_all
def ask_the_provider() -> Answer:
    _want_provider()
    wished = gate.own_path(request.args.get("next", ""))
    try:
        sent = ask_provider(wished, house())
    except SourceError:
        return _login(wished, SILENT), 502
    session[SENT] = sent.token
    return redirect(sent.url, 303)


@blueprint.get("/login/provider/back")
@gate.open_to_all
def come_back() -> Answer:
    _want_provider()
    args = request.args
    returned = Returned(
        session.pop(SENT, ""), args.get("state", ""), args.get("code", ""), issuer=args.get("iss", "")
    )
    try:
        entered, wished = enter_by_provider(returned, gate.browser(), house())
    except InvalidInput as problem:
        return _login("", str(problem)), 422
    except TooManyTries as problem:
        return _login("", str(problem)), 429
    except SourceError:
        return _login("", SILENT), 502
    return _further(entered, wished)


@blueprint.get("/login/code")
@gate.open_to_all
def code() -> Answer:
    waiting = gate.waiting()
    if waiting is None:
        return redirect(url_for("console_door.login"), 303)
    return _code(CodeForm(next=gate.own_path(request.args.get("next", ""))), waiting)


@blueprint.post("/login/code")
@gate.open_to_all
def prove() -> Answer:
    form, waiting = CodeForm(), gate.waiting()
    if waiting is None:
        return redirect(url_for("console_door.login"), 303)
    if not form.validate():
        return _code(form, waiting), 422
    try:
        entered = pass_factor(waiting, form.code.data or "", gate.browser(), house())
    except InvalidInput as problem:
        form.note(problem)
        return _code(form, waiting), 422
    except TooManyTries as problem:
        form.form_errors.append(str(problem))
        return _code(form, waiting), 429
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


def _want_provider() -> None:
    """Raises NotFound where no provider is set."""
    if not settings().oidc_issuer:
        raise NotFound(kind="page", name=request.path)


def _login(wished: str, problem: str = "") -> str:
    """The login page; for "" nothing has gone wrong."""
    form = LoginForm(formdata=None, next=gate.own_path(wished))
    if problem:
        form.form_errors.append(problem)
    return _door(form)


def _door(form: LoginForm) -> str:
    return render_template(
        "console/login.html",
        form=form,
        passkey=PasskeyForm(formdata=None, next=form.next.data),
        has_passkeys=has_passkeys(),
        provider=settings().oidc_name or urlsplit(settings().oidc_issuer).hostname,
    )


def _code(form: CodeForm, waiting: Visit) -> str:
    return render_template(
        "console/code.html",
        form=form,
        has_codes=bool(waiting.operator.factor),
        passkey=PasskeyForm(formdata=None, next=form.next.data),
        has_passkeys=has_passkeys(waiting.operator.id),
    )


def _further(entered: Entered, wished: str) -> Answer:
    """On to the second factor, or to the page that was wished for; nothing of the session before stays."""
    csrf.renew()
    path = gate.own_path(wished)
    return gate.let_in(entered, url_for("console_door.code", next=path) if entered.needs_factor else path)
