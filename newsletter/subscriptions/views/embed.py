"""The form on pages of other sites: as a script, in a frame, and as plain HTML, ready to be copied."""

import re
from functools import cache
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for

from newsletter.core.errors import NotFound
from newsletter.core.words import said
from newsletter.mail.languages import direction
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter, newsletters
from newsletter.subscriptions.forms import SignUpForm
from newsletter.subscriptions.policy import Cadence
from newsletter.subscriptions.service.guarding import stamp
from newsletter.subscriptions.views import wordings
from newsletter.subscriptions.views.answers import Answer, speak_as, url_of
from newsletter.subscriptions.views.offer import ASKABLE, THEMES, Offer, offer_in
from newsletter.subscriptions.views.proofs import asked_proof, with_script
from newsletter.subscriptions.views.taking import form_sent_in, hours_to_confirm, take
from newsletter.web.cross_origin import in_frames_anywhere, readable_anywhere
from newsletter.web.csrf import by_token_only
from newsletter.web.current import house
from newsletter.web.headers import content_policy
from newsletter.web.static_files import FOLDER
from newsletter.web.words import language, translated

KEPT_FOR = 3600
"""Seconds that a browser shows the script without asking for a newer one."""

_WORDS = {
    "address": said("E-mail address"),
    "button": said("Sign up"),
    "after": said("We first send one mail to ask whether it was you. Nothing else comes until you say yes in it."),
    "wait": said("One moment …"),
    "offline": said("You are offline."),
    "later": said("Nothing has been sent. Please try again when you are back."),
    "failed": said("That did not work."),
    "ours": said("It is our mistake. Please try again in a minute."),
    # The script puts the address in the place of the sign.
    "suggested": said("Yes, use %(address)s", address="%"),
    "typed": said("No, keep %(address)s", address="%"),
}
"""What the script says by itself."""

blueprint = Blueprint("embed", __name__)


@blueprint.get("/embed/<slug>.js")
@readable_anywhere
def script(slug: str) -> Answer:
    of = speak_as(newsletter(slug))
    facts = {
        "slug": of.slug,
        "subscribe": f"{url_of(of)}/subscribe",
        "fields": f"{url_of_embed(of)}/fields.json",
        "css": _style(),
        "lang": language(),
        "dir": direction(language()),
        "words": {name: translated(each) for name, each in _WORDS.items()},
    }
    if house().settings.proof_of_work:
        facts["solver"] = f"{url_of_embed(of)}/proof.js"
        facts["challenge"] = f"{url_of(of)}/challenge.json"
    response = Response(_lean(render_template("embed/script.js", facts=facts)), mimetype="text/javascript")
    response.cache_control.public, response.cache_control.max_age = True, KEPT_FOR
    response.add_etag()
    return response.make_conditional(request)


@blueprint.get("/embed/<slug>/proof.js")
@readable_anywhere
def solver(slug: str) -> Answer:
    """What solves a challenge, as a module that the script loads when somebody begins to fill in the form."""
    if not house().settings.proof_of_work:
        raise NotFound(kind="challenge", name=slug)
    newsletter(slug)
    response = Response(_solver(), mimetype="text/javascript")
    response.cache_control.public, response.cache_control.max_age = True, KEPT_FOR
    response.add_etag()
    return response.make_conditional(request)


@blueprint.get("/embed/<slug>/fields.json")
@readable_anywhere
def fields(slug: str) -> Answer:
    """What the page's own form carries beside what one sees; an empty field must stay empty."""
    newsletter(slug)
    response = jsonify(stamp=stamp(house()), website="")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/embed/<slug>")
@in_frames_anywhere
def frame(slug: str) -> Answer:
    of = speak_as(newsletter(slug))
    offer = offer_in(request.args, of)
    if "sent" in request.args:
        return _framed("embed/sent.html", of, offer, hours=hours_to_confirm())
    return _form(of, offer, SignUpForm(None))


@blueprint.post("/embed/<slug>")
@by_token_only
@in_frames_anywhere
def subscribe(slug: str) -> Answer:
    of, form = speak_as(newsletter(slug)), form_sent_in()
    offer = offer_in(request.args, of)
    taken = take(form, of, wordings.FRAME)
    if taken.is_noted:
        return redirect(url_for("embed.frame", slug=slug, sent="yes", **offer.query), 303)
    if taken.suggestion:
        return _framed("embed/did_you_mean.html", of, offer, form=form, suggestion=taken.suggestion)
    return _form(of, offer, form), 422


@blueprint.get("/<slug>/snippets")
def snippets(slug: str) -> Answer:
    of = speak_as(newsletter(slug))
    offer = offer_in(request.args, of)
    query = urlencode(offer.query, doseq=True)
    page = render_template(
        "embed/snippets.html",
        newsletter=of,
        offer=offer,
        choices=[each for each in newsletters() if each.id != of.id],
        askable=ASKABLE,
        themes=THEMES,
        cadences=list(Cadence),
        proof=asked_proof(of),
        subscribe_url=f"{url_of(of)}/subscribe",
        script_url=f"{url_of_embed(of)}.js",
        frame_url=f"{url_of_embed(of)}?{query}" if query else url_of_embed(of),
        preview_url=url_for("embed.frame", slug=slug, **offer.query),
        snippets_url=url_for("embed.snippets", slug=slug),
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = content_policy({"frame-src": "'self'"})
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _form(of: Newsletter, offer: Offer, form: SignUpForm) -> Response:
    values = {"form": form, "stamp": stamp(house()), "proof": asked_proof(of), "cadences": list(Cadence)}
    told = wordings.framed_form(of, house().settings.privacy_notice)
    return with_script(_framed("embed/frame.html", of, offer, told=told, **values))


def _framed(template: str, of: Newsletter, offer: Offer, **values: object) -> str:
    action_url = url_for("embed.subscribe", slug=of.slug, **offer.query)
    return render_template(template, newsletter=of, offer=offer, action_url=action_url, **values)


def url_of_embed(of: Newsletter) -> str:
    """Of the frame, for other pages; with `.js` behind it that of the script."""
    return f"{house().settings.base_url}/embed/{of.slug}"


@cache
def _style() -> str:
    """The form's style sheet without what is there for people only."""
    return " ".join(re.sub(r"/\*.*?\*/", "", (FOLDER / "embed.css").read_text(), flags=re.DOTALL).split())


@cache
def _solver() -> str:
    """The function that solves, out of the script of our own forms."""
    end = "\n})();\n"
    whole = (FOLDER / "proof.js").read_text()
    return _lean(whole[whole.index("const prove = ") : whole.index(end)] + end + "export { prove };\n")


def _lean(script: str) -> str:
    """Without indents and lines of comments only; our scripts have no text over several lines."""
    return re.sub(r"^ *(?://.*\n)? *", "", script, flags=re.MULTILINE)
