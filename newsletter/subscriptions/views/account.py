"""The preference centre by a fresh link: what a forwarded mail must not be able to do."""

from flask import Blueprint, Response, current_app, render_template, request, url_for

from newsletter.core.db import db
from newsletter.core.errors import InvalidInput
from newsletter.core.words import Said, said
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.models import Subscriber
from newsletter.subscriptions.policy import Cadence
from newsletter.subscriptions.service import (
    erase_here,
    following,
    joining,
    preferring,
    profile,
    readdressing,
    telling,
)
from newsletter.subscriptions.service.addressing import find_suggestion
from newsletter.subscriptions.service.preferring import Opened
from newsletter.subscriptions.service.profile import Profile
from newsletter.subscriptions.views import wordings
from newsletter.subscriptions.views.answers import Answer, origin, speak_as_wished, speak_to, trace
from newsletter.subscriptions.views.preferences import done, nothing_kept, speak_to_who_opened, tried
from newsletter.web.csrf import by_token_only
from newsletter.web.current import house
from newsletter.web.numbers import MOST_DIGITS, find_number
from newsletter.web.words import marked

CHANGE, CONFIRM_CHANGE = said("Change my address"), said("Yes, write to me here")
"""The words on the buttons, as the templates have them and the ledger keeps them."""

blueprint = Blueprint("account", __name__)


@blueprint.get("/account/<token>")
def account(token: str) -> Answer:
    opened = preferring.find_account(token, house())
    speak_to_who_opened(opened)
    return _page(opened, token) if opened else nothing_kept()


@blueprint.post("/account/<token>")
@by_token_only
def change(token: str) -> Answer:
    opened = preferring.find_account(token, house())
    speak_to_who_opened(opened)
    if opened is None:
        return nothing_kept()
    wish = request.form.get("do", "")
    if wish in {"data", "csv"}:
        return _download(opened, wish)
    if wish == "erase":
        return render_template("pages/erase.html", **_whose(opened, token))
    if wish == "erase for good":
        erase_here(opened.person, house().settings)
        return render_template("pages/erased.html")
    if wish == "address":
        return _asked_to_change(opened, token)
    return tried(lambda: _done(opened, wish), lambda **told: _page(opened, token, **told))


@blueprint.get("/email-change/<token>")
def prove(token: str) -> Answer:
    wished = readdressing.find_change(token, house())
    speak_to(db.session.get(Subscriber, wished.subscriber_id))
    if wished.done_at:
        return render_template("pages/address_changed.html")
    return render_template("pages/address_prove.html", action_url=url_for("account.proven", token=token))


@blueprint.post("/email-change/<token>")
@by_token_only
def proven(token: str) -> Answer:
    speak_to(db.session.get(Subscriber, readdressing.find_change(token, house()).subscriber_id))
    readdressing.change_address(token, trace(readdressing.METHOD, str(marked(CONFIRM_CHANGE))), house())
    return render_template("pages/address_changed.html")


def _done(opened: Opened, wish: str) -> Said:
    if wish == "join":
        of = newsletter(request.form.get("newsletter", ""))
        seen_on = trace(preferring.METHOD, wordings.join_one(of).text)
        joining.join(opened.person.id, of.slug, seen_on, house())
        return said("You are subscribed.")
    if wish == "profile":
        typed = {name: request.form.get(name, "") for name in ("name", "language", "timezone", "local_hour")}
        profile.describe(opened.person.id, Profile(**typed))
        # The answer is the first page in what was just chosen.
        speak_as_wished(opened.person)
        return said("Saved.")
    if wish == "follow":
        numbers = [number for each in request.form.getlist("follow") if (number := find_number(each, MOST_DIGITS))]
        following.follow(opened.subscription_to(request.form.get("newsletter", "")), numbers)
        return said("Saved.")
    return done(opened)


def _asked_to_change(opened: Opened, token: str) -> Answer:
    """The same answer whoever has the new address, because it would tell who is a subscriber."""
    typed, keep = request.form.get("email", "")[:320], request.form.get("keep", "")
    try:
        meant = find_suggestion(typed)
        if meant and keep not in {"typed", "suggested"}:
            return render_template(
                "pages/address_slip.html", typed=typed.strip(), suggestion=meant, **_whose(opened, token)
            )
        wanted = meant if meant and keep == "suggested" else typed
        readdressing.ask_change(opened.person, wanted, origin(readdressing.CHANGE, str(marked(CHANGE))), house())
    except InvalidInput as problem:
        return _page(opened, token, wrong_address=str(problem), typed_address=typed), 422
    return render_template("pages/address_asked.html", **_whose(opened, token))


def _download(opened: Opened, form: str) -> Response:
    told = telling.all_data(opened.person)
    if form == "csv":
        return _file(telling.as_csv(told), "text/csv", "my-data.csv")
    return _file(current_app.json.dumps(told, indent=2, default=str), "application/json", "my-data.json")


def _file(text: str, kind: str, name: str) -> Response:
    return Response(text, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _whose(opened: Opened, token: str) -> dict[str, str]:
    return {"address": opened.person.address, "action_url": url_for("account.change", token=token)}


def _page(opened: Opened, token: str, **told: str) -> str:
    """`notice` and `problem` stand above all; `wrong_address` at its field, with the `typed_address` in it."""
    nothing = dict.fromkeys(("notice", "problem", "wrong_address", "typed_address"), "")
    return render_template(
        "pages/preferences.html",
        **_whose(opened, token),
        person=opened.person,
        standings=preferring.standings(opened),
        cadences=list(Cadence),
        languages=profile.offered_languages(),
        zones=profile.offered_zones(),
        leaving=wordings.leave_one,
        joining=wordings.join_one,
        is_fresh=True,
        is_narrow=False,
        **{**nothing, **told},
    )
