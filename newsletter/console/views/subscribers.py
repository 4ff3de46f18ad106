"""The list of subscribers: found by any field, told exactly, and to be taken along."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from newsletter.console import gate
from newsletter.console.gate import Answer
from newsletter.console.people_forms import AddressForm, FilterForm
from newsletter.console.scope import chosen, narrowed, visible_newsletters
from newsletter.console.speaking import tell
from newsletter.console.tables import csv_answer
from newsletter.core.addresses import parse
from newsletter.core.db import transaction
from newsletter.core.errors import InvalidInput
from newsletter.core.words import said
from newsletter.operators.policy import Role
from newsletter.operators.service import note
from newsletter.subscriptions.models import BulkKind
from newsletter.subscriptions.policy.wanting import Wanted, wanted_from
from newsletter.subscriptions.queries import find_subscriber
from newsletter.subscriptions.queries.finding import BOUNDS, People, people, standings
from newsletter.subscriptions.service.exporting import COLUMNS, Filter, export
from newsletter.suppressions.queries import find_suppression
from newsletter.web.current import settings
from newsletter.web.numbers import MOST_DIGITS, whole_number

FIELDS = ("newsletter", "status", "text", "form", "since", "until", "topic", "cadence", "provider")

blueprint = Blueprint("console_subscribers", __name__, url_prefix="/console/subscribers")


@blueprint.get("")
@gate.requires(Role.VIEWER)
def overview() -> Answer:
    form, before = FilterForm(request.args), request.args.get("before")
    form.offer(visible_newsletters())
    try:
        wanted = wanted_in(request.args)
        found = people(wanted, whole_number(before, MOST_DIGITS) if before else None)
    except InvalidInput as problem:
        form[problem.field].errors = [str(problem)]
        return _list(form, People((), None, is_cut=False, total=0), Wanted()), 422
    return _list(form, found, wanted)


@blueprint.post("/find")
@gate.requires(Role.VIEWER)
def find() -> Answer:
    """A whole address stands in no address of ours, and so in no log of any proxy."""
    form = AddressForm()
    try:
        mailbox = parse(form.email.data or "")
    except InvalidInput:
        # The beginning of an address, or a domain.
        return redirect(url_for(".overview", text=(form.email.data or "").strip()[:254]), 303)
    key = mailbox.key(settings().pepper)
    known = find_subscriber(key)
    if known and _may_see(known.id):
        return redirect(url_for("console_person.story", number=known.id), 303)
    if gate.may(Role.VIEWER) and find_suppression(key):
        return redirect(url_for("console_suppressions.one", key=key), 303)
    tell(said("Nobody with this address is known, and it may be mailed."), "problem")
    return redirect(url_for(".overview"), 303)


@blueprint.post("/export")
@gate.requires(Role.VIEWER)
def take_along() -> Answer:
    of = chosen(request.form.get("newsletter", ""))
    gate.demand(Role.PUBLISHER, of.id)
    wanted = wanted_in(request.form)
    with transaction():
        note(gate.operator().id, "exported", f"subscribers of {of.slug}: {wanted.words({of.id: of.name})}")
    rows = (tuple(row.values()) for row in export(Filter(of.slug, wanted=wanted)))
    return csv_answer(f"subscribers-{of.slug}", COLUMNS, rows)


def wanted_in(asked: Mapping[str, Any]) -> Wanted:
    """Whom a request asks for, of what may be seen. Raises InvalidInput."""
    return wanted_from(asked, narrowed(str(asked.get("newsletter", ""))))


def query_of(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What says the same in the address of another page."""
    return {name: str(asked[name]) for name in FIELDS if asked.get(name)}


def _list(form: FilterForm, found: People, wanted: Wanted) -> str:
    query = query_of(request.args)
    older = url_for(".overview", **query, before=found.older) if found.older else None
    return render_template(
        "console/subscribers.html",
        form=form,
        finding=AddressForm(),
        found=found,
        few=BOUNDS.few,
        older=older,
        newest=url_for(".overview", **query) if request.args.get("before") else None,
        query=query,
        is_narrowed=bool(set(query) - {"newsletter"}),
        acts=_acts(wanted, query),
        standings=standings([each.id for each in found.rows], gate.may_see()),
        newsletters={each.id: each for each in visible_newsletters()},
    )


def _acts(wanted: Wanted, query: Mapping[str, str]) -> list[BulkKind]:
    """What can be done to all of them: of one newsletter, or of the whole house."""
    if wanted.prefix or not query:
        return []
    ids = wanted.newsletter_ids or frozenset()
    acts = [BulkKind.UNSUBSCRIBE] if len(ids) == 1 and gate.may(Role.PUBLISHER, *ids) else []
    return [*acts, BulkKind.SUPPRESS] if gate.may(Role.PUBLISHER) else acts


def _may_see(number: int) -> bool:
    visible = gate.may_see()
    return visible is None or bool(standings([number], visible)[number])
