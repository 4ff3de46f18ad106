"""What the links in mails lead to."""

from flask import Blueprint, render_template, request, url_for

from newsletter.subscriptions import service
from newsletter.subscriptions.service.preferring import token_beside
from newsletter.subscriptions.views.answers import Answer, about, trace
from newsletter.web.csrf import by_token_only
from newsletter.web.current import house

CONFIRM, UNSUBSCRIBE, NEVER = "Yes, subscribe me", "Unsubscribe", "Never write to me"
"""The words on the buttons, as the templates have them and the consent ledger keeps them."""

blueprint = Blueprint("links", __name__)


@blueprint.get("/confirm/<token>")
def confirm(token: str) -> Answer:
    newsletters = service.newsletters_to_confirm(token, house())
    action_url = url_for("links.confirm", token=token)
    return about("pages/confirm.html", newsletters[0], newsletters=newsletters, action_url=action_url)


@blueprint.post("/confirm/<token>")
@by_token_only
def confirmed(token: str) -> Answer:
    newsletters = service.confirm(token, trace("link", CONFIRM), house())
    return about("pages/confirmed.html", newsletters[0], newsletters=newsletters)


@blueprint.get("/unsubscribe/<token>")
def unsubscribe(token: str) -> Answer:
    of = service.newsletter_to_leave(token, house())
    less_url = url_for("preferences.preferences", token=token_beside(token, house()))
    action_url = url_for("links.unsubscribe", token=token)
    return about("pages/unsubscribe.html", of, action_url=action_url, less_url=less_url)


@blueprint.post("/unsubscribe/<token>")
@by_token_only
def unsubscribed(token: str) -> Answer:
    """RFC 8058 §3.1: no cookie, no redirect, no second step, whoever sends it."""
    method = "one-click" if request.form.get("List-Unsubscribe") == "One-Click" else "page"
    left = service.unsubscribe(token, trace(method, UNSUBSCRIBE), house())
    return about("pages/unsubscribed.html", left, manage_url=url_for("preferences.ask"))


@blueprint.get("/never/<token>")
def never(token: str) -> Answer:
    service.check_never(token, house())
    return render_template("pages/never.html", action_url=url_for("links.never", token=token))


@blueprint.post("/never/<token>")
@by_token_only
def never_again(token: str) -> Answer:
    service.never_write(token, trace("link", NEVER), house())
    return render_template("pages/never_again.html")
