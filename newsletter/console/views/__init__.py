"""The pages of the console, one module for each noun."""

from flask import Blueprint

from newsletter.console.views import account, audit, backends, door, home, newsletters, operators, settings

BLUEPRINTS: tuple[Blueprint, ...] = (
    *(home.blueprint, door.blueprint, account.blueprint),
    *(newsletters.blueprint, backends.blueprint, operators.blueprint, audit.blueprint, settings.blueprint),
)
