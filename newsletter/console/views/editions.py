"""Editions: the list, and the page of each: a desk until it leaves, its ledger from then on."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request

from newsletter.console.desks import desk
from newsletter.console.gate import may_see, requires
from newsletter.console.paging import asked_place, ways
from newsletter.console.views.sending import ledger_page
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import edition
from newsletter.editions.queries.listing import Wanted, audiences, listed, states
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletters
from newsletter.operators.policy import Role

blueprint = Blueprint("console_editions", __name__, url_prefix="/console/editions")


@blueprint.get("")
@requires(Role.VIEWER)
def index() -> str:
    """What there is of the newsletters that one may look at, newest first."""
    seen = may_see()
    visible = {each.id: each for each in newsletters() if seen is None or each.id in seen}
    filters = _filters(visible)
    of_one = [each.id for each in visible.values() if each.slug == filters["newsletter"]]
    chosen = of_one or (None if seen is None else list(visible))
    state = EditionStatus(filters["state"]) if filters["state"] else None
    page = listed(Wanted(chosen, state), asked_place())
    return render_template(
        "console/editions/list.html",
        rows=page.rows,
        of=visible,
        audiences=audiences(page.rows),
        counts=states(chosen),
        filters=filters,
        states=list(EditionStatus),
        **ways(page, filters),
    )


@blueprint.get("/<edition_id>")
@requires(Role.VIEWER)
def show(edition_id: str) -> str:
    chosen = edition(int(edition_id))
    return (
        ledger_page(chosen) if chosen.mailing_id else render_template("console/editions/desk.html", **desk(chosen))
    )


def _filters(visible: Mapping[int, Newsletter]) -> dict[str, Any]:
    """What is asked for; what is none of the choices counts as everything."""
    slug, state = request.args.get("newsletter", ""), request.args.get("state", "")
    slugs = {each.slug for each in visible.values()}
    return {"newsletter": slug if slug in slugs else "", "state": state if state in list(EditionStatus) else ""}
