"""Templates of operators: what a part says, how a mail looks with it, and all that it ever said."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from newsletter.console.acting import done, noting
from newsletter.console.gate import Answer, operator, requires
from newsletter.console.scope import visible_newsletters
from newsletter.console.views.previews import framed, in_light
from newsletter.core.errors import Conflict, NotFound, TemplateRefused, UnsafeMessage
from newsletter.editions.service import preview_with
from newsletter.newsletters.queries import newsletter as find
from newsletter.operators.policy import Role
from newsletter.templates.policy import PARTS, difference
from newsletter.templates.policy import part as part_called
from newsletter.templates.queries import current, version, versions
from newsletter.templates.service import restore_template, save_template
from newsletter.web.current import house
from newsletter.web.numbers import whole_number

blueprint = Blueprint("console_templates", __name__, url_prefix="/console/templates")


@blueprint.get("")
@requires(Role.VIEWER)
def index() -> Answer:
    """Each newsletter with its parts, and which of them are written."""
    shown = [(each, current(each.id)) for each in visible_newsletters()]
    return render_template("console/templates/list.html", newsletters=shown, parts=PARTS)


@blueprint.get("/<newsletter>/<part>")
@requires(Role.VIEWER)
def show(newsletter: str, part: str) -> Answer:
    """`against` is the number of a version to compare the newest with."""
    return _page(newsletter, part)


@blueprint.post("/<newsletter>/<part>")
@requires(Role.PUBLISHER)
def save(newsletter: str, part: str) -> Answer:
    """`source` as the next version, once it has been tried; an empty one leaves the part to the theme."""
    source = request.form.get("source", "")
    try:
        with noting("wrote", f"template {part} of {newsletter}"):
            saved = save_template(newsletter, part, source, operator().address)
    except (TemplateRefused, Conflict) as problem:
        return _page(newsletter, part, source, str(problem)), 422
    words = f"Version {saved.number} counts." if saved.source else "The theme decides again."
    return done(words, url_for(".show", newsletter=newsletter, part=part))


@blueprint.post("/<newsletter>/<part>/restore")
@requires(Role.PUBLISHER)
def restore(newsletter: str, part: str) -> Answer:
    """Make version `number` the newest again."""
    number = whole_number(request.form.get("number", ""))
    with noting("restored", f"template {part} of {newsletter}, version {number}"):
        saved = restore_template(newsletter, part, number, operator().address)
    return done(
        f"It says what version {number} said, as version {saved.number}.",
        url_for(".show", newsletter=newsletter, part=part),
    )


@blueprint.post("/<newsletter>/<part>/preview")
@requires(Role.PUBLISHER)
def preview(newsletter: str, part: str) -> Response:
    """The newest edition with `source` in it, for a reader called `name`, `light` or `dark`; kept nowhere."""
    sources = {part_called(part).name: request.form.get("source", "")}
    try:
        content = preview_with(find(newsletter).id, sources, request.form.get("name", ""), house()).content
    except (TemplateRefused, UnsafeMessage, NotFound) as problem:
        return framed(Response(str(problem), 422, mimetype="text/plain"), with_pictures=False)
    if part.endswith(".txt"):
        return framed(Response(content.text, mimetype="text/plain"), with_pictures=False)
    page = in_light(content.html, "dark" if request.form.get("light") == "dark" else "light")
    return framed(Response(page, mimetype="text/html"), with_pictures=not request.form.get("no_pictures"))


def _page(slug: str, name: str, typed: str | None = None, wrong: str = "") -> str:
    of, part = find(slug), part_called(name)
    kept = versions(of.id, part.name)
    newest = kept[0].source if kept else ""
    return render_template(
        "console/templates/part.html",
        of=of,
        part=part,
        versions=kept,
        source=newest if typed is None else typed,
        wrong=wrong,
        **_compared(of.id, part.name, newest),
    )


def _compared(newsletter_id: int, part: str, newest: str) -> dict[str, Any]:
    against = request.args.get("against", "")
    if not against:
        return {"against": None, "difference": ""}
    before = version(newsletter_id, part, whole_number(against))
    return {"against": before.number, "difference": difference(before.source, newest) or "They say the same."}
