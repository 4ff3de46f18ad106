"""The pages of the console, one module for each noun."""

from flask import Blueprint

from newsletter.console.views import (
    account,
    audit,
    backends,
    bulk,
    door,
    home,
    imports,
    newsletters,
    numbers,
    operators,
    person,
    settings,
    snippets,
    subscribers,
    suppressions,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    *(home.blueprint, door.blueprint, account.blueprint),
    *(subscribers.blueprint, bulk.blueprint, person.blueprint),
    *(imports.blueprint, suppressions.blueprint, numbers.blueprint, snippets.blueprint),
    *(newsletters.blueprint, backends.blueprint, operators.blueprint, audit.blueprint, settings.blueprint),
)
