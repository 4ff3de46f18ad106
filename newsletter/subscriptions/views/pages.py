"""The newsletters, and the form with which to sign up."""

from flask import Blueprint, redirect, render_template, url_for

from newsletter.core.errors import InvalidInput
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter, newsletters
from newsletter.subscriptions import service
from newsletter.subscriptions.forms import SignUpForm
from newsletter.subscriptions.policy.budgets import Trust
from newsletter.subscriptions.service import Origin
from newsletter.subscriptions.service.guarding import stamp
from newsletter.subscriptions.views import wordings
from newsletter.subscriptions.views.answers import Answer, about, origin, url_of
from newsletter.web.csrf import by_token_only
from newsletter.web.current import house

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
def index() -> Answer:
    return render_template("pages/index.html", newsletters=[(each, url_of(each)) for each in newsletters()])


@blueprint.get("/<slug>")
def page(slug: str) -> Answer:
    return _page(newsletter(slug), SignUpForm())


@blueprint.post("/<slug>/subscribe")
@by_token_only
def subscribe(slug: str) -> Answer:
    of, form = newsletter(slug), SignUpForm()
    if form.validate():
        try:
            slugs, seen_on = [slug, *form.newsletters.data], _seen_on(of, form.trust(house()))
            wish, suggestion = form.wish(), form.find_suggestion()
            if suggestion:
                return _ask_which(of, form, suggestion)
            service.sign_up(form.address(), slugs, seen_on, house(), wish)
        except InvalidInput as problem:
            form.note(problem)
        else:
            return redirect(url_for("public.check_your_inbox", slug=slug), 303)
    return _page(of, form), 422


@blueprint.get("/<slug>/check-your-inbox")
def check_your_inbox(slug: str) -> Answer:
    hours = int(house().settings.confirm_within.total_seconds() // 3600)
    return about("pages/check_your_inbox.html", newsletter(slug), hours=hours)


def _seen_on(of: Newsletter, trust: Trust) -> Origin:
    told = wordings.NOTHING if trust is Trust.UNSIGNED else wordings.sign_up(of).text
    return origin("form", told, "page", trust)


def _ask_which(of: Newsletter, form: SignUpForm, suggestion: str) -> str:
    # The stamp goes through as it came: a new one would take whoever decides at once for a machine.
    subscribe_url = url_for("public.subscribe", slug=of.slug)
    return about("pages/did_you_mean.html", of, form=form, subscribe_url=subscribe_url, suggestion=suggestion)


def _page(of: Newsletter, form: SignUpForm) -> str:
    subscribe_url = url_for("public.subscribe", slug=of.slug)
    told = wordings.sign_up(of)
    return about(
        "pages/newsletter.html", of, form=form, told=told, subscribe_url=subscribe_url, stamp=stamp(house())
    )
