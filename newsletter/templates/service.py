"""Keeping what operators write, once it has been tried."""

from collections.abc import Mapping

from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, InvalidInput, TemplateRefused
from newsletter.core.words import said
from newsletter.mail.fields import TakenApart
from newsletter.mail.sandbox import check
from newsletter.mail.sandbox.styles import compiled
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.policy import Theme
from newsletter.newsletters.queries import newsletter
from newsletter.templates.emails import start_of, written
from newsletter.templates.models import TemplateVersion
from newsletter.templates.policy import ORDINARY, PARTS, STYLE, part, samples
from newsletter.templates.queries import kept_sources, version, versions

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
        saved = _saved(of.id, name, source, by)
        if saved is None:
            raise Conflict(
                said("The %(part)s of %(slug)s says that already; nothing was saved.", part=name, slug=slug)
            )
        return saved


def restore_template(slug: str, part_name: str, number: int, by: str) -> TemplateVersion:
    """What this version said, as a new one; so nothing is lost by going back. Raises as `save_template`."""
    return save_template(slug, part_name, version(newsletter(slug).id, part_name, number).source, by)


def take_theme(slug: str, theme: str, by: str) -> list[TemplateVersion]:
    """All parts as this theme has them, as next versions, to go on from; the subject stays.

    Raises InvalidInput for a theme that there is not, Conflict when they say that already, NotFound.
    """
    try:
        chosen = Theme(theme)
    except ValueError as error:
        problem = said(
            "There is no theme '%(name)s'; there are %(known)s.", name=theme[:40], known=", ".join(Theme)
        )
        raise InvalidInput(problem, field="look") from error
    of = newsletter(slug)
    return _take(of, start_of(chosen, of), by)


def take_look(slug: str, other: str, by: str) -> list[TemplateVersion]:
    """All parts as another newsletter has them, as next versions; what it leaves to its theme is left to ours.

    Raises Conflict when they say that already, NotFound, TemplateRefused.
    """
    of, kept = newsletter(slug), kept_sources(newsletter(other).id)
    return _take(of, {each.name: kept.get(each.name, "") for each in PARTS}, by)


def _take(of: Newsletter, sources: Mapping[str, str], by: str) -> list[TemplateVersion]:
    for name, source in sources.items():
        if source:
            look_at(name, source)
    with transaction():
        taken = [_saved(of.id, name, source, by) for name, source in sources.items()]
        saved = [each for each in taken if each]
        if not saved:
            raise Conflict(said("All parts of %(slug)s say that already; nothing was saved.", slug=of.slug))
        return saved


def _saved(newsletter_id: int, name: str, source: str, by: str) -> TemplateVersion | None:
    """As the next version; None where that is what it says already."""
    before = next(iter(versions(newsletter_id, name)), None)
    if source == (before.source if before else ""):
        return None
    saved = TemplateVersion(
        newsletter_id=newsletter_id,
        part=name,
        number=before.number + 1 if before else 1,
        source=source,
        saved_by=by,
        saved_at=now(),
    )
    db.session.add(saved)
    return saved


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
            problem = said("%(problem)s (tried with %(sample)s)", problem=error.problem, sample=sample)
            raise TemplateRefused(name, error.line, problem) from error
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
        problem = said("it says nothing (tried with %(sample)s)", sample=sample)
        raise TemplateRefused(SUBJECT, 0, problem)
    if len(text) > LONGEST_SUBJECT and sample == ORDINARY:
        # What a headline of 300 characters makes of it is the gate's to say, once there is one.
        problem = said(
            "it has %(number)s characters; mail programs show sixty, and %(most)s are the most",
            number=len(text),
            most=LONGEST_SUBJECT,
        )
        raise TemplateRefused(SUBJECT, 0, problem)
