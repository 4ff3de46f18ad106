"""The pages of the console, one module for each noun."""

from flask import Blueprint

from newsletter.console.views import account, audit, door, home, operators

BLUEPRINTS: tuple[Blueprint, ...] = (
    *(home.blueprint, door.blueprint, account.blueprint),
    *(operators.blueprint, audit.blueprint),
)
