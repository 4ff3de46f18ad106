"""The first page: what went out, what is due next, what needs a decision, and what is wrong."""

from flask import Blueprint, render_template

from newsletter.console import gate
from newsletter.console.gate import Answer
from newsletter.operators.policy import Role

blueprint = Blueprint("console_home", __name__, url_prefix="/console")


@blueprint.get("")
@gate.requires(Role.VIEWER)
def home() -> Answer:
    return render_template("console/home.html")
