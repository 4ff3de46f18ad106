"""The preference centre by the link in each mail: one page for all newsletters, and what harms nobody."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from flask import Blueprint, render_template, request, url_for

from newsletter.core.addresses import masked
from newsletter.core.db import db
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.core.words import Said, said
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.policy import Cadence, FollowKind
from newsletter.subscriptions.service import linking, preferring
from newsletter.subscriptions.service.preferring import Opened
from newsletter.subscriptions.views import wordings
from newsletter.subscriptions.views.answers import AREA, Answer, origin, speak_to, trace
from newsletter.web.csrf import by_token_only
from newsletter.web.current import house
from newsletter.web.words import marked, speak_by_browser

LINK, ASK = said("Mail me a fresh link"), said("Mail me the link")
"""The words on the buttons, as the templates have them and what is noted keeps them."""

_COMMA = re.compile("[,،]")
"""Also as it is typed in Arabic."""

blueprint = Blueprint("preferences", __name__)


@blueprint.get("/preferences/<token>")
def preferences(token: str) -> Answer:
    opened = preferring.find_person(token, house())
    speak_to_who_opened(opened)
    return _page(opened, token) if opened else nothing_kept()


@blueprint.post("/preferences/<token>")
@by_token_only
def change(token: str) -> Answer:
    opened = preferring.find_person(token, house())
    speak_to_who_opened(opened)
    if opened is None:
        return nothing_kept()
    if request.form.get("do") == "link":
        linking.ask_link(opened.person.address, origin(linking.LINK, str(marked(LINK))), house())
        return render_template("pages/link_sent.html")
    return tried(lambda: done(opened), lambda **told: _page(opened, token, **told))


@blueprint.get("/preferences")
def ask() -> Answer:
    speak_by_browser(AREA)
    return render_template("pages/ask_link.html", problem="", typed="")


@blueprint.post("/preferences")
@by_token_only
def asked() -> Answer:
    """The same answer whoever it is, because it would tell who is a subscriber."""
    speak_by_browser(AREA)
    typed = request.form.get("email", "")[:320]
    try:
        linking.ask_link(typed, origin(linking.LINK, str(marked(ASK))), house())
    except InvalidInput as problem:
        return render_template("pages/ask_link.html", problem=str(problem), typed=typed), 422
    return render_template("pages/link_sent.html")


def speak_to_who_opened(opened: Opened | None) -> None:
    """Theirs, or that of the newsletter which alone their link is about."""
    about = db.session.get(Newsletter, opened.newsletter_id) if opened and opened.newsletter_id else None
    speak_to(opened.person if opened else None, about)


def tried(act: Callable[[], Said], page: Callable[..., str]) -> Answer:
    """The page again, with what came of it."""
    try:
        notice = act()
    except InvalidInput as problem:
        return page(problem=str(problem)), 422
    except NotFound:
        return page(problem=said("There is no such newsletter on this page.")), 422
    return page(notice=notice)


def done(opened: Opened) -> Said:
    """One change to one newsletter; what to say of it. Raises InvalidInput, NotFound."""
    wish, whose = request.form.get("do", ""), opened.subscription_to(request.form.get("newsletter", ""))
    if wish == "save":
        preferring.prefer(whose, request.form.get("cadence", ""), _choice())
        return said("Saved.")
    if wish == "pause":
        preferring.pause(whose, _day(request.form.get("until", "")))
        return said("Paused. It goes on by itself on that day.")
    if wish == "resume":
        preferring.resume(whose)
        return said("It goes on.")
    if wish == "leave":
        told = wordings.leave_one(newsletter(request.form.get("newsletter", "")))
        preferring.leave(whose, trace(preferring.METHOD, told.text))
        return said("You are unsubscribed.")
    problem = said("Nothing was chosen. Please press one of the buttons.")
    raise InvalidInput(problem)


def nothing_kept() -> str:
    return render_template("pages/nothing_kept.html")


def _choice() -> Mapping[FollowKind, Sequence[str]]:
    """What is to be followed; who ticks none of the authors or sources sends an empty one."""
    choice: dict[FollowKind, Sequence[str]] = {FollowKind.TOPIC: _COMMA.split(request.form.get("topics", ""))}
    for kind in (FollowKind.AUTHOR, FollowKind.SOURCE):
        if f"{kind}s" in request.form:
            choice[kind] = request.form.getlist(f"{kind}s")
    return choice


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        problem = said("Please give a day, such as 2026-12-24.")
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
