"""Security headers on each answer, and the check that a request names our host.

A view that needs another value sets the header itself, and what is there already stays; but not on the pages
behind the links in mails.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest

from newsletter.core.setting_urls import LOOPBACK_HOSTS
from newsletter.web import current

TOKEN_PATHS = frozenset(
    {"account", "c", "confirm", "email-change", "never", "preferences", "still", "unsubscribe"}
)
"""First path segments of the links in mails: their pages must leave no trace of the token anywhere."""

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines of the operator that know this one by its number only."""

_POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def content_policy(changes: Mapping[str, str]) -> str:
    """The content security policy of all pages, with these directives added or changed."""
    return "; ".join(f"{name} {value}" for name, value in {**_POLICY, **changes}.items())


ALWAYS = {
    "Content-Security-Policy": content_policy({}),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

ON_TOKEN_PAGES = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}

# Subdomains are left out: they may be the paper's, and not ours to decide about.
HSTS = "max-age=31536000"

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_HAS_PORT = re.compile(r":[0-9]+\Z")
_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")


def register(app: Flask) -> None:
    app.before_request(_check_host)
    app.after_request(_add_headers)


def with_pictures(response: Response) -> Response:
    """Let this page show the pictures of articles, wherever they lie; under https only by https."""
    places = "https:" if current.settings().base_url.startswith("https:") else "https: http:"
    policy = ALWAYS["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = policy.replace("img-src 'self'", f"img-src 'self' {places}")
    return response


def names_loopback(host: str) -> bool:
    """Whether a Host header names this machine as only somebody on it does."""
    return _LOOPBACK.fullmatch(host.lower()) is not None


def is_our_host(host: str, base_url: str) -> bool:
    """Whether a Host header names the place that `base_url` does.

    On a developer's machine, where `base_url` is loopback, each loopback name at each port will do.
    """
    ours = urlsplit(base_url)
    if ours.hostname in LOOPBACK_HOSTS:
        return names_loopback(host)
    default = _DEFAULT_PORTS[ours.scheme]
    return _with_port(host, default) == _with_port(ours.netloc, default)


def _with_port(place: str, default: str) -> str:
    return place.lower() if _HAS_PORT.search(place) else place.lower() + default


def _check_host() -> None:
    # A link or redirect built from a host that an attacker chose would lead readers to him.
    host = request.headers.get("Host", "")
    if request.path not in PROBES and not is_our_host(host, current.settings().base_url):
        raise BadRequest


def _add_headers(response: Response) -> Response:
    if request.path.lstrip("/").partition("/")[0] in TOKEN_PATHS:
        response.headers.update(ON_TOKEN_PAGES)
    there = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 - itself it gives pairs.
    response.headers.extend([each for each in ALWAYS.items() if each[0].lower() not in there])
    if "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]:
        # For browsers that do not know the policy; there is no value of it that allows everybody.
        response.headers["X-Frame-Options"] = "DENY"
    if current.settings().base_url.startswith("https:"):
        response.headers["Strict-Transport-Security"] = HSTS
    return response
