"""The operators' surface over all features: pages that call the same services as the commands."""

from flask import Flask

from newsletter.console import gate, menu, naming, policies, refusals, speaking, words
from newsletter.console.views import BLUEPRINTS

for _blueprint in BLUEPRINTS:
    for _part in (policies, gate, speaking, refusals):
        _part.guard(_blueprint)


def register(app: Flask) -> None:
    """All pages under /console."""
    for part in (policies, gate, menu, naming, words):
        part.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
