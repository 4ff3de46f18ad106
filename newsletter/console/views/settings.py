"""How the house is set up: read-only, because settings are read once, at start."""

from flask import Blueprint, render_template

from newsletter.console import gate
from newsletter.console.checks import checks, shown_settings
from newsletter.console.gate import HOUSE, Answer
from newsletter.operators.policy import Role
from newsletter.web.current import house

blueprint = Blueprint("console_settings", __name__, url_prefix="/console/settings")


@blueprint.get("")
@gate.requires(Role.OWNER, HOUSE)
def index() -> Answer:
    return render_template("console/settings.html", checks=checks(house()), settings=shown_settings(house()))
