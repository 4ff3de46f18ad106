"""The trail: who did what, about what, when and from where."""

from flask import Blueprint, render_template, request, url_for

from newsletter.console import gate
from newsletter.console.gate import HOUSE, Answer
from newsletter.operators.policy import Role
from newsletter.operators.queries import trail
from newsletter.web.numbers import MOST_DIGITS, whole_number

blueprint = Blueprint("console_audit", __name__, url_prefix="/console/audit")


@blueprint.get("")
@gate.requires(Role.OWNER, HOUSE)
def index() -> Answer:
    older, newer, who = (_number(name) for name in ("older", "newer", "who"))
    page = trail(older, newer, who)
    return render_template(
        "console/audit.html",
        events=page.events,
        is_of_one=who is not None,
        older_url=url_for("console_audit.index", older=page.older_than, who=who) if page.older_than else None,
        newer_url=url_for("console_audit.index", newer=page.newer_than, who=who) if page.newer_than else None,
    )


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return whole_number(text, MOST_DIGITS) if text else None
