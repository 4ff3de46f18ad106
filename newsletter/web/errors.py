"""Where what went wrong becomes an answer: the one table from the tree of `newsletter.core.errors` to HTTP.

The pages say what to do next in words of ours. Nothing of the request and nothing of the error's text is in
them, so that nobody can make this site say something by sending a link (and no stack trace ever shows).
"""

from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, jsonify, make_response, render_template, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response as AnyResponse

from newsletter.core.errors import (
    Conflict,
    InvalidInput,
    LinkError,
    LinkExpired,
    MailError,
    NotAllowed,
    NotFound,
    SettingsError,
    SourceError,
    TooManyTries,
)
from newsletter.core.logs import logger
from newsletter.web import current, words

log = logger(__name__)

RETRY_AFTER = 30
"""Seconds a client is asked to wait when the database or the way out does not answer."""


@dataclass(frozen=True)
class Answer:
    """How one branch of the tree is answered; without a `page`, the page of its status is shown."""

    status: HTTPStatus
    page: str | None = None


ANSWERS: dict[type[Exception], Answer] = {
    SettingsError: Answer(HTTPStatus.INTERNAL_SERVER_ERROR),
    InvalidInput: Answer(HTTPStatus.UNPROCESSABLE_ENTITY),
    NotFound: Answer(HTTPStatus.NOT_FOUND),
    NotAllowed: Answer(HTTPStatus.FORBIDDEN),
    TooManyTries: Answer(HTTPStatus.TOO_MANY_REQUESTS),
    Conflict: Answer(HTTPStatus.CONFLICT),
    LinkError: Answer(HTTPStatus.NOT_FOUND, "pages/link_damaged.html"),
    LinkExpired: Answer(HTTPStatus.GONE, "pages/link_expired.html"),
    SourceError: Answer(HTTPStatus.BAD_GATEWAY),
    MailError: Answer(HTTPStatus.SERVICE_UNAVAILABLE),
    OperationalError: Answer(HTTPStatus.SERVICE_UNAVAILABLE),
    InterfaceError: Answer(HTTPStatus.SERVICE_UNAVAILABLE),
    PoolTimeout: Answer(HTTPStatus.SERVICE_UNAVAILABLE),
}

PAGES = frozenset({400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 502, 503})
"""Statuses with a page of their own; the others show the one of 400 or 500."""


def register(app: Flask) -> None:
    for kind in ANSWERS:
        app.register_error_handler(kind, _answer_expected)
    # Whatever else is raised arrives here as InternalServerError, after Flask has logged it.
    app.register_error_handler(HTTPException, _answer_http)


def answer_to(error: Exception) -> Answer:
    """The line of the table for the nearest of the error's classes."""
    return next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)


def _answer_expected(error: Exception) -> Response:
    answer = answer_to(error)
    _speak()
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request failed", status=answer.status.value, exc_info=error)
    if wants_json():
        body = _problem(answer.status, error)
    elif isinstance(error, LinkError) and answer.page:
        body = _link_page(answer.page, error.purpose)
    else:
        body = _page(answer.status)
    return _finished(body, answer.status)


def _answer_http(error: HTTPException) -> AnyResponse:
    if error.response is not None:
        # A view that raises with a finished answer means that answer.
        return error.get_response()
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    _speak()
    body = _problem(status, error) if wants_json() else _page(status)
    for name, value in error.get_headers():
        # What the protocol asks for, such as Allow or Retry-After, stays.
        if name != "Content-Type":
            body.headers[name] = value
    return _finished(body, status)


def _speak() -> None:
    """As the page would have spoken, if it got so far."""
    if not words.has_spoken():
        words.speak_by_browser("pages")


def _finished(response: Response, status: int) -> Response:
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers.setdefault("Retry-After", str(RETRY_AFTER))
    return response


def _page(status: int) -> Response:
    name = status if status in PAGES else status // 100 * 100
    return make_response(render_template(f"errors/{name}.html", status=int(status)))


def _link_page(page: str, purpose: str) -> Response:
    hours = round(current.settings().confirm_within.total_seconds() / 3600)
    # Which newsletter it was is unknown, or not to be believed; the first page has them all.
    return make_response(render_template(page, purpose=purpose, hours=hours))


def _problem(status: int, error: Exception) -> Response:
    """Problem details (RFC 9457); `field` is one of our own names, never what was typed into it."""
    facts: dict[str, str | int] = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES.get(status, "Error"),
        "status": int(status),
    }
    if isinstance(error, InvalidInput):
        facts["field"] = error.field
    response = jsonify(facts)
    response.content_type = "application/problem+json"
    return response


def wants_json() -> bool:
    """Whether this request is a program's, which reads JSON, and not a person's."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/problem+json", "application/json"])
    return best is not None and best != "text/html"
