"""What an editor changes in an edition on the desk, and how it leaves; each goes back to the edition's page."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from newsletter.console.acting import done, noting
from newsletter.console.desks import desk, findings
from newsletter.console.gate import requires
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import Conflict, InvalidInput, UnsafeMessage
from newsletter.core.words import said
from newsletter.editions import service
from newsletter.editions.policy import EditionStatus
from newsletter.editions.queries import edition
from newsletter.newsletters.models import Newsletter
from newsletter.operators.policy import Role
from newsletter.subscriptions.queries.growing import reach_now
from newsletter.web.current import house
from newsletter.web.numbers import MOST_DIGITS, find_number, whole_number

blueprint = Blueprint("console_desk", __name__, url_prefix="/console/editions/<edition_id>")

Answer = Response | str | tuple[str, int]


@blueprint.post("/articles/<article_id>/<step>")
@requires(Role.EDITOR)
def arrange(edition_id: str, article_id: str, step: str) -> Answer:
    """`up`, `down`, `top`, `drop` or `take-in`."""
    key, article = int(edition_id), whole_number(article_id, MOST_DIGITS)
    verbs: dict[str, tuple[str, Callable[[], object]]] = {
        "drop": ("dropped", lambda: service.drop(key, article)),
        "take-in": ("took in", lambda: service.take_in(key, article)),
        **{each.value: ("moved", lambda: service.move(key, article, service.Step(step))) for each in service.Step},
    }
    if step not in verbs:
        problem = said("An article goes %(verbs)s.", verbs=", ".join(verbs))
        raise InvalidInput(problem)
    what, change = verbs[step]
    words = {
        "drop": said("Taken out. It is among those left out, below."),
        "take-in": said("Put in, after the others."),
    }
    with noting(f"{what} article {article} of", _name(key)):
        change()
    return done(
        words.get(step, said("Moved.")), _page(key) + (f"#article-{article}" if step != "drop" else "#articles")
    )


@blueprint.post("/order")
@requires(Role.EDITOR)
def reorder(edition_id: str) -> Answer:
    """`articles`: all of them in another order, as `3,1,2`."""
    key = int(edition_id)
    ids = [whole_number(each, MOST_DIGITS) for each in request.form.get("articles", "").split(",")]
    with noting("ordered the articles of", _name(key)):
        service.reorder(key, ids)
    return done(said("The new order is kept."), f"{_page(key)}#articles")


@blueprint.post("/subject")
@requires(Role.EDITOR)
def call(edition_id: str) -> Answer:
    text = request.form.get("subject", "")
    return _typed(edition_id, "renamed", lambda key: service.call(key, text), said("The subject is kept."))


@blueprint.post("/split")
@requires(Role.EDITOR)
def split(edition_id: str) -> Answer:
    """Try `other_subject` on `share` percent of the readers for so many `minutes`; without a subject, end that."""
    words = request.form.get("other_subject", "").strip()
    if not words:
        return _typed(
            edition_id, "ended two subjects of", service.unsplit, said("It leaves with its own subject.")
        )
    return _typed(
        edition_id, "gave a second subject to", lambda key: _split(key, words), said("Both will be tried.")
    )


@blueprint.post("/note")
@requires(Role.EDITOR)
def annotate(edition_id: str) -> Answer:
    """`text` before the section `section`, or the whole edition."""
    text, section = request.form.get("text", ""), request.form.get("section", "")
    return _typed(
        edition_id, "wrote a note in", lambda key: service.annotate(key, text, section), said("The note is kept.")
    )


@blueprint.post("/try")
@requires(Role.EDITOR)
def try_(edition_id: str) -> Answer:
    """A test to any `email`."""
    address = request.form.get("email", "")
    return _typed(
        edition_id,
        "sent a test of",
        lambda key: _try(key, address),
        said("The test is on its way. Who must not be mailed gets no test either."),
    )


@blueprint.post("/hold")
@requires(Role.EDITOR)
def hold(edition_id: str) -> Answer:
    because = " ".join(request.form.get("because", "").split()) or "an operator holds it"
    with noting("held", _name(int(edition_id))):
        service.hold(int(edition_id), because)
    return done(said("It is held: it leaves only once somebody approves it."), _page(int(edition_id)))


@blueprint.post("/approve")
@requires(Role.PUBLISHER)
def approve(edition_id: str) -> Answer:
    with noting("approved", _name(int(edition_id))):
        service.approve(int(edition_id), house())
    return done(said("It is approved."), _page(int(edition_id)))


@blueprint.post("/schedule")
@requires(Role.PUBLISHER)
def schedule(edition_id: str) -> Answer:
    """For the wall time `at` in the newsletter's zone."""
    return _typed(edition_id, "scheduled", _schedule, said("It is scheduled."))


@blueprint.get("/send")
@requires(Role.PUBLISHER)
def ask_send(edition_id: str) -> Answer:
    """How many it would go to, before anything is sent."""
    chosen = edition(int(edition_id))
    of = db.session.get_one(Newsletter, chosen.newsletter_id)
    return render_template(
        "console/editions/send.html",
        edition=chosen,
        of=of,
        reach=reach_now(of.id),
        findings=findings(chosen),
        may_leave=chosen.status in (EditionStatus.DRAFT, EditionStatus.SCHEDULED),
    )


@blueprint.post("/send")
@requires(Role.PUBLISHER)
def send(edition_id: str) -> Answer:
    """The worker takes it within a second, so that nobody waits here while a million are queued."""
    with noting("sent", _name(int(edition_id))):
        service.let_leave(int(edition_id), house())
    return done(said("It leaves as soon as a worker sees it, within about a second."), _page(int(edition_id)))


@blueprint.post("/recall")
@requires(Role.PUBLISHER)
def recall(edition_id: str) -> Answer:
    with noting("recalled", _name(int(edition_id))):
        service.recall(int(edition_id))
    return done(said("It is recalled: its articles may go into another edition."), _page(int(edition_id)))


def _split(edition_id: int, words: str) -> None:
    share, minutes = (find_number(request.form.get(each, ""), 4) or 0 for each in ("share", "minutes"))
    service.split(edition_id, words, share / 100, timedelta(minutes=minutes))


def _try(edition_id: int, address: str) -> None:
    try:
        service.send_trial(edition_id, address, house())
    except UnsafeMessage as problem:
        raise Conflict(str(problem)) from problem


def _schedule(edition_id: int) -> None:
    of = db.session.get_one(Newsletter, edition(edition_id).newsletter_id)
    try:
        at = datetime.fromisoformat(request.form.get("at", ""))
    except ValueError as error:
        problem = said("Choose a day and a time, such as 2026-12-24T06:30.")
        raise InvalidInput(problem, field="at") from error
    moment = (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(of.timezone))).astimezone(UTC)
    if moment < now():
        problem = said("That moment is past; choose one to come, in %(zone)s.", zone=of.timezone)
        raise InvalidInput(problem, field="at")
    for each in findings(edition(edition_id)):
        if each.is_error:
            raise InvalidInput(each.words, field="at")
    service.schedule(edition_id, moment, house())


def _typed(edition_id: str, what: str, change: Callable[[int], object], words: str) -> Answer:
    """As with the buttons, but what cannot be used stays in its field, with what to do about it."""
    key = int(edition_id)
    try:
        with noting(what, _name(key)):
            change(key)
    except InvalidInput as problem:
        return render_template("console/editions/desk.html", **desk(edition(key), problem)), 422
    return done(words, _page(key))


def _page(edition_id: int) -> str:
    return url_for("console_editions.show", edition_id=edition_id)


def _name(edition_id: int) -> str:
    return f"edition {edition_id}"
