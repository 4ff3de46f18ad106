"""The pages of the console, one module for each noun."""

from flask import Blueprint

from newsletter.console.views import (
    account,
    articles,
    audit,
    backends,
    desk,
    digests,
    door,
    editions,
    home,
    newsletters,
    operators,
    previews,
    sending,
    settings,
    sources,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    *(home.blueprint, door.blueprint, account.blueprint),
    *(editions.blueprint, desk.blueprint, sending.blueprint, previews.blueprint),
    *(digests.blueprint, sources.blueprint, articles.blueprint),
    *(newsletters.blueprint, backends.blueprint, operators.blueprint, audit.blueprint, settings.blueprint),
)
