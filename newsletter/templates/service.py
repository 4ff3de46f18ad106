"""Keeping what operators write, once it has been tried."""

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, TemplateRefused
from newsletter.mail.fields import TakenApart
from newsletter.mail.sandbox import check
from newsletter.mail.sandbox.styles import compiled
from newsletter.newsletters.queries import newsletter
from newsletter.templates.emails import written
from newsletter.templates.models import TemplateVersion
from newsletter.templates.policy import ORDINARY, STYLE, part, samples
from newsletter.templates.queries import version, versions

SUBJECT = "subject"
LONGEST_SUBJECT = 200


def save_template(slug: str, part_name: str, source: str, by: str) -> TemplateVersion:
    """The next version of this part of the newsletter, after it was tried; "" gives the part back to the theme.

    `by` is who wrote it. Raises TemplateRefused, which says where and what to write instead, InvalidInput for a
    part that there is not, Conflict when it says what it said before, NotFound.
    """
    of, name = newsletter(slug), part(part_name).name
    source = source.replace("\r\n", "\n").strip()
    if source:
        try_template(name, source)
    with transaction():
        before = next(iter(versions(of.id, name)), None)
        if source == (before.source if before else ""):
            problem = f"The {name} of {slug} says that already; nothing was saved."
            raise Conflict(problem)
        saved = TemplateVersion(
            newsletter_id=of.id,
            part=name,
            number=before.number + 1 if before else 1,
            source=source,
            saved_by=by,
            saved_at=now(),
        )
        db.session.add(saved)
        return saved


def restore_template(slug: str, part_name: str, number: int, by: str) -> TemplateVersion:
    """What this version said, as a new one; so nothing is lost by going back. Raises as `save_template`."""
    return save_template(slug, part_name, version(newsletter(slug).id, part_name, number).source, by)


def try_template(name: str, source: str) -> None:
    """Render it with each of the samples; a style sheet is read. Raises TemplateRefused."""
    look_at(name, source)
    if name == STYLE:
        return
    for sample, values in samples().items():
        try:
            text = str(written({name: source}, values).get(name, ""))
        except TakenApart:
            # Each name gets a rendering of its own then; what it says can be tried when somebody has one.
            continue
        except TemplateRefused as error:
            raise TemplateRefused(name, error.line, f"{error.problem} (tried with {sample})") from error
        if name == SUBJECT:
            _look_at_subject(text, sample)


def look_at(name: str, source: str) -> None:
    """Read it, without rendering anything. Raises TemplateRefused."""
    if name == STYLE:
        compiled(source, name)
    else:
        check(name, source)


def _look_at_subject(text: str, sample: str) -> None:
    if not text:
        problem = f"it says nothing (tried with {sample})"
        raise TemplateRefused(SUBJECT, 0, problem)
    if len(text) > LONGEST_SUBJECT and sample == ORDINARY:
        # What a headline of 300 characters makes of it is the gate's to say, once there is one.
        problem = f"it has {len(text)} characters; mail programs show sixty, and {LONGEST_SUBJECT} are the most"
        raise TemplateRefused(SUBJECT, 0, problem)
