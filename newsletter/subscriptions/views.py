"""The public pages: the newsletters, the form, and what the links in mails lead to.

No GET changes anything: programs that check mail for safety follow every link, and some fetch it five times.
"""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter.core.errors import InvalidAddress
from newsletter.newsletters.emails import page_url
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter, newsletters
from newsletter.subscriptions import service
from newsletter.subscriptions.forms import SignUpForm
from newsletter.subscriptions.service import Origin
from newsletter.web.csrf import by_token_only
from newsletter.web.current import house

SIGN_UP, CONFIRM, UNSUBSCRIBE = "Sign up", "Yes, subscribe me", "Unsubscribe"
"""The words on the buttons, as the templates have them and the consent ledger keeps them."""

Answer = str | Response | tuple[str, int]

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
def index() -> Answer:
    return render_template("pages/index.html", newsletters=[(each, _url(each)) for each in newsletters()])


@blueprint.get("/<slug>")
def page(slug: str) -> Answer:
    return _page(newsletter(slug), SignUpForm())


@blueprint.post("/<slug>/subscribe")
@by_token_only
def subscribe(slug: str) -> Answer:
    of, form = newsletter(slug), SignUpForm()
    if form.validate():
        try:
            service.sign_up(form.email.data or "", slug, _origin("form", SIGN_UP), house(), form.name.data or "")
        except InvalidAddress as problem:
            form.email.errors = [str(problem)]
        else:
            return redirect(url_for("public.check_your_inbox", slug=slug), 303)
    return _page(of, form), 422


@blueprint.get("/<slug>/check-your-inbox")
def check_your_inbox(slug: str) -> Answer:
    hours = int(house().settings.confirm_within.total_seconds() // 3600)
    return _about("pages/check_your_inbox.html", newsletter(slug), hours=hours)


@blueprint.get("/confirm/<token>")
def confirm(token: str) -> Answer:
    of = service.newsletter_to_confirm(token, house())
    return _about("pages/confirm.html", of, action_url=url_for("public.confirm", token=token))


@blueprint.post("/confirm/<token>")
@by_token_only
def confirmed(token: str) -> Answer:
    return _about("pages/confirmed.html", service.confirm(token, _origin("link", CONFIRM), house()))


@blueprint.get("/unsubscribe/<token>")
def unsubscribe(token: str) -> Answer:
    of = service.newsletter_to_leave(token, house())
    return _about("pages/unsubscribe.html", of, action_url=url_for("public.unsubscribe", token=token))


@blueprint.post("/unsubscribe/<token>")
@by_token_only
def unsubscribed(token: str) -> Answer:
    """RFC 8058 §3.1: no cookie, no redirect, no second step, whoever sends it."""
    method = "one-click" if request.form.get("List-Unsubscribe") == "One-Click" else "page"
    return _about("pages/unsubscribed.html", service.unsubscribe(token, _origin(method, UNSUBSCRIBE), house()))


def _page(of: Newsletter, form: SignUpForm) -> str:
    subscribe_url = url_for("public.subscribe", slug=of.slug)
    return _about("pages/newsletter.html", of, form=form, subscribe_url=subscribe_url)


def _about(template: str, of: Newsletter, **values: object) -> str:
    return render_template(template, newsletter=of, newsletter_url=_url(of), **values)


def _url(of: Newsletter) -> str:
    return page_url(of, house().settings.base_url)


def _origin(method: str, wording: str) -> Origin:
    return Origin(
        method=method,
        ip=request.remote_addr or "",
        user_agent=request.user_agent.string,
        page=request.referrer or "",
        wording=wording,
    )
