"""The preference centre by the link in each mail: one page for all newsletters, and what harms nobody."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from flask import Blueprint, render_template, request, url_for

from newsletter.core.addresses import masked
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.policy import Cadence, FollowKind
from newsletter.subscriptions.service import linking, preferring
from newsletter.subscriptions.service.preferring import Opened
from newsletter.subscriptions.views import wordings
from newsletter.subscriptions.views.answers import Answer, origin, trace
from newsletter.web.csrf import by_token_only
from newsletter.web.current import house

LINK = "Mail me a fresh link"
"""The words on the button, as the templates have them and the ledger keeps them."""

blueprint = Blueprint("preferences", __name__)


@blueprint.get("/preferences/<token>")
def preferences(token: str) -> Answer:
    opened = preferring.find_person(token, house())
    return _page(opened, token) if opened else nothing_kept()


@blueprint.post("/preferences/<token>")
@by_token_only
def change(token: str) -> Answer:
    opened = preferring.find_person(token, house())
    if opened is None:
        return nothing_kept()
    if request.form.get("do") == "link":
        linking.ask_link(opened.person.address, origin(linking.LINK, LINK), house())
        return render_template("pages/link_sent.html")
    return tried(lambda: done(opened), lambda **told: _page(opened, token, **told))


@blueprint.get("/preferences")
def ask() -> Answer:
    return render_template("pages/ask_link.html", problem="", typed="")


@blueprint.post("/preferences")
@by_token_only
def asked() -> Answer:
    """The same answer whoever it is, because it would tell who is a subscriber."""
    typed = request.form.get("email", "")[:320]
    try:
        linking.ask_link(typed, origin(linking.LINK, LINK), house())
    except InvalidInput as problem:
        return render_template("pages/ask_link.html", problem=str(problem), typed=typed), 422
    return render_template("pages/link_sent.html")


def tried(act: Callable[[], str], page: Callable[..., str]) -> Answer:
    """The page again, with what came of it."""
    try:
        notice = act()
    except (InvalidInput, NotFound) as problem:
        return page(problem=str(problem)), 422
    return page(notice=notice)


def done(opened: Opened) -> str:
    """One change to one newsletter; what to say of it. Raises InvalidInput, NotFound."""
    wish, whose = request.form.get("do", ""), opened.subscription_to(request.form.get("newsletter", ""))
    if wish == "save":
        preferring.prefer(whose, request.form.get("cadence", ""), _choice())
        return "Saved."
    if wish == "pause":
        preferring.pause(whose, _day(request.form.get("until", "")))
        return "Paused. It goes on by itself on that day."
    if wish == "resume":
        preferring.resume(whose)
        return "It goes on."
    if wish == "leave":
        told = wordings.leave_one(newsletter(request.form.get("newsletter", "")))
        preferring.leave(whose, trace(preferring.METHOD, told.text))
        return "You are unsubscribed."
    problem = "Nothing was chosen. Please press one of the buttons."
    raise InvalidInput(problem)


def nothing_kept() -> str:
    return render_template("pages/nothing_kept.html")


def _choice() -> Mapping[FollowKind, Sequence[str]]:
    """What is to be followed; who ticks none of the authors or sources sends an empty one."""
    choice: dict[FollowKind, Sequence[str]] = {FollowKind.TOPIC: request.form.get("topics", "").split(",")}
    for kind in (FollowKind.AUTHOR, FollowKind.SOURCE):
        if f"{kind}s" in request.form:
            choice[kind] = request.form.getlist(f"{kind}s")
    return choice


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        problem = "Please give a day, such as 2026-12-24."
        raise InvalidInput(problem, field="until") from error


def _page(opened: Opened, token: str, notice: str = "", problem: str = "") -> str:
    return render_template(
        "pages/preferences.html",
        address=masked(opened.person.address),
        standings=preferring.standings(opened),
        cadences=list(Cadence),
        leaving=wordings.leave_one,
        joining=wordings.join_one,
        is_fresh=False,
        is_narrow=opened.newsletter_id is not None,
        action_url=url_for("preferences.change", token=token),
        notice=notice,
        problem=problem,
    )
