"""What pages of other sites may read of ours (CORS), and what they may show in a frame: nothing but what says so.

Nobody reads anything with credentials: public views set no cookie, and with `*` a browser sends none
(docs/adr/0024).
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, request

from newsletter.web.errors import wants_json
from newsletter.web.headers import content_policy

View = TypeVar("View", bound=Callable[..., Any])

EVERYBODY = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
ON_PREFLIGHT = {
    "Access-Control-Allow-Headers": "Accept, Content-Type, X-Requested-With",
    "Access-Control-Max-Age": "7200",
}

_readable: set[str] = set()
_readable_as_json: set[str] = set()
_in_frames: set[str] = set()


def register(app: Flask) -> None:
    """To be called after `headers.register`: what is set here stays, and what runs first was registered last."""
    app.after_request(_open)


def readable_anywhere(view: View) -> View:
    """Let scripts of any page read what this view answers."""
    _readable.add(_name(view))
    return view


def readable_as_json(view: View) -> View:
    """Let scripts of any page read what this view answers, if they ask for JSON."""
    _readable_as_json.add(_name(view))
    return view


def in_frames_anywhere(view: View) -> View:
    """Let any page show what this view answers in a frame."""
    _in_frames.add(_name(view))
    return view


def _open(response: Response) -> Response:
    view = current_app.view_functions.get(request.endpoint or "")
    name = _name(view) if view else ""
    if name in _readable_as_json:
        # Without it a cache would give the answer for people to a script, which then may not read it.
        response.vary.add("Accept")
    if name in _readable or (name in _readable_as_json and (wants_json() or _is_preflight())):
        response.headers.update(EVERYBODY)
        if _is_preflight():
            response.headers.update(ON_PREFLIGHT)
            response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
    if name in _in_frames:
        policy = response.headers.get("Content-Security-Policy", content_policy({}))
        response.headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", "frame-ancestors *")
        # A page that isolates itself takes only frames that agree to it.
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _is_preflight() -> bool:
    return request.method == "OPTIONS"


def _name(view: Callable[..., Any]) -> str:
    return f"{view.__module__}.{view.__qualname__}"
