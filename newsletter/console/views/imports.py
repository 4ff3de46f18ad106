"""People brought from elsewhere: sent in, looked at, approved, taken in, taken back."""

from typing import IO

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from werkzeug.datastructures import FileStorage
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # Its stubs are older.

from newsletter.console import gate
from newsletter.console.gate import Answer
from newsletter.console.people_forms import DELIMITER_NAMES, MEANINGS, STATUS_MEANINGS, ChoicesForm, UploadForm
from newsletter.console.policies import is_partial
from newsletter.console.renewing import renewed
from newsletter.console.scope import newsletters_with, visible_newsletters
from newsletter.console.speaking import tell
from newsletter.core.db import transaction
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.core.words import said
from newsletter.operators.policy import Role
from newsletter.operators.service import note
from newsletter.subscriptions.importer import Choices, Order
from newsletter.subscriptions.importer.taking import ask_undo
from newsletter.subscriptions.importer.uploading import (
    LARGEST_FILE,
    approve,
    choose,
    discard,
    order_of,
    receive,
    rejected_path,
    upload,
)
from newsletter.subscriptions.models import Upload, UploadState
from newsletter.subscriptions.queries.bringing import imports, one_import, uploads
from newsletter.web.current import settings
from newsletter.web.numbers import MOST_DIGITS, whole_number

LARGEST_REQUEST = LARGEST_FILE + 100_000
"""Bytes of a request with a file; the words beside it are small."""

BUSY = (UploadState.LOOKING, UploadState.TAKING)

blueprint = Blueprint("console_imports", __name__, url_prefix="/console/imports")


@blueprint.url_value_preprocessor
def take_more(endpoint: str | None, _values: object) -> None:
    """Let in a large body on this one route, and only from somebody who may bring people.

    It runs before the check against forged requests, which reads the form.
    """
    if endpoint == "console_imports.send_in":
        seen = gate.find()
        if seen and seen.powers.may_somewhere(Role.PUBLISHER):
            request.max_content_length = LARGEST_REQUEST


@blueprint.get("")
@gate.requires(Role.VIEWER)
def overview() -> Answer:
    return _overview(UploadForm(formdata=None))


@blueprint.post("")
@gate.requires(Role.VIEWER)
def send_in() -> Answer:
    form = UploadForm()
    of = next((each for each in newsletters_with(Role.PUBLISHER) if each.slug == form.newsletter.data), None)
    gate.demand(Role.PUBLISHER, of.id if of else None)
    file = form.file.data
    try:
        order = _order(form, of.slug if of else "", Choices())
        sent = receive(_stream(file), getattr(file, "filename", ""), order, settings())
        with transaction():
            note(gate.operator().id, "sent in", f"file {sent.id} for {order.newsletter}")
    except InvalidInput as problem:
        form.note(problem)
        return _overview(form), 422
    return redirect(url_for(".one", number=sent.id), 303)


@blueprint.get("/<number>")
@gate.requires(Role.VIEWER)
def one(number: str) -> Answer:
    sent = _mine(number)
    if is_partial():
        return renewed("console/_import_progress.html", sent.state in BUSY, sent=sent)
    order = order_of(sent)
    form = ChoicesForm(formdata=None, data={**vars(order), **sent.choices})
    return _page(sent, form)


@blueprint.post("/<number>/look")
@gate.requires(Role.VIEWER)
def look(number: str) -> Answer:
    sent, form = _mine(number), ChoicesForm()
    try:
        with transaction():
            choose(sent.id, _order(form, order_of(sent).newsletter, _choices(form, sent)))
            note(gate.operator().id, "chose for", f"file {sent.id}")
    except InvalidInput as problem:
        form.note(problem)
        return _page(sent, form), 422
    return redirect(url_for(".one", number=number), 303)


@blueprint.post("/<number>/take")
@gate.requires(Role.VIEWER)
def take(number: str) -> Answer:
    sent = _mine(number)
    with transaction():
        approve(sent.id, request.form.get("plan", ""))
        note(gate.operator().id, "approved", f"import of file {sent.id}")
    return redirect(url_for(".one", number=number), 303)


