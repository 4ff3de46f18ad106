"""The first page: what is wrong, what needs a decision, what is due next, and what went out."""

from flask import Blueprint, render_template

from newsletter.console import first_steps, gate, overview
from newsletter.console.gate import Answer
from newsletter.console.troubles import troubles
from newsletter.operators.policy import Role
from newsletter.operators.queries import has_second_step
from newsletter.web.current import settings

blueprint = Blueprint("console_home", __name__, url_prefix="/console")


@blueprint.get("")
@gate.requires(Role.VIEWER)
def home() -> Answer:
    of = gate.may_see()
    asked, confirmed = overview.week_of_sign_ups(of)
    return render_template(
        "console/home.html",
        steps=first_steps.steps() if gate.may(Role.EDITOR) else [],
        troubles=troubles(of),
        waiting=overview.waits(of),
        coming=overview.comes_next(of),
        sent=overview.went_out(of),
        asked=asked,
        confirmed=confirmed,
        lacks_factor=gate.here().powers.may_somewhere(Role.PUBLISHER)
        and not has_second_step(gate.operator(), settings().second_factor),
    )
