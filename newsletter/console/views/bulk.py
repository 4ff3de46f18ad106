"""One act on many: how many they are exactly, what it means, and what became of it."""

from flask import Blueprint, redirect, render_template, request, url_for

from newsletter.console import gate
from newsletter.console.gate import Answer
from newsletter.console.offers import Offered, counted, offers
from newsletter.console.people_forms import BecauseForm
from newsletter.console.policies import is_partial
from newsletter.console.renewing import renewed
from newsletter.console.scope import visible_newsletters
from newsletter.console.speaking import tell
from newsletter.console.views.subscribers import FIELDS, query_of, wanted_in
from newsletter.core.db import transaction
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.core.words import numbered
from newsletter.operators.policy import Role
from newsletter.operators.service import note
from newsletter.subscriptions.models import BulkAction, BulkKind, BulkState
from newsletter.subscriptions.policy.wanting import Wanted
from newsletter.subscriptions.queries.acts import bulk_actions
from newsletter.subscriptions.service.bulk import begin_bulk, bulk_action, newsletters_of, undo_bulk
from newsletter.web.numbers import MOST_DIGITS, whole_number

blueprint = Blueprint("console_bulk", __name__, url_prefix="/console/subscribers/acts")


@blueprint.get("")
@gate.requires(Role.VIEWER)
def overview() -> Answer:
    shown = [each for each in bulk_actions() if _may(Role.VIEWER, each.kind, newsletters_of(each))]
    return render_template("console/acts.html", acts=shown)


@blueprint.get("/begin/<kind>")
@gate.requires(Role.VIEWER)
def offer(kind: str) -> Answer:
    act, wanted = _kind(kind), wanted_in(request.args)
    _demand(act, wanted.newsletter_ids)
    offered = offers().look(act, wanted)
    if is_partial():
        query = query_of(request.args)
        return renewed("console/_act_counting.html", offered is None, kind=act, query=query)
    if offered is None:
        query = query_of(request.args)
        return render_template("console/act_counting.html", kind=act, words=_words(wanted), query=query)
    return _offer(act, wanted, offered, BecauseForm(formdata=None))


@blueprint.post("/begin/<kind>")
@gate.requires(Role.VIEWER)
def begin(kind: str) -> Answer:
    act, form, wanted = _kind(kind), BecauseForm(), wanted_in(request.form)
    _demand(act, wanted.newsletter_ids)
    shown = tuple(whole_number(request.form.get(name, ""), MOST_DIGITS) for name in ("shown", "up_to"))
    words = _words(wanted)
    try:
        with transaction():
            begun = begin_bulk(act, wanted, (shown[0], shown[1]), words, form.because.data or "")
            note(gate.operator().id, f"began to {act}", f"{begun.shown} people: {words}")
    except InvalidInput as problem:
        form.note(problem)
        return _offer(act, wanted, counted(act, wanted), form), 422
    return redirect(url_for(".one", number=begun.id), 303)


@blueprint.get("/<number>")
@gate.requires(Role.VIEWER)
def one(number: str) -> Answer:
    act = _act(number, Role.VIEWER)
    if is_partial():
        return renewed("console/_act_progress.html", act.state == BulkState.RUNNING, act=act)
    return render_template("console/act.html", act=act, can_undo=_can_undo(act))


@blueprint.post("/<number>/undo")
@gate.requires(Role.VIEWER)
def undo(number: str) -> Answer:
    act = _act(number, Role.PUBLISHER)
    with transaction():
        lifted = undo_bulk(act.id)
        note(gate.operator().id, "undid", f"act {act.id} on {act.done} people")
    tell(
        numbered(
            "Undone: %(num)s address may be mailed again.",
            "Undone: %(num)s addresses may be mailed again.",
            lifted,
        )
    )
    return redirect(url_for(".one", number=number), 303)


def _words(wanted: Wanted) -> str:
    return wanted.words({each.id: each.name for each in visible_newsletters()})


def _offer(act: BulkKind, wanted: Wanted, offered: Offered, form: BecauseForm) -> str:
    how_many, up_to = offered.value
    return render_template(
        "console/act_offer.html",
        kind=act,
        words=_words(wanted),
        shown=how_many,
        up_to=up_to,
        counted_at=offered.at,
        form=form,
        query=query_of(request.form if request.method == "POST" else request.args),
        fields=FIELDS,
    )


def _kind(text: str) -> BulkKind:
    try:
        return BulkKind(text)
    except ValueError as error:
        raise NotFound(kind="page", name=text[:20]) from error


def _act(number: str, role: Role) -> BulkAction:
    act = bulk_action(whole_number(number, MOST_DIGITS))
    if not _may(Role.VIEWER, act.kind, newsletters_of(act)):
        raise NotFound(kind="page", name=number)
    if role != Role.VIEWER:
        _demand(act.kind, newsletters_of(act))
    return act


def _may(role: Role, kind: BulkKind, ids: frozenset[int] | None) -> bool:
    """To suppress is for the whole house; to unsubscribe for each of the newsletters."""
    if kind == BulkKind.SUPPRESS or not ids:
        return gate.may(role)
    return all(gate.may(role, each) for each in ids)


def _demand(kind: BulkKind, ids: frozenset[int] | None) -> None:
    """Raises NotAllowed."""
    needed = [None] if kind == BulkKind.SUPPRESS or not ids else sorted(ids)
    for each in needed:
        gate.demand(Role.PUBLISHER, each)


def _can_undo(act: BulkAction) -> bool:
    is_ours = _may(Role.PUBLISHER, act.kind, newsletters_of(act))
    return is_ours and act.kind == BulkKind.SUPPRESS and act.state != BulkState.UNDONE
