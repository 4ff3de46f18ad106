"""The pages of the console, one module for each noun."""

from flask import Blueprint

from newsletter.console.views import door, home

BLUEPRINTS: tuple[Blueprint, ...] = (home.blueprint, door.blueprint)
