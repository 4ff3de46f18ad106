"""The pages of the console, one module for each noun."""

from flask import Blueprint

from newsletter.console.views import (
    bulk,
    door,
    home,
    imports,
    numbers,
    person,
    snippets,
    subscribers,
    suppressions,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    home.blueprint,
    door.blueprint,
    subscribers.blueprint,
    bulk.blueprint,
    person.blueprint,
    imports.blueprint,
    suppressions.blueprint,
    numbers.blueprint,
    snippets.blueprint,
)
