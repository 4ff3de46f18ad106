"""Sources: what is read, how it goes, one to add, to pause or to remove. They are of the whole house."""

from flask import Blueprint, render_template, request, url_for

from newsletter.articles.feeds import poll as read_now
from newsletter.articles.queries import how_many, listed, removed_sources, sources
from newsletter.articles.queries import source as find
from newsletter.articles.service import add_source, pause_source, remove_source, resume_source
from newsletter.console.acting import done, noting
from newsletter.console.gate import Answer, operator, requires
from newsletter.core.db import transaction
from newsletter.core.errors import Conflict, InvalidInput
from newsletter.core.fetcher import Fetcher
from newsletter.core.words import numbered, said
from newsletter.digests.queries import newsletters_drawing_from
from newsletter.digests.service import ties
from newsletter.operators.policy import Role
from newsletter.operators.service import note
from newsletter.web.current import settings
from newsletter.web.numbers import whole_number

blueprint = Blueprint("console_sources", __name__, url_prefix="/console/sources")


@blueprint.get("")
@requires(Role.VIEWER)
def index() -> Answer:
    return _list()


@blueprint.post("")
@requires(Role.EDITOR)
def add() -> Answer:
    """`url` of a feed, or of a page that names one; it is read at once. One that was removed comes back."""
    try:
        with noting("added", f"source {request.form.get('url', '').strip()[:200]}"):
            added = add_source(request.form.get("url", ""), request.form.get("credit", ""))
    except (InvalidInput, Conflict) as problem:
        return _list(str(problem)), 422
    return _read(added.id, said("Added"))


@blueprint.get("/<source_id>")
@requires(Role.VIEWER)
def show(source_id: str) -> Answer:
    of = find(whole_number(source_id))
    return render_template(
        "console/sources/show.html",
        source=of,
        articles=listed(of.id).rows,
        total=how_many().get(of.id, 0),
        newsletters=newsletters_drawing_from(of.id),
        poll_every=settings().poll_every,
    )


@blueprint.post("/<source_id>/poll")
@requires(Role.EDITOR)
def poll(source_id: str) -> Answer:
    """Read it now; what is wrong with it stands on its page."""
    of = find(whole_number(source_id))
    with transaction():
        note(operator().id, "read", f"source {of.id}")
    return _read(of.id, said("Read"))


@blueprint.post("/<source_id>/pause")
@requires(Role.EDITOR)
def pause(source_id: str) -> Answer:
    """Read it no more until it is resumed."""
    number = whole_number(source_id)
    with noting("paused", f"source {number}"):
        pause_source(number)
    return done(
        said("It is paused: nothing new comes from it until you resume it."), url_for(".show", source_id=number)
    )


@blueprint.post("/<source_id>/resume")
@requires(Role.EDITOR)
def resume(source_id: str) -> Answer:
    """Read it again, from the next poll on."""
    number = whole_number(source_id)
    with noting("resumed", f"source {number}"):
        resume_source(number)
    return done(said("It is read again, from the next time on."), url_for(".show", source_id=number))


@blueprint.get("/<source_id>/remove")
@requires(Role.EDITOR)
def ask_remove(source_id: str) -> Answer:
    """What hangs on it, and whether it is meant."""
    of = find(whole_number(source_id))
    return render_template("console/sources/remove.html", source=of, ties=ties(of.id))


@blueprint.post("/<source_id>/remove")
@requires(Role.EDITOR)
def remove(source_id: str) -> Answer:
    """Read it no more, and let no digest take from it; its articles stay."""
    number = whole_number(source_id)
    with noting("removed", f"source {number}"):
        remove_source(number)
    return done(
        said("It is removed. Its articles stay; add its address again to bring it back."), url_for(".index")
    )


def _list(wrong: str = "") -> str:
    return render_template(
        "console/sources/list.html",
        sources=sources(),
        removed=removed_sources(),
        counts=how_many(),
        wrong=wrong,
        typed=request.form if wrong else {},
        poll_every=settings().poll_every,
    )


def _read(source_id: int, verb: str) -> Answer:
    """No transaction is open meanwhile: the other server may take its time."""
    polled = read_now(source_id, Fetcher(allow=settings().fetch_allow))
    page = url_for(".show", source_id=source_id)
    if polled.problem:
        return done(
            said("%(verb)s, and it could not be read: %(problem)s", verb=verb, problem=polled.problem), page
        )
    words = numbered("%(verb)s: %(num)s new article.", "%(verb)s: %(num)s new articles.", polled.new, verb=verb)
    return done(words, page)