@blueprint.post("/<number>/discard")
@gate.requires(Role.VIEWER)
def throw_away(number: str) -> Answer:
    sent = _mine(number)
    with transaction():
        discard(sent.id, settings())
        note(gate.operator().id, "discarded", f"file {sent.id}")
    tell(said("The file is gone; nobody was taken in."))
    return redirect(url_for(".overview"), 303)


@blueprint.get("/<number>/rejected.csv")
@gate.requires(Role.VIEWER)
def rejected(number: str) -> Answer:
    sent = _mine(number)
    path = rejected_path(sent.id, settings()).absolute()
    if not path.is_file():
        raise NotFound(kind="file", name=path.name)
    return send_file(path, "text/csv", as_attachment=True, download_name=f"rejected-{sent.id}.csv", max_age=0)


@blueprint.post("/done/<number>/undo")
@gate.requires(Role.VIEWER)
def undo(number: str) -> Answer:
    done = one_import(whole_number(number, MOST_DIGITS))
    gate.demand(Role.PUBLISHER, done.newsletter_id)
    with transaction():
        ask_undo(done.id)
        note(gate.operator().id, "undid", f"import {done.id}")
    tell(said("Import %(number)s is being taken back; this page says when it is done.", number=done.id))
    return redirect(url_for(".overview"), 303)


def _mine(number: str) -> Upload:
    """Raises NotFound, or NotAllowed for those who may only look."""
    sent = upload(whole_number(number, MOST_DIGITS))
    if not gate.may(Role.VIEWER, sent.newsletter_id):
        raise NotFound(kind="upload", name=number)
    gate.demand(Role.PUBLISHER, sent.newsletter_id)
    return sent


def _stream(file: object) -> IO[bytes]:
    """Raises InvalidInput where no file was sent."""
    if not isinstance(file, FileStorage):
        problem = said("Choose a file.")
        raise InvalidInput(problem, field="file")
    return file.stream


def _order(form: UploadForm | ChoicesForm, slug: str, choices: Choices) -> Order:
    words = form.provenance.data or "", form.consent_note.data or ""
    return Order(slug, *words, asks=bool(form.asks.data), choices=choices)


def _choices(form: ChoicesForm, sent: Upload) -> Choices:
    """The selects of the page, by the places of columns and words in what it showed."""
    shown = sent.preview or {"columns": {}, "words": []}
    columns = {
        name: chosen
        for place, name in enumerate(shown["columns"])
        if (chosen := request.form.get(f"column-{place}", "")) and chosen != shown["columns"][name]
    }
    words = {
        each["word"]: chosen
        for place, each in enumerate(shown["words"])
        if (chosen := request.form.get(f"word-{place}", "")) and chosen != each["means"]
    }
    before = Choices(**sent.choices)
    return Choices(
        columns={**before.columns, **columns},
        statuses={**before.statuses, **words},
        encoding=form.encoding.data or "",
        delimiter=form.delimiter.data or "",
    )


def _page(sent: Upload, form: ChoicesForm) -> str:
    return render_template(
        "console/import.html",
        sent=sent,
        form=form,
        meanings=MEANINGS,
        delimiter_names=DELIMITER_NAMES,
        status_meanings=STATUS_MEANINGS,
        has_rejected=rejected_path(sent.id, settings()).is_file(),
        newsletters={each.id: each for each in visible_newsletters()},
    )


def _overview(form: UploadForm) -> str:
    may = newsletters_with(Role.PUBLISHER)
    form.newsletter.choices = [SelectChoice(each.slug, each.name) for each in may]
    return render_template(
        "console/imports.html",
        form=form,
        may_bring=bool(may),
        uploads=uploads([each.id for each in may]),
        imports=imports([each.id for each in visible_newsletters()]),
        newsletters={each.id: each for each in visible_newsletters()},
    )
