"""The pages of the console, one module for each noun."""

from flask import Blueprint

from newsletter.console.views import articles, desk, digests, door, editions, home, previews, sending, sources

BLUEPRINTS: tuple[Blueprint, ...] = (
    home.blueprint,
    door.blueprint,
    editions.blueprint,
    desk.blueprint,
    sending.blueprint,
    previews.blueprint,
    digests.blueprint,
    sources.blueprint,
    articles.blueprint,
)
