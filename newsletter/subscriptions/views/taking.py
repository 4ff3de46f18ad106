"""What becomes of a form that was sent in, whichever it was, and how a script is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, get_template_attribute, jsonify, render_template, request

from newsletter.core.errors import InvalidInput
from newsletter.core.words import said
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions import service
from newsletter.subscriptions.forms import SignUpForm
from newsletter.subscriptions.policy import FollowKind
from newsletter.subscriptions.policy.budgets import Trust
from newsletter.subscriptions.queries import followables
from newsletter.subscriptions.views import wordings
from newsletter.subscriptions.views.answers import origin
from newsletter.web.current import house
from newsletter.web.words import translated


@dataclass(frozen=True)
class Taken:
    """Noted, or to be asked about first (`suggestion`), or neither, and then the form says what is wrong."""

    is_noted: bool = False
    suggestion: str = ""


def form_sent_in() -> SignUpForm:
    """The request's form and nothing else: Flask-WTF would also take any JSON, whose values are no texts."""
    return SignUpForm(request.form)


def take(form: SignUpForm, of: Newsletter, which: str) -> Taken:
    """Note the sign-up; `which` form it was is for the counts. Raises NotFound for a further newsletter."""
    if not form.validate():
        return Taken()
    try:
        trust = form.trust(house())
        told = wordings.NOTHING if trust is Trust.UNSIGNED else _told(form, of, which)
        seen_on = form.proven(origin("form", told, which, trust), of.slug, house())
        wish, suggestion = form.wish(), form.find_suggestion()
        if suggestion:
            return Taken(suggestion=suggestion)
        service.sign_up(form.address(), [of.slug, *form.newsletters.data], seen_on, house(), wish)
    except InvalidInput as problem:
        form.note(problem)
        return Taken()
    return Taken(is_noted=True)


def followed(form: SignUpForm, of: Newsletter) -> Sequence[str]:
    """What the form follows, as far as the newsletter has it: what else was sent in, no page of ours has shown."""
    chosen = {(kind, value) for kind in FollowKind for value in form[f"{kind}s"].data}
    return [each.value for each in followables(of.id) if (each.kind, each.value) in chosen] if chosen else ()


def _told(form: SignUpForm, of: Newsletter, which: str) -> str:
    return wordings.of_form(which, of, followed(form, of), house().settings.privacy_notice)


def hours_to_confirm() -> int:
    return int(house().settings.confirm_within.total_seconds() // 3600)


def told_as_json(taken: Taken, form: SignUpForm, of: Newsletter) -> Response:
    """What the pages say, for a script to show where the form stands."""
    response = _asked(of) if taken.is_noted else _doubted(taken) if taken.suggestion else _wrong(form)
    response.headers["Cache-Control"] = "no-store"
    return response


def _asked(of: Newsletter) -> Response:
    within = get_template_attribute("pages/_parts.html", "span")(hours_to_confirm())
    text = render_template("embed/asked.txt", newsletter=of, within=str(within))
    response = jsonify(answer="check-your-inbox", title=translated(said("Check your inbox")), text=text.strip())
    response.status_code = 202
    return response


def _doubted(taken: Taken) -> Response:
    title = translated(said("Did you mean %(address)s?", address=taken.suggestion))
    text = translated(said("Your confirmation goes to this address. Nothing has been sent yet."))
    return jsonify(answer="did-you-mean", title=title, text=text, suggestion=taken.suggestion)


def _wrong(form: SignUpForm) -> Response:
    """Problem details (RFC 9457)."""
    errors = [{"field": "form", "detail": translated(problem)} for problem in form.form_errors]
    errors += [{"field": field.name, "detail": translated(field.errors[0])} for field in form if field.errors]
    title = translated(said("Something needs another look"))
    response = jsonify(type="about:blank", title=title, status=422, errors=errors)
    response.status_code = 422
    response.content_type = "application/problem+json"
    return response
