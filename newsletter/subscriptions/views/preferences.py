"""The preference centre: one page for all newsletters, by the link in each mail, or by a fresh one."""

from datetime import date

from flask import Blueprint, Response, current_app, render_template, request, url_for

from newsletter.core.addresses import masked, parse
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.models import Subscriber
from newsletter.subscriptions.policy import Cadence
from newsletter.subscriptions.service import erase_here, preferring
from newsletter.subscriptions.views import wordings
from newsletter.subscriptions.views.answers import Answer, trace
from newsletter.web.csrf import by_token_only
from newsletter.web.current import house

blueprint = Blueprint("preferences", __name__)


@blueprint.get("/preferences/<token>")
def preferences(token: str) -> Answer:
    return _page(preferring.find_person(token, house()), "preferences.preferences", token)


@blueprint.post("/preferences/<token>")
@by_token_only
def change(token: str) -> Answer:
    person = preferring.find_person(token, house())
    if person and request.form.get("do") == "link":
        preferring.send_fresh_link(person, house())
        return render_template("pages/link_sent.html")
    return _changed(person, "preferences.preferences", token)


@blueprint.get("/account/<token>")
def account(token: str) -> Answer:
    return _page(preferring.find_account(token, house()), "preferences.account", token)


@blueprint.post("/account/<token>")
@by_token_only
def change_account(token: str) -> Answer:
    person = preferring.find_account(token, house())
    if person and request.form.get("do") == "erase":
        erase_here(person, house().settings)
        return render_template("pages/erased.html")
    if person and request.form.get("do") == "join":
        slug = request.form.get("newsletter", "")
        told = wordings.join_one(newsletter(slug))
        preferring.join(person.id, slug, trace(preferring.METHOD, told.text))
        return _page(person, "preferences.account", token, notice="You are subscribed.")
    return _changed(person, "preferences.account", token)


@blueprint.get("/account/<token>/data.json")
def data(token: str) -> Answer:
    person = preferring.find_account(token, house())
    told = current_app.json.dumps(preferring.all_data(person) if person else {}, indent=2, default=str)
    return Response(
        told, mimetype="application/json", headers={"Content-Disposition": 'attachment; filename="my-data.json"'}
    )


@blueprint.get("/preferences")
def ask() -> Answer:
    return render_template("pages/ask_link.html", problem="", typed="")


@blueprint.post("/preferences")
@by_token_only
def asked() -> Answer:
    """The same answer whoever it is, because it would tell who is a subscriber."""
    typed = request.form.get("email", "")[:320]
    try:
        key = parse(typed).key(house().settings.pepper)
    except InvalidInput as problem:
        return render_template("pages/ask_link.html", problem=str(problem), typed=typed), 422
    preferring.send_fresh_link_to(key, house())
    return render_template("pages/link_sent.html")


def _changed(person: Subscriber | None, endpoint: str, token: str) -> Answer:
    """One change to one newsletter, and the page again with what came of it."""
    if person is None:
        return _page(None, endpoint, token)
    slug, wish = request.form.get("newsletter", ""), request.form.get("do", "")
    try:
        notice = _do(person.id, slug, wish)
    except (InvalidInput, NotFound) as problem:
        return _page(person, endpoint, token, problem=str(problem)), 422
    return _page(person, endpoint, token, notice=notice)


def _do(subscriber_id: int, slug: str, wish: str) -> str:
    if wish == "save":
        topics = request.form.get("topics", "").split(",")
        preferring.prefer(subscriber_id, slug, request.form.get("cadence", ""), topics)
        return "Saved."
    if wish == "pause":
        preferring.pause(subscriber_id, slug, _day(request.form.get("until", "")))
        return "Paused. It goes on by itself on that day."
    if wish == "resume":
        preferring.resume(subscriber_id, slug)
        return "It goes on."
    if wish == "leave":
        told = wordings.leave_one(newsletter(slug))
        preferring.leave(subscriber_id, slug, trace(preferring.METHOD, told.text))
        return "You are unsubscribed."
    problem = "Nothing was chosen. Please press one of the buttons."
    raise InvalidInput(problem)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        problem = "Please give a day, such as 2026-12-24."
        raise InvalidInput(problem, field="until") from error


def _page(person: Subscriber | None, endpoint: str, token: str, notice: str = "", problem: str = "") -> str:
    if person is None:
        return render_template("pages/nothing_kept.html")
    is_fresh = endpoint == "preferences.account"
    return render_template(
        "pages/preferences.html",
        address=person.address if is_fresh else masked(person.address),
        standings=preferring.standings(person.id),
        cadences=list(Cadence),
        leaving=wordings.leave_one,
        joining=wordings.join_one,
        is_fresh=is_fresh,
        action_url=url_for(endpoint, token=token),
        data_url=url_for("preferences.data", token=token) if is_fresh else "",
        notice=notice,
        problem=problem,
    )
