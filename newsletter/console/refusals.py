"""What an operator reads when something cannot be done: the error's own sentence, and the way back."""

from urllib.parse import urlsplit

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter.console import gate
from newsletter.core.errors import (
    Conflict,
    InvalidInput,
    LinkError,
    NewsletterError,
    NotAllowed,
    NotFound,
    SourceError,
)
from newsletter.web.errors import answer_to

_TOLD = (Conflict, InvalidInput, LinkError, NotAllowed, NotFound, SourceError)
_ALWAYS_TOLD = (LinkError, NotAllowed)
"""Their sentences hold nothing that anybody typed."""


def guard(blueprint: Blueprint) -> None:
    """Answer on the console's own page; what is not told here is answered as everywhere else."""
    for kind in _TOLD:
        blueprint.register_error_handler(kind, refused)


def refused(error: NewsletterError) -> Response:
    """The page that says why, for whoever is logged in."""
    status = int(answer_to(error).status)
    # Somebody else's link to a page that is not there could say anything; a button of ours cannot.
    words = str(error) if request.method == "POST" or isinstance(error, _ALWAYS_TOLD) else ""
    page = render_template(
        "console/refused.html", status=status, words=words, back_url=_back(), is_known=gate.find() is not None
    )
    return make_response(page, status)


def _back() -> str:
    """The page from which they came, if it was one of ours."""
    came_from = urlsplit(request.referrer or "")
    return gate.own_path(came_from.path) if came_from.netloc == request.host else url_for("console_home.home")
