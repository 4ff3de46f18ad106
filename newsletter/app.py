"""The application with its pages, wired; nothing imports it but wsgi, the demo and the commands that serve."""

from flask import Flask, Response
from sqlalchemy import text
from werkzeug.middleware.proxy_fix import ProxyFix

from newsletter import console
from newsletter.base import create_base
from newsletter.core.db import db
from newsletter.core.settings import Settings
from newsletter.digests import views as digests
from newsletter.editions import views as editions
from newsletter.metrics import metrics
from newsletter.subscriptions import views as public
from newsletter.web import cross_origin, csrf, current, errors, headers, images, pages, routes, static_files, words

LARGEST_REQUEST = 1_000_000
"""Bytes of a request body; the largest form we have is a hundredth of it."""


def create_app(settings: Settings | None = None) -> Flask:
    """An app for these settings, None for those of the environment.

    Raises SettingsError, which names what to mend.
    """
    app = create_base(settings)
    with app.app_context():
        settings = current.settings()
    is_encrypted = settings.base_url.startswith("https:")
    app.url_rule_class = routes.LateRule
    app.config.update(
        SECRET_KEY=settings.secret_keys[0],
        SECRET_KEY_FALLBACKS=list(settings.secret_keys[1:]),
        # For the tokens of forms only. A browser takes such a name from this very host only, not from a neighbour.
        SESSION_COOKIE_NAME="__Host-forms" if is_encrypted else "forms",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_encrypted,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST,
        MAX_FORM_PARTS=100,
    )
    for part in (csrf, errors, headers, cross_origin, words, pages, images, static_files):
        part.register(app)
    for blueprint in (*public.BLUEPRINTS, *editions.BLUEPRINTS, digests.blueprint):
        app.register_blueprint(blueprint)
    console.register(app)
    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/readyz", view_func=readyz)
    app.add_url_rule("/metrics", view_func=metrics)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    return app


def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


def readyz() -> Response:
    """The process answers, and so does its database; otherwise 503."""
    db.session.execute(text("SELECT 1"))
    return Response("ready\n", mimetype="text/plain")
