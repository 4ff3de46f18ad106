"""A part of a page that renews itself while something is under way."""

from flask import make_response, render_template
from werkzeug.wrappers import Response


def renewed(template: str, is_busy: bool, **values: object) -> Response:  # noqa: FBT001 - what is known of it.
    """The part; once it is over the whole page is asked for, because there is more to see and to do then."""
    answer = make_response(render_template(template, **values))
    if not is_busy:
        answer.headers["HX-Refresh"] = "true"
    return answer
