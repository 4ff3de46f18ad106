"""Cross-site requests: each form is checked, but for the few views whose only credential is a token.

A view is exempt only if it says `@by_token_only`, and such a view must read nothing from the session: the
sign-up form acts for nobody, and the links in mails act for whom their token names (RFC 8058 §3.2 asks that
they work without a cookie). So public pages set no cookie, and there is nothing that another site could use.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, g, session
from flask_wtf import CSRFProtect, FlaskForm

View = TypeVar("View", bound=Callable[..., Any])

_protect = CSRFProtect()
_by_token_only: set[str] = set()


class PublicForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types.
    """For views that are `by_token_only`: a CSRF token would need a session, and so a cookie."""

    class Meta:
        csrf = False


def register(app: Flask) -> None:
    _protect.init_app(app)


def renew() -> None:
    """Let no form from before this moment be taken: whoever is at the browser came in, or out, just now."""
    session.clear()
    # The library keeps what it made for this request.
    g.pop("csrf_token", None)


def by_token_only(view: View) -> View:
    """Let the view answer a POST from anywhere."""
    _protect.exempt(view)
    _by_token_only.add(_name(view))
    return view


def endpoints_by_token_only(app: Flask) -> frozenset[str]:
    """The whole list of exceptions, for whoever wants to check it."""
    return frozenset(name for name, view in app.view_functions.items() if _name(view) in _by_token_only)


def _name(view: Callable[..., Any]) -> str:
    return f"{view.__module__}.{view.__qualname__}"
