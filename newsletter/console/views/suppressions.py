"""Addresses that must not be mailed: listed, searched, added, and lifted as the rules allow."""

from contextlib import suppress as passing_over

from flask import Blueprint, redirect, render_template, request, url_for

from newsletter.console import gate
from newsletter.console.gate import Answer
from newsletter.console.people_forms import AddressForm, BecauseForm, ReasonForm, SuppressForm
from newsletter.console.speaking import tell
from newsletter.core.addresses import parse
from newsletter.core.db import transaction
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.core.words import said
from newsletter.operators.policy import Role
from newsletter.operators.service import note
from newsletter.subscriptions.queries import find_subscriber
from newsletter.subscriptions.queries.suppressed import MOST_COUNTED, count_suppressed, suppressed
from newsletter.subscriptions.service.acting import METHOD, suppress_by_hand
from newsletter.subscriptions.service.unsuppressing import may_be_lifted, unsuppress_key
from newsletter.suppressions.models import Reason, Suppression
from newsletter.suppressions.queries import find_suppression
from newsletter.web.current import settings

KEY_LENGTH = 32

blueprint = Blueprint("console_suppressions", __name__, url_prefix="/console/suppressions")


@blueprint.get("")
@gate.requires(Role.VIEWER, of=gate.HOUSE)
def overview() -> Answer:
    return _list(SuppressForm(formdata=None))


@blueprint.post("/find")
@gate.requires(Role.VIEWER, of=gate.HOUSE)
def find() -> Answer:
    form = AddressForm()
    try:
        key = parse(form.email.data or "").key(settings().pepper)
    except InvalidInput as problem:
        tell(str(problem), "problem")
        return redirect(url_for(".overview"), 303)
    if find_suppression(key):
        return redirect(url_for(".one", key=key), 303)
    tell(said("This address is not suppressed."), "problem")
    return redirect(url_for(".overview"), 303)


@blueprint.post("")
@gate.requires(Role.PUBLISHER)
def add() -> Answer:
    form = SuppressForm()
    try:
        key = parse(form.email.data or "").key(settings().pepper)
        with transaction():
            suppress_by_hand(key, form.because.data or "")
            note(gate.operator().id, "suppressed", f"address {key}")
    except InvalidInput as problem:
        form.note(problem)
        return _list(form), 422
    tell(said("This address is mailed nothing more."))
    return redirect(url_for(".one", key=key), 303)


@blueprint.get("/<key>")
@gate.requires(Role.VIEWER, of=gate.HOUSE)
def one(key: str) -> Answer:
    return _page(_found(key), BecauseForm(formdata=None))


@blueprint.post("/<key>/lift")
@gate.requires(Role.PUBLISHER)
def lift(key: str) -> Answer:
    found, form = _found(key), BecauseForm()
    try:
        with transaction():
            unsuppress_key(found.address_key, form.because.data or "", METHOD)
            note(gate.operator().id, "unsuppressed", f"address {found.address_key}")
    except InvalidInput as problem:
        form.note(problem)
        return _page(found, form), 422
    tell(said("This address may be mailed again."))
    return redirect(url_for(".overview"), 303)


def _found(key: str) -> Suppression:
    """Raises NotFound."""
    found = find_suppression(key) if len(key) == KEY_LENGTH and key.isalnum() and key.isascii() else None
    if found is None:
        raise NotFound(kind="suppression", name=key[:KEY_LENGTH])
    return found


def _page(found: Suppression, form: BecauseForm) -> str:
    return render_template(
        "console/suppression.html",
        suppression=found,
        person=find_subscriber(found.address_key),
        form=form,
        can_lift=may_be_lifted(found),
    )


def _list(form: SuppressForm) -> str:
    chosen, reason = ReasonForm(request.args), None
    with passing_over(ValueError):
        reason = Reason(request.args.get("reason", ""))
    before = request.args.get("before", "")
    lines, older = suppressed(reason, before if before.isalnum() and before.isascii() else "")
    return render_template(
        "console/suppressions.html",
        lines=lines,
        older=url_for(".overview", reason=reason, before=older) if older else None,
        newest=url_for(".overview", reason=reason) if before else None,
        counts=count_suppressed(),
        most=MOST_COUNTED,
        form=form,
        finding=AddressForm(formdata=None),
        choosing=chosen,
    )
