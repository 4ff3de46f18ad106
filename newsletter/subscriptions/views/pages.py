"""The newsletters, and the form with which to sign up."""

from collections.abc import Sequence

from flask import Blueprint, Response, redirect, render_template, request, url_for

from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter, newsletters
from newsletter.subscriptions.forms import SignUpForm
from newsletter.subscriptions.queries import followables_by_id
from newsletter.subscriptions.service.following import MOST_FOLLOWED
from newsletter.subscriptions.service.guarding import stamp
from newsletter.subscriptions.views import wordings
from newsletter.subscriptions.views.answers import AREA, Answer, about, speak_as, url_of
from newsletter.subscriptions.views.proofs import asked_proof, with_script
from newsletter.subscriptions.views.taking import followed, form_sent_in, hours_to_confirm, take, told_as_json
from newsletter.web.cross_origin import readable_as_json
from newsletter.web.csrf import by_token_only
from newsletter.web.current import house
from newsletter.web.errors import wants_json
from newsletter.web.numbers import MOST_DIGITS, find_number
from newsletter.web.words import speak_by_browser

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
def index() -> Answer:
    speak_by_browser(AREA)
    return render_template("pages/index.html", newsletters=[(each, url_of(each)) for each in newsletters()])


@blueprint.get("/<slug>")
def page(slug: str) -> Answer:
    of, form = speak_as(newsletter(slug)), SignUpForm()
    for each in followables_by_id(_numbers()):
        if each.newsletter_id == of.id:
            form[f"{each.kind}s"].data.append(each.value)
    return _page(of, form)


@blueprint.post("/<slug>/subscribe")
@by_token_only
@readable_as_json
def subscribe(slug: str) -> Answer:
    of, form = speak_as(newsletter(slug)), form_sent_in()
    if wants_json():
        return told_as_json(take(form, of, "script"), form, of)
    taken = take(form, of, _which(form))
    if taken.is_noted:
        return redirect(url_for("public.check_your_inbox", slug=slug), 303)
    if taken.suggestion:
        return _ask_which(of, form, taken.suggestion)
    return _page(of, form), 422


@blueprint.get("/<slug>/check-your-inbox")
def check_your_inbox(slug: str) -> Answer:
    return about("pages/check_your_inbox.html", speak_as(newsletter(slug)), hours=hours_to_confirm())


def _numbers() -> Sequence[int]:
    """What the address of the page says is to be followed."""
    said = request.args.getlist("follow")[:MOST_FOLLOWED]
    return [number for each in said if (number := find_number(each, MOST_DIGITS))]


def _which(form: SignUpForm) -> str:
    """Which form it was: of the newsletter's page, at the foot of another, or on a page that is not ours."""
    if not form.stamp.data:
        return "plain"
    return wordings.FOOT if request.args.get("form") == wordings.FOOT else wordings.PAGE


def _ask_which(of: Newsletter, form: SignUpForm, suggestion: str) -> str:
    # The stamp goes through as it came: a new one would take whoever decides at once for a machine.
    subscribe_url = url_for("public.subscribe", slug=of.slug, form=request.args.get("form"))
    return about("pages/did_you_mean.html", of, form=form, subscribe_url=subscribe_url, suggestion=suggestion)


def _page(of: Newsletter, form: SignUpForm) -> Response:
    told = wordings.sign_up(of, followed(form, of), house().settings.privacy_notice)
    values = {"subscribe_url": url_for("public.subscribe", slug=of.slug), "stamp": stamp(house())}
    return with_script(about("pages/newsletter.html", of, form=form, proof=asked_proof(of), told=told, **values))
