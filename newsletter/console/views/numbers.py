"""Numbers people would rather see: growth and churn, who confirms, what became of editions, where they fail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, render_template, request

from newsletter.console import gate
from newsletter.console.charts import Column, columns
from newsletter.console.gate import Answer
from newsletter.console.scope import chosen, visible_newsletters
from newsletter.console.tables import csv_answer
from newsletter.core.clock import now
from newsletter.core.errors import NotFound
from newsletter.core.words import said
from newsletter.delivery.policy import Status
from newsletter.delivery.queries import counted_failures, counted_states
from newsletter.editions.queries import mailed_editions
from newsletter.newsletters.models import Newsletter
from newsletter.operators.policy import Role
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.policy.growth import WEEK, Week, monday_of, weeks
from newsletter.subscriptions.policy.ratios import Ratio, low
from newsletter.subscriptions.queries import By, confirm_ratios
from newsletter.subscriptions.queries.growing import growth, growth_counted_at, standing_counts

WEEKS, RATIO_DAYS, EDITIONS, DOMAINS = 26, 30, 20, 15
RATIOS: Sequence[By] = ("form", "page", "provider")

blueprint = Blueprint("console_numbers", __name__, url_prefix="/console/numbers")


@dataclass(frozen=True)
class Table:
    """What is shown as rows, and can be taken along as CSV."""

    header: Sequence[str]
    rows: Sequence[Sequence[object]]


@blueprint.get("")
@gate.requires(Role.VIEWER)
def overview() -> Answer:
    there = visible_newsletters()
    if not there:
        return render_template("console/numbers.html", of=None, newsletters=there)
    slug = request.args.get("newsletter", "")
    of = next((each for each in there if each.slug == slug), there[0])
    states = standing_counts(of.id)
    grown, sent = _weeks(of, states), _editions(of)
    ratios = {by: confirm_ratios(by, _ratio_since(), of.id) for by in RATIOS}
    return render_template(
        "console/numbers.html",
        of=of,
        newsletters=there,
        states=states,
        weeks=grown,
        growth_chart=columns([_growth_column(each) for each in grown]),
        counted_at=growth_counted_at(),
        ratios={by: rows[:DOMAINS] for by, rows in ratios.items()},
        low=[each.name for each in low(ratios["provider"])],
        days=RATIO_DAYS,
        editions=sent,
        editions_chart=columns([_edition_column(each) for each in reversed(sent)]),
        failures=_failures(of),
        shown_states=SHOWN_STATES,
    )


@blueprint.get("/<what>.csv")
@gate.requires(Role.VIEWER)
def take_along(what: str) -> Answer:
    make = _TABLES.get(what)
    if make is None:
        raise NotFound(kind="page", name=what[:20])
    of = chosen(request.args.get("newsletter", ""))
    made = make(of)
    return csv_answer(f"{what}-{of.slug}", made.header, made.rows)


SHOWN_STATES = (Status.ACCEPTED, Status.FAILED, Status.UNKNOWN, Status.SKIPPED, Status.CANCELLED)
"""In which deliveries of an edition that has ended can be."""


@dataclass(frozen=True)
class Sent:
    """An edition that went out; `states` None where it has not ended, or was not counted yet."""

    number: int
    subject: str
    slot: str
    audience: int
    states: Mapping[Status, int] | None


def _weeks(of: Newsletter, states: Mapping[SubscriptionStatus, int]) -> Sequence[Week]:
    today = now().date()
    since = monday_of(today) - (WEEKS - 1) * WEEK
    readers = states[SubscriptionStatus.CONFIRMED] + states[SubscriptionStatus.PAUSED]
    return weeks(growth(of.id, since), readers, today, WEEKS)


def _growth_column(week: Week) -> Column:
    above = [("joined", week.joined), ("imported", week.brought)]
    return Column(said("week of %(day)s", day=week.monday), above, [("left", week.left)])


def _editions(of: Newsletter) -> Sequence[Sent]:
    """Newest first."""
    there = mailed_editions(of.id, EDITIONS)
    states = counted_states([each.mailing_id for each in there if each.mailing_id])
    return [
        Sent(
            each.id,
            each.subject,
            str(each.slot),
            sum(states.get(each.mailing_id or 0, {}).values()),
            states.get(each.mailing_id or 0),
        )
        for each in there
    ]


def _edition_column(sent: Sent) -> Column:
    return Column(sent.subject, [(str(state), (sent.states or {}).get(state, 0)) for state in SHOWN_STATES])


def _failures(of: Newsletter) -> Sequence[tuple[str, int]]:
    there = mailed_editions(of.id, EDITIONS)
    return counted_failures([each.mailing_id for each in there if each.mailing_id], DOMAINS)


def _ratio_since() -> date:
    return (now() - timedelta(days=RATIO_DAYS - 1)).date()


def _growth_table(of: Newsletter) -> Table:
    rows = [
        [each.monday, each.joined, each.brought, each.left, each.readers, _share(each.churn)]
        for each in _weeks(of, standing_counts(of.id))
    ]
    return Table(("week", "joined", "imported", "left", "readers", "churn"), rows)


def _ratio_table(by: By) -> Callable[[Newsletter], Table]:
    def make(of: Newsletter) -> Table:
        rows = [_ratio_row(each) for each in confirm_ratios(by, _ratio_since(), of.id)]
        return Table((by, "asked", "confirmed", "ratio", "within hour", "reminded", "after reminder"), rows)

    return make


def _ratio_row(each: Ratio) -> Sequence[object]:
    counted = each.within_hour, each.reminded, each.after_reminder
    return [each.name, each.asked, each.confirmed, _share(each.share), *counted]


def _edition_table(of: Newsletter) -> Table:
    rows = [
        [each.number, each.slot, each.subject, *((each.states or {}).get(state, 0) for state in SHOWN_STATES)]
        for each in _editions(of)
        if each.states is not None
    ]
    return Table(("edition", "slot", "subject", *SHOWN_STATES), rows)


def _failure_table(of: Newsletter) -> Table:
    return Table(("domain", "failed"), [(domain or "all others", failed) for domain, failed in _failures(of)])


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


_TABLES: Mapping[str, Callable[[Newsletter], Table]] = {
    "growth": _growth_table,
    "editions": _edition_table,
    "failures": _failure_table,
    **{f"confirmed-by-{by}": _ratio_table(by) for by in RATIOS},
}
