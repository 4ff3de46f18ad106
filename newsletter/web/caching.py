"""Pages that are the same for everybody: shared caches may keep them, and who has them already gets 304.

A page with a form carries a stamp that says when the form was opened, so no two renderings are alike. Its tag
is made without the stamp, and dies after a few hours: a form that was kept for longer than it works would
only bring its reader a complaint.
"""

import hashlib
from datetime import UTC, datetime, timedelta

from flask import Response, request

from newsletter.core.clock import now
from newsletter.mail.message import Hole

KEPT = timedelta(minutes=5)
"""How long a copy may be shown without asking us."""

FORM_LIFE = timedelta(hours=6)
"""How long a page with a form counts as unchanged."""

STAMP = Hole("stamp")
"""What such a page is rendered with in place of the stamp."""


def shared(body: str, changed_at: datetime, mimetype: str = "text/html") -> Response:
    """The answer, or 304 for whoever has it (RFC 9110 §13)."""
    return _answer(Response(body, mimetype=mimetype), _digest(body), changed_at)


def shared_with_form(body: str, changed_at: datetime, stamp: str) -> Response:
    """As `shared`, for a page that was rendered with STAMP."""
    seconds = FORM_LIFE.total_seconds()
    began = datetime.fromtimestamp(now().timestamp() // seconds * seconds, UTC)
    answer = Response(body.replace(STAMP.marker, stamp), mimetype="text/html")
    return _answer(answer, _digest(f"{began}\n{body}"), max(changed_at, began))


def _answer(response: Response, tag: str, changed_at: datetime) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={int(KEPT.total_seconds())}"
    response.last_modified = changed_at
    # Weak, because two copies may differ in their stamps.
    response.set_etag(tag, weak=True)
    response.make_conditional(request)
    return response


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
