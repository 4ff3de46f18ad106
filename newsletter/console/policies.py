"""What a page of the console may load, and who may keep it: our own files only, and nobody."""

import secrets

from flask import Blueprint, Flask, Response, request

from newsletter.web.headers import content_policy

PRIVATE = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    # The check against forged requests asks where a form came from, so our own pages may know; nobody else.
    "Referrer-Policy": "same-origin",
}

_NONCE = "newsletter.csp_nonce"


def register(app: Flask) -> None:
    """Let templates say `csp_nonce()` on each script tag: without it no script runs, wherever it comes from."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def guard(blueprint: Blueprint) -> None:
    """Put the headers on what its views answer."""
    blueprint.after_request(_add_headers)


def csp_nonce() -> str:
    """The same within a request, and another for each."""
    return str(request.environ.setdefault(_NONCE, secrets.token_urlsafe(18)))


def _add_headers(response: Response) -> Response:
    response.headers.update(PRIVATE)
    response.headers.setdefault(
        "Content-Security-Policy",
        content_policy(
            {
                "script-src": f"'nonce-{csp_nonce()}'",
                "connect-src": "'self'",
                "frame-src": "'self'",
            }
        ),
    )
    # What htmx is told and what a browser is told must not be mixed up by anything in between.
    response.vary.update(("Cookie", "HX-Request"))
    return response


def is_partial() -> bool:
    """Whether htmx asks, for a part of a page."""
    return request.headers.get("HX-Request") == "true"
