"""What one subscribes to: the list, each newsletter with what its mails say of it, and founding one."""

from flask import Blueprint, redirect, render_template, request, url_for

from newsletter.console import gate
from newsletter.console.acting import done, noting
from newsletter.console.forms import NewsletterForm
from newsletter.console.gate import Answer
from newsletter.console.look_forms import LogoForm, LookForm
from newsletter.console.masthead_forms import MastheadForm
from newsletter.console.places import find_place
from newsletter.console.sending_forms import SendingForm
from newsletter.console.speaking import tell
from newsletter.core.db import transaction
from newsletter.core.errors import Conflict, InvalidInput
from newsletter.core.words import said
from newsletter.digests.policy import in_words
from newsletter.digests.queries import coming
from newsletter.newsletters.emails import page_url
from newsletter.newsletters.queries import newsletter as find
from newsletter.newsletters.queries import newsletters
from newsletter.newsletters.service import (
    add_newsletter,
    dress,
    hide_logo,
    measure_clicks,
    send_first,
    show_logo,
    state,
)
from newsletter.operators.policy import Role
from newsletter.operators.service import note
from newsletter.web.current import house, settings
from newsletter.web.words import language

blueprint = Blueprint("console_newsletters", __name__, url_prefix="/console/newsletters")


@blueprint.get("")
@gate.requires(Role.VIEWER)
def index() -> Answer:
    return _list(NewsletterForm())


@blueprint.post("")
@gate.requires(Role.OWNER)
def add() -> Answer:
    form = NewsletterForm()
    if not form.validate():
        return _list(form), 422
    try:
        with transaction():
            founded = add_newsletter(form.masthead(), form.slug.data or "")
            note(gate.operator().id, "founded", f"newsletter {founded.slug}")
    except (InvalidInput, Conflict) as problem:
        form.note_as(problem)
        return _list(form), 422
    tell(said("%(name)s is founded; readers can join it at once.", name=founded.name))
    return redirect(url_for("console_newsletters.show", newsletter=founded.slug), 303)


@blueprint.get("/<newsletter>")
@gate.requires(Role.VIEWER)
def show(newsletter: str) -> Answer:
    return _page(newsletter)


@blueprint.post("/<newsletter>/masthead")
@gate.requires(Role.PUBLISHER)
def masthead(newsletter: str) -> Answer:
    """What `newsletter newsletter set` says beside the look, all of it."""
    form = MastheadForm(obj=find(newsletter))
    if not form.validate():
        return _page(newsletter, masthead_form=form), 422
    try:
        with noting("changed the masthead of", f"newsletter {newsletter}"):
            state(newsletter, form.statement())
    except InvalidInput as problem:
        form.note(problem)
        return _page(newsletter, masthead_form=form), 422
    return done(said("Mails say this from now on."), url_for(".show", newsletter=newsletter))


@blueprint.post("/<newsletter>/sending")
@gate.requires(Role.PUBLISHER)
def sending(newsletter: str) -> Answer:
    """What `newsletter newsletter canary` and `clicks` say: who goes first, and whether clicks are counted."""
    form = SendingForm()
    if not form.validate():
        return _page(newsletter, sending_form=form), 422
    try:
        with noting("said how editions leave of", f"newsletter {newsletter}"):
            send_first(newsletter, form.rule())
            measure_clicks(newsletter, counted=bool(form.measures_clicks.data))
    except InvalidInput as problem:
        form.note(problem)
        return _page(newsletter, sending_form=form), 422
    return done(said("So its editions leave, from the next one on."), url_for(".show", newsletter=newsletter))


@blueprint.post("/<newsletter>/look")
@gate.requires(Role.PUBLISHER)
def look(newsletter: str) -> Answer:
    """What `newsletter newsletter set` says of the look, all of it."""
    form = LookForm.of(find(newsletter))
    if not form.validate():
        return _page(newsletter, form), 422
    try:
        with noting("changed the look of", f"newsletter {newsletter}"):
            dress(newsletter, form.style())
    except InvalidInput as problem:
        form.note(problem)
        return _page(newsletter, form), 422
    return done(said("Mails look like this from now on."), url_for(".show", newsletter=newsletter))


@blueprint.post("/<newsletter>/logo")
@gate.requires(Role.PUBLISHER)
def logo(newsletter: str) -> Answer:
    """`logo`, a picture; without one the name is shown again."""
    sent = request.files.get("logo")
    data = sent.read() if sent else b""
    try:
        if data:
            show_logo(newsletter, data, house().images)
        with noting("changed the logo of", f"newsletter {newsletter}"):
            if not data:
                hide_logo(newsletter)
    except InvalidInput as problem:
        form = LogoForm()
        form.note(InvalidInput(str(problem), field="logo"))
        return _page(newsletter, logo_form=form), 422
    words = said("The logo stands in place of the name.") if data else said("The name is shown.")
    return done(words, url_for(".show", newsletter=newsletter))


def _page(
    slug: str,
    look_form: LookForm | None = None,
    logo_form: LogoForm | None = None,
    masthead_form: MastheadForm | None = None,
    sending_form: SendingForm | None = None,
) -> str:
    of = find(slug)
    return render_template(
        "console/newsletter.html",
        of=of,
        masthead=masthead_form or MastheadForm(formdata=None, obj=of),
        sending=sending_form or SendingForm.of(of),
        zones=MastheadForm.zones(),
        look=look_form or LookForm.of(of),
        logo=logo_form or LogoForm(),
        templates_url=find_place("/console/templates"),
        page_url=page_url(of, settings().base_url),
        snippets_url=find_place(f"/{of.slug}/snippets"),
        digests=[
            (
                digest,
                in_words(digest.cron, digest.timezone, language()),
                find_place(f"/console/digests/{digest.slug}"),
            )
            for digest, _ in coming([of.id], 50)
        ],
    )


def _list(form: NewsletterForm) -> str:
    seen = gate.may_see()
    return render_template(
        "console/newsletters.html",
        newsletters=[each for each in newsletters() if seen is None or each.id in seen],
        form=form,
        may_found=gate.may(Role.OWNER),
        zones=MastheadForm.zones(),
    )
