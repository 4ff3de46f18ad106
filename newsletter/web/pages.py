"""What every page template can rely on, whoever renders it."""

from flask import Flask
from jinja2 import StrictUndefined

from newsletter.web import current


def register(app: Flask) -> None:
    """A name that nobody gave is an error, never an empty place; `home_url` is always there."""
    app.jinja_env.undefined = StrictUndefined
    app.context_processor(_given_to_all)


def _given_to_all() -> dict[str, str]:
    return {"home_url": f"{current.settings().base_url}/"}
