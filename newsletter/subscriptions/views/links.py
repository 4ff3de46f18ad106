"""What the links in mails lead to."""

from flask import Blueprint, Response, render_template, request, url_for

from newsletter.subscriptions import service
from newsletter.subscriptions.service import staying
from newsletter.subscriptions.service.preferring import token_beside
from newsletter.subscriptions.views import wordings
from newsletter.subscriptions.views.answers import AREA, Answer, about, speak_as, speak_to, trace
from newsletter.web.csrf import by_token_only
from newsletter.web.current import house
from newsletter.web.words import speak_by_browser

blueprint = Blueprint("links", __name__)


@blueprint.get("/confirm/<token>")
def confirm(token: str) -> Answer:
    newsletters = service.newsletters_to_confirm(token, house())
    speak_as(newsletters[0])
    action_url = url_for("links.confirm", token=token)
    told = wordings.confirm(newsletters, house().settings.privacy_notice)
    return about("pages/confirm.html", newsletters[0], told=told, action_url=action_url)


@blueprint.post("/confirm/<token>")
@by_token_only
def confirmed(token: str) -> Answer:
    asked = service.newsletters_to_confirm(token, house())
    speak_as(asked[0])
    told = wordings.confirm(asked, house().settings.privacy_notice)
    newsletters = service.confirm(token, trace("link", told.text), house())
    return about("pages/confirmed.html", newsletters[0], newsletters=newsletters)


@blueprint.get("/unsubscribe/<token>")
def unsubscribe(token: str) -> Answer:
    of = speak_as(service.newsletter_to_leave(token, house()))
    less_url = url_for("preferences.preferences", token=token_beside(token, house()))
    action_url = url_for("links.unsubscribe", token=token)
    told = wordings.leave(of)
    return about("pages/unsubscribe.html", of, told=told, action_url=action_url, less_url=less_url)


@blueprint.post("/unsubscribe/<token>")
@by_token_only
def unsubscribed(token: str) -> Answer:
    """RFC 8058 §3.1: no cookie, no redirect, no second step, whoever sends it."""
    if request.form.get("List-Unsubscribe") == "One-Click":
        service.unsubscribe_by_click(token, trace("one-click", wordings.NOTHING), house())
        # A mail provider asks, for whoever pressed its button; nobody would see a page.
        return Response("You are unsubscribed.\n", mimetype="text/plain")
    origin = trace("page", wordings.leave(speak_as(service.newsletter_to_leave(token, house()))).text)
    left = service.unsubscribe(token, origin, house())
    return about("pages/unsubscribed.html", left, manage_url=url_for("preferences.ask"))


@blueprint.get("/never/<token>")
def never(token: str) -> Answer:
    speak_to(service.find_never(token, house()))
    action_url = url_for("links.never", token=token)
    return render_template("pages/never.html", told=wordings.never_write(), action_url=action_url)


@blueprint.post("/never/<token>")
@by_token_only
def never_again(token: str) -> Answer:
    speak_to(service.find_never(token, house()))
    service.never_write(token, trace("link", wordings.never_write().text), house())
    return render_template("pages/never_again.html")


@blueprint.get("/still/<token>")
def still(token: str) -> Answer:
    newsletters = staying.newsletters_to_keep(token, house())
    if not newsletters:
        speak_by_browser(AREA)
        return render_template("pages/stayed.html", newsletters=())
    speak_as(newsletters[0])
    action_url = url_for("links.still", token=token)
    told = wordings.stay(newsletters)
    return about("pages/still_there.html", newsletters[0], told=told, action_url=action_url)


@blueprint.post("/still/<token>")
@by_token_only
def stayed(token: str) -> Answer:
    newsletters = staying.newsletters_to_keep(token, house())
    if newsletters:
        speak_as(newsletters[0])
    else:
        speak_by_browser(AREA)
    told = wordings.stay(newsletters).text if newsletters else wordings.NOTHING
    return render_template(
        "pages/stayed.html", newsletters=staying.stay(token, trace(staying.METHOD, told), house())
    )
