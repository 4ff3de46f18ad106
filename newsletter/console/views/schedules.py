"""The times of a digest: as they would be, in words and with the next ten, before they are kept."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from flask import Blueprint, render_template, request, url_for

from newsletter.console.acting import done, noting
from newsletter.console.gate import Answer, requires
from newsletter.core.clock import now
from newsletter.core.errors import InvalidInput
from newsletter.core.words import said
from newsletter.digests import queries, service
from newsletter.digests.models import Digest
from newsletter.digests.policy import cron_of, in_words, next_slots
from newsletter.operators.policy import Role
from newsletter.web.words import language

blueprint = Blueprint("console_schedules", __name__, url_prefix="/console/digests")


@dataclass(frozen=True)
class Times:
    """A schedule as it was understood: in words, as cron text, and its next ten slots, wall times of the zone."""

    words: str
    cron: str
    zone: str
    slots: list[datetime]


def times(when: str, zone: str) -> Times:
    """Of `when` in words or as cron text. Raises InvalidSchedule, which says what was expected."""
    cron = cron_of(when)
    return Times(in_words(cron, zone, language()), cron, zone, list(next_slots(cron, zone, now())))


@blueprint.get("/<digest>/schedule")
@requires(Role.EDITOR)
def ask(digest: str) -> Answer:
    """`when` in words or as cron text, and `timezone`: what that would mean; without them, how it is."""
    return _page(queries.digest(digest))


@blueprint.post("/<digest>/schedule")
@requires(Role.EDITOR)
def keep(digest: str) -> Answer:
    """`when` in words or as cron text, in the zone `timezone`."""
    when, zone = request.form.get("when", ""), request.form.get("timezone", "").strip()
    try:
        with noting("rescheduled", f"digest {digest}"):
            service.reschedule(digest, when, zone or None)
    except InvalidInput:
        return _page(queries.digest(digest)), 422
    return done(said("The times are kept."), url_for("console_digests.show", digest=digest))


def _page(of: Digest) -> str:
    when = request.values.get("when", of.cron)
    zone = request.values.get("timezone", "").strip() or of.timezone
    wrong, found = {}, None
    try:
        found = times(when, zone)
    except InvalidInput as problem:
        wrong = {problem.field: str(problem)}
    return render_template(
        "console/digests/schedule.html",
        digest=of,
        typed={"when": when, "timezone": zone},
        times=found,
        is_new=found is not None and (found.cron, found.zone) != (of.cron, of.timezone),
        wrong=wrong,
        zones=sorted(available_timezones()),
    )
