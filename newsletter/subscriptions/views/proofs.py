"""The proof of work at the sign-up form: the challenge, what the form says of it, and the script for it."""

from dataclasses import asdict, dataclass

from flask import Blueprint, Response, jsonify, make_response, url_for

from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.service import proving
from newsletter.web.cross_origin import readable_anywhere
from newsletter.web.current import house
from newsletter.web.headers import ALWAYS

OUR_SCRIPT = "script-src 'self'; connect-src 'self'"
"""For pages with the form: our script may run, and ask us for a challenge."""

blueprint = Blueprint("proofs", __name__)


@dataclass(frozen=True)
class AskedProof:
    """Where a form gets its challenge, and whether it is of use without a proof."""

    url: str
    is_required: bool


@blueprint.get("/<slug>/challenge.json")
@readable_anywhere
def challenge(slug: str) -> Response:
    """A form on another site may solve it too: it is worth the same wherever it was solved, and tells nothing."""
    response = jsonify(asdict(proving.issue(slug, house())))
    response.headers["Cache-Control"] = "no-store"
    return response


def asked_proof(of: Newsletter) -> AskedProof | None:
    """None where no proof is asked for."""
    asked = house().settings.proof_of_work
    return AskedProof(url_for("proofs.challenge", slug=of.slug), asked.is_required) if asked else None


def with_script(page: str | Response) -> Response:
    """The page, which may run our script if its form asks for a proof."""
    response = make_response(page)
    if house().settings.proof_of_work:
        policy = response.headers.get("Content-Security-Policy", ALWAYS["Content-Security-Policy"])
        response.headers["Content-Security-Policy"] = f"{policy}; {OUR_SCRIPT}"
    return response
