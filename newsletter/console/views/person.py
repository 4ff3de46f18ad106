"""One subscriber: the whole story, and what can be done for them."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from newsletter.console import gate
from newsletter.console.gate import Answer
from newsletter.console.people_forms import BecauseForm, EraseForm, LeaveForm
from newsletter.console.scope import Person, person
from newsletter.console.speaking import tell
from newsletter.core.db import transaction
from newsletter.core.errors import InvalidInput
from newsletter.core.words import said
from newsletter.operators.policy import Role
from newsletter.operators.service import note
from newsletter.subscriptions.policy import SubscriptionStatus
from newsletter.subscriptions.queries.story import story as told
from newsletter.subscriptions.service import erase_here
from newsletter.subscriptions.service.acting import METHOD, suppress_by_hand, unsubscribe_by_hand
from newsletter.subscriptions.service.unsuppressing import may_be_lifted, unsuppress_key
from newsletter.suppressions.queries import find_suppression
from newsletter.web.current import settings
from newsletter.web.numbers import whole_number

blueprint = Blueprint("console_person", __name__, url_prefix="/console/subscribers")


@blueprint.get("/<number>")
@gate.requires(Role.VIEWER)
def story(number: str) -> Answer:
    return _page(person(number), LeaveForm(formdata=None), BecauseForm(formdata=None))


@blueprint.post("/<number>/unsubscribe")
@gate.requires(Role.VIEWER)
def unsubscribe(number: str) -> Answer:
    whose, form = person(number), LeaveForm()
    newsletter_id = whole_number(form.newsletter.data or "")
    gate.demand(Role.PUBLISHER, newsletter_id)
    try:
        with transaction():
            if unsubscribe_by_hand(whose.subscriber.id, newsletter_id, form.because.data or ""):
                _note("unsubscribed", whose)
    except InvalidInput as problem:
        form.note(problem)
        return _page(whose, form, BecauseForm(formdata=None)), 422
    tell(said("Unsubscribed. What was queued for them is cancelled; only they can subscribe again."))
    return _back(number)


@blueprint.post("/<number>/suppress")
@gate.requires(Role.PUBLISHER)
def suppress(number: str) -> Answer:
    whose, form = person(number), BecauseForm()
    try:
        with transaction():
            suppress_by_hand(whose.subscriber.address_key, form.because.data or "")
            _note("suppressed", whose)
    except InvalidInput as problem:
        form.note(problem)
        return _page(whose, LeaveForm(formdata=None), form), 422
    tell(said("This address is mailed nothing more."))
    return _back(number)


@blueprint.post("/<number>/unsuppress")
@gate.requires(Role.PUBLISHER)
def unsuppress(number: str) -> Answer:
    whose, form = person(number), BecauseForm()
    try:
        with transaction():
            unsuppress_key(whose.subscriber.address_key, form.because.data or "", METHOD)
            _note("unsuppressed", whose)
    except InvalidInput as problem:
        form.note(problem)
        return _page(whose, LeaveForm(formdata=None), form), 422
    tell(said("This address may be mailed again."))
    return _back(number)


@blueprint.get("/<number>/erase")
@gate.requires(Role.PUBLISHER)
def ask_erase(number: str) -> Answer:
    return render_template("console/erase.html", person=person(number), form=EraseForm(formdata=None))


@blueprint.post("/<number>/erase")
@gate.requires(Role.PUBLISHER)
def erase(number: str) -> Answer:
    whose, form = person(number), EraseForm()
    if not form.validate():
        return render_template("console/erase.html", person=whose, form=form), 422
    with transaction():
        _note("erased", whose)
    left = erase_here(whose.subscriber, settings())
    return render_template("console/erased.html", left=[path.name for path in left])


def _page(whose: Person, leaving: LeaveForm, deciding: BecauseForm) -> str:
    suppression = find_suppression(whose.subscriber.address_key)
    slugs = {each.id: each.slug for each in whose.newsletters.values()}
    return render_template(
        "console/subscriber.html",
        person=whose,
        told=told(whose.subscriber, suppression, slugs),
        suppression=suppression,
        can_lift=suppression is not None and may_be_lifted(suppression),
        ended=SubscriptionStatus.UNSUBSCRIBED,
        leaving=leaving,
        deciding=deciding,
    )


def _note(what: str, whose: Person) -> None:
    """By number: the trail outlives the person, so it must not name them."""
    note(gate.operator().id, what, f"subscriber {whose.subscriber.id}")


def _back(number: str) -> Response:
    return redirect(url_for(".story", number=number), 303)
