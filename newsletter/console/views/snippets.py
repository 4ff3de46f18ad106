"""The form for other pages: what to copy, beside the form as it looks there."""

from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for

from newsletter.console import gate
from newsletter.console.gate import Answer
from newsletter.console.scope import visible_newsletters
from newsletter.newsletters.queries import newsletter as newsletter_called
from newsletter.operators.policy import Role
from newsletter.subscriptions.policy import Cadence
from newsletter.subscriptions.views.answers import url_of
from newsletter.subscriptions.views.embed import url_of_embed
from newsletter.subscriptions.views.offer import ASKABLE, THEMES, offer_in
from newsletter.subscriptions.views.proofs import asked_proof

blueprint = Blueprint("console_snippets", __name__, url_prefix="/console/snippets")


@blueprint.get("")
@gate.requires(Role.VIEWER)
def overview() -> Answer:
    there = visible_newsletters()
    wished = request.args.get("newsletter", "")
    slug = wished if wished in {each.slug for each in there} else there[0].slug if there else ""
    if slug:
        return redirect(url_for(".one", newsletter=slug), 303)
    return render_template("console/snippets_none.html")


@blueprint.get("/<newsletter>")
@gate.requires(Role.VIEWER)
def one(newsletter: str) -> Answer:
    of = newsletter_called(newsletter)
    offer = offer_in(request.args, of)
    query = urlencode(offer.query, doseq=True)
    frame_url = url_of_embed(of)
    return render_template(
        "console/snippets.html",
        newsletter=of,
        newsletters=visible_newsletters(),
        offer=offer,
        choices=[each for each in visible_newsletters() if each.id != of.id],
        askable=ASKABLE,
        themes=THEMES,
        cadences=list(Cadence),
        proof=asked_proof(of),
        subscribe_url=f"{url_of(of)}/subscribe",
        script_url=f"{frame_url}.js",
        frame_url=f"{frame_url}?{query}" if query else frame_url,
        preview_url=url_for("embed.frame", slug=of.slug, **offer.query),
    )
