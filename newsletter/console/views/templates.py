"""Templates of operators: what a part says, how a mail looks with it, and all that it ever said."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from newsletter.console.acting import done, noting
from newsletter.console.gate import Answer, operator, requires
from newsletter.console.scope import chosen, visible_newsletters
from newsletter.console.views.previews import framed, in_light
from newsletter.core.addresses import parse
from newsletter.core.errors import Conflict, InvalidInput, TemplateRefused, UnsafeMessage
from newsletter.core.words import said
from newsletter.editions.service import Preview, preview_as, preview_with
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.policy import Theme
from newsletter.newsletters.queries import newsletter as find
from newsletter.operators.policy import Role
from newsletter.subscriptions.queries import find_subscriber, find_subscription
from newsletter.templates.emails import start_of
from newsletter.templates.policy import PARTS, STYLE, difference
from newsletter.templates.policy import part as part_called
from newsletter.templates.queries import current, version, versions
from newsletter.templates.service import restore_template, save_template, take_look, take_theme
from newsletter.web.current import house, settings
from newsletter.web.numbers import whole_number
from newsletter.web.words import translated

NO_PROBLEMS: Mapping[str, str] = MappingProxyType({})

blueprint = Blueprint("console_templates", __name__, url_prefix="/console/templates")


@blueprint.get("")
@requires(Role.VIEWER)
def index() -> Answer:
    """Each newsletter with its parts, and which of them are written."""
    return _list()


@blueprint.get("/<newsletter>/<part>")
@requires(Role.VIEWER)
def show(newsletter: str, part: str) -> Answer:
    """`against` is the number of a version to compare the newest with; `start` a theme to begin with."""
    start = request.args.get("start", "")
    if start not in list(Theme):
        return _page(newsletter, part)
    return _page(newsletter, part, start_of(Theme(start), find(newsletter)).get(part))


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
    words = (
        said("Version %(number)s counts.", number=saved.number)
        if saved.source
        else said("The theme decides again.")
    )
    return done(str(translated(words)), url_for(".show", newsletter=newsletter, part=part))


@blueprint.post("/<newsletter>/<part>/restore")
@requires(Role.PUBLISHER)
def restore(newsletter: str, part: str) -> Answer:
    """Make version `number` the newest again."""
    number = whole_number(request.form.get("number", ""))
    with noting("restored", f"template {part} of {newsletter}, version {number}"):
        saved = restore_template(newsletter, part, number, operator().address)
    words = said("It says what version %(old)s said, as version %(new)s.", old=number, new=saved.number)
    return done(str(translated(words)), url_for(".show", newsletter=newsletter, part=part))


@blueprint.post("/<newsletter>/take")
@requires(Role.PUBLISHER)
def take(newsletter: str) -> Answer:
    """All parts as `look` has them: `theme:` and one of ours, or `of:` and another newsletter that may be seen."""
    kind, _, name = request.form.get("look", "").partition(":")
    by = operator().address
    try:
        with noting("took", f"templates of {newsletter} from {name[:60]}"):
            if kind == "theme":
                take_theme(newsletter, name, by)
            else:
                take_look(newsletter, chosen(name).slug, by)
    except (InvalidInput, Conflict) as problem:
        return _list({newsletter: str(problem)}), 422
    words = said("All parts were taken from %(name)s. What they said before is kept as versions.", name=name)
    return done(str(translated(words)), url_for(".show", newsletter=newsletter, part=STYLE))


@blueprint.post("/<newsletter>/<part>/preview")
@requires(Role.PUBLISHER)
def preview(newsletter: str, part: str) -> Response:
    """The newest edition with `source` in it, for the subscriber `reader` or somebody called `name`; kept nowhere.

    `light` is `dark` or anything else; `no_pictures` and `as_text` are there or not.
    """
    of, sources = find(newsletter), {part_called(part).name: request.form.get("source", "")}
    address = request.form.get("reader", "").strip()
    try:
        if address:
            found = preview_as(of.id, sources, _reader(of, address), house())
        else:
            found = preview_with(of.id, sources, request.form.get("name", ""), house())
    except (InvalidInput, UnsafeMessage) as problem:
        return _staged(None, str(problem))
    return _staged(found, "")


def _reader(of: Newsletter, address: str) -> int:
    """Raises InvalidInput, also for somebody who is known for another newsletter only."""
    person = find_subscriber(parse(address).key(settings().pepper))
    if person is None or find_subscription(person.id, of.id) is None:
        raise InvalidInput(said("Nobody with this address subscribes to %(name)s.", name=of.name), field="reader")
    return person.id


def _staged(found: Preview | None, problem: str) -> Response:
    is_dark = request.form.get("light") == "dark"
    content = found.content if found else None
    stage = render_template(
        "console/templates/stage.html",
        problem=problem,
        found=found,
        page=in_light(content.html, "dark" if is_dark else "light") if content else "",
        as_text="as_text" in request.form,
    )
    answer = Response(stage, 422 if problem else 200, mimetype="text/html")
    return framed(answer, with_pictures="no_pictures" not in request.form)


def _list(problems: Mapping[str, str] = NO_PROBLEMS) -> str:
    shown = [(each, current(each.id)) for each in visible_newsletters()]
    return render_template(
        "console/templates/list.html", newsletters=shown, parts=PARTS, themes=list(Theme), problems=problems
    )


def _page(slug: str, name: str, typed: str | None = None, wrong: str = "") -> str:
    of, part = find(slug), part_called(name)
    kept = versions(of.id, part.name)
    newest = kept[0].source if kept else ""
    return render_template(
        "console/templates/part.html",
        of=of,
        part=part,
        parts=PARTS,
        written=current(of.id),
        themes=list(Theme),
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
    return {"against": before.number, "difference": difference(before.source, newest)}
