"""An edition on its way: its ledger, kept true while one looks at it, and the buttons that stop it and go on."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from newsletter.console.acting import done, noting
from newsletter.console.desks import shown
from newsletter.console.gate import requires
from newsletter.console.live import stream, watches
from newsletter.console.watching import Seen
from newsletter.core.clock import now
from newsletter.core.db import db, reading
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.core.words import said
from newsletter.delivery.policy import ADVICE, MISSED
from newsletter.editions import service
from newsletter.editions.models import Edition
from newsletter.editions.policy import EditionStatus
from newsletter.editions.policy.splitting import HOW_DECIDED, Arm
from newsletter.editions.queries import articles_of, edition
from newsletter.editions.queries.splits import split_of, tallies
from newsletter.newsletters.models import Newsletter
from newsletter.operators.policy import Role
from newsletter.web.current import settings

blueprint = Blueprint("console_sending", __name__, url_prefix="/console/editions/<edition_id>")

STOP_POLLING = 286
"""What htmx takes for "here it is, and do not ask again"."""

BUSY_SECONDS = 30

ON_ITS_WAY = (EditionStatus.SENDING, EditionStatus.PAUSED)


def ledger_page(chosen: Edition) -> str:
    """The page of an edition that has been queued."""
    return render_template("console/editions/sending.html", **_facts(chosen), articles=articles_of(chosen.id))


@blueprint.get("/figures")
@requires(Role.VIEWER)
def figures(edition_id: str) -> Response:
    """The figures alone, for a page that asks again and again; it is sent anew once the state is another one."""
    facts = _facts(_queued(edition_id))
    answer = make_response(render_template("console/editions/_figures.html", **facts))
    if request.args.get("state") != facts["edition"].status:
        answer.headers["HX-Refresh"] = "true"
    elif facts["is_over"]:
        answer.status_code = STOP_POLLING
    return answer


@blueprint.get("/stream")
@requires(Role.VIEWER)
def live(edition_id: str) -> Response:
    """Server-sent events `figures`, `controls` and `over`; 503 when too many listen already."""
    chosen, seats = _queued(edition_id), watches()
    if not seats.take_seat():
        busy = Response("Too many pages listen; ask for the figures instead.\n", 503, mimetype="text/plain")
        busy.headers["Retry-After"] = str(BUSY_SECONDS)
        return busy
    key = chosen.id
    told = stream(lambda: _parts(key), lambda: seats.is_closing)
    answer = Response(stream_with_context(told), mimetype="text/event-stream")
    # Also when nobody ever reads a word of it, or goes away in the middle.
    answer.call_on_close(seats.leave_seat)
    # nginx would keep the words until there are enough of them.
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


@blueprint.post("/pause")
@requires(Role.PUBLISHER)
def pause(edition_id: str) -> AnyResponse:
    return _done(edition_id, "paused", service.pause, said("It is paused: nothing more is handed over."))


@blueprint.post("/resume")
@requires(Role.PUBLISHER)
def resume(edition_id: str) -> AnyResponse:
    return _done(edition_id, "resumed", service.resume, said("It goes on with those who have not got it."))


@blueprint.post("/cancel")
@requires(Role.PUBLISHER)
def cancel(edition_id: str) -> AnyResponse:
    return _done(edition_id, "cancelled", service.cancel, said("It is cancelled: nobody further gets it."))


@blueprint.post("/choose")
@requires(Role.PUBLISHER)
def choose(edition_id: str) -> AnyResponse:
    """`arm`: `own` or `other`, of two subjects."""
    arm = request.form.get("arm", "")
    if arm not in list(Arm):
        problem = said("Choose one of the two subjects.")
        raise InvalidInput(problem, field="arm")
    return _done(
        edition_id, "chose a subject of", lambda key: service.choose(key, Arm(arm)), said("The rest get that one.")
    )


@blueprint.post("/resend")
@requires(Role.PUBLISHER)
def resend(edition_id: str) -> AnyResponse:
    """`missed`: `failed`, `unknown` or both."""
    which = frozenset(each for each in MISSED if each.value in request.form.getlist("missed"))
    if not which:
        problem = said("Choose to whom it goes again: to those who failed, who are unknown, or both.")
        raise InvalidInput(problem, field="missed")
    words = f"sent again, to who was {' or '.join(sorted(which))},"
    return _done(
        edition_id,
        words,
        lambda key: service.resend(key, which),
        said("It goes out again to those it had missed."),
    )


def _queued(edition_id: str) -> Edition:
    chosen = edition(int(edition_id))
    if chosen.mailing_id is None:
        raise NotFound(kind="ledger of edition", name=chosen.id)
    return chosen


def _facts(chosen: Edition) -> dict[str, Any]:
    seen = watches().look(chosen.mailing_id or 0, settings().retry_within)
    split = split_of(chosen.id)
    return {
        "split": split,
        "tallies": tallies(chosen, split) if split else {},
        "how_decided": HOW_DECIDED,
        "edition": chosen,
        "of": db.session.get_one(Newsletter, chosen.newsletter_id),
        "watch": seen,
        "is_on_its_way": chosen.status in ON_ITS_WAY,
        "is_over": _is_over(chosen, seen),
        "bars": _bars(seen),
        "advice": ADVICE,
        "at": now(),
        "shown": shown(),
    }


def _is_over(chosen: Edition, seen: Seen) -> bool:
    """Whether nothing will change any more by itself."""
    return chosen.status not in ON_ITS_WAY and seen.is_final


def _parts(edition_id: int) -> Mapping[str, str]:
    with reading():
        facts = _facts(edition(edition_id))
    parts = {
        "figures": render_template("console/editions/_figures.html", **facts),
        "controls": render_template("console/editions/_controls.html", **facts),
    }
    return parts | ({"over": "over"} if facts["is_over"] else {})


def _bars(seen: Seen) -> list[tuple[str, float, float]]:
    """The states that there are with where they begin and how wide they are, in hundredths of the whole."""
    audience, begins, bars = max(sum(seen.figures.values()), 1), 0.0, []
    for state, count in seen.figures.items():
        width = 100 * count / audience
        if count:
            bars.append((state, round(begins, 3), round(width, 3)))
        begins += width
    return bars


def _done(edition_id: str, what: str, change: Callable[[int], object], words: str) -> AnyResponse:
    key = int(edition_id)
    with noting(what, f"edition {key}"):
        change(key)
    return done(words, url_for("console_editions.show", edition_id=key))
