"""Digests: what comes when, and for each its rule, its times, and why each article is in or out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for

from newsletter.articles.queries import sources
from newsletter.console.acting import done, noting
from newsletter.console.gate import Answer, demand, may, may_see, requires
from newsletter.console.views.schedules import Times, times
from newsletter.core.clock import now
from newsletter.core.db import db
from newsletter.core.errors import InvalidInput, NotFound
from newsletter.core.words import said
from newsletter.digests import queries, service
from newsletter.digests.models import Digest
from newsletter.digests.policy import Approval, Mark, MarkKind, in_words, next_slots
from newsletter.digests.policy.rules import document, parsed
from newsletter.digests.service import Proposal, Rule, propose
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter, newsletters
from newsletter.operators.policy import Role
from newsletter.web.current import house
from newsletter.web.numbers import MOST_DIGITS, whole_number
from newsletter.web.words import language

LONGEST_NUMBER = 9

blueprint = Blueprint("console_digests", __name__, url_prefix="/console/digests")


@blueprint.get("")
@requires(Role.VIEWER)
def index() -> Answer:
    """All of the newsletters that one may look at, the one that is due next first."""
    seen = may_see()
    shown = [each for each in queries.digests() if seen is None or each.newsletter_id in seen]
    return render_template(
        "console/digests/list.html",
        digests=shown,
        of={each.id: each for each in newsletters()},
        words={each.id: in_words(each.cron, each.timezone, language()) for each in shown},
        runs=queries.last_runs([each.id for each in shown]),
        may_add=bool(_own()),
    )


@blueprint.get("/+add")
@requires(Role.VIEWER)
def ask_add() -> Answer:
    return _adding()


@blueprint.post("/+add")
@requires(Role.VIEWER)
def add() -> Answer:
    """`slug`, `newsletter`, `when`, `timezone` and `sources`; for whoever edits that newsletter.

    With `show` it only says when that would be.
    """
    typed = request.form
    try:
        of = newsletter(typed.get("newsletter", ""))
        demand(Role.EDITOR, of.id)
        if typed.get("show"):
            return _adding(found=times(typed.get("when", ""), typed.get("timezone", "").strip() or of.timezone))
        numbers = [whole_number(each) for each in typed.getlist("sources")]
        rule = Rule(typed.get("when", ""), typed.get("timezone", "").strip() or None)
        with noting("added", f"digest {typed.get('slug', '')[:60]}"):
            added = service.add_digest(typed.get("slug", "").strip(), of.slug, rule, numbers)
            # Nobody is mailed by a rule that nobody has seen at work yet.
            service.release(added.slug, added.lead_minutes, Approval.NEEDED)
    except InvalidInput as problem:
        return _adding(problem), 422
    words = said("The digest is there. Its editions wait for approval until you say otherwise.")
    return done(words, url_for(".show", digest=added.slug))


@blueprint.get("/<digest>")
@requires(Role.VIEWER)
def show(digest: str) -> Answer:
    """`at` is the moment for which it explains itself; now without it."""
    return _page(queries.digest(digest))


@blueprint.post("/<digest>/rule")
@requires(Role.EDITOR)
def rule(digest: str) -> Answer:
    """The TOML text `rule`."""
    text = request.form.get("rule", "").replace("\r\n", "\n")
    return _typed(
        digest, "gave another rule to", lambda: service.rule_by(digest, parsed(text)), said("The rule is kept.")
    )


@blueprint.post("/<digest>/release")
@requires(Role.PUBLISHER)
def release(digest: str) -> Answer:
    """`lead` in minutes; with `approval` its editions wait for somebody."""

    def change() -> None:
        approval = Approval.NEEDED if request.form.get("approval") else Approval.NOT_NEEDED
        service.release(digest, _minutes(request.form.get("lead", "")), approval)

    return _typed(digest, "said how editions leave of", change, said("So its editions leave from now on."))


@blueprint.post("/<digest>/note")
@requires(Role.EDITOR)
def note(digest: str) -> Answer:
    """`text` in Markdown before the next edition, or its section `section`."""
    text, section = request.form.get("text", ""), request.form.get("section", "")
    words = said("The note is kept for the next edition.")
    return _typed(digest, "wrote a note for", lambda: service.note(digest, text, section), words)


@blueprint.post("/<digest>/articles/<article_id>/<mark>")
@requires(Role.EDITOR)
def mark(digest: str, article_id: str, mark: str) -> Answer:
    """`pin`, `drop`, `keep_back` until the wall time `until`, or `unmark`."""
    key = whole_number(article_id, MOST_DIGITS)

    def change() -> None:
        if mark == "unmark":
            service.unmark(digest, key)
        elif mark in list(MarkKind):
            service.mark(digest, key, Mark(MarkKind(mark), _until(digest) if mark == MarkKind.KEEP_BACK else None))
        else:
            raise NotFound(kind="mark", name=mark)

    return _typed(
        digest,
        f"said {mark.replace('_', ' ')[:20]} of article {key} in",
        change,
        said("The next edition heeds it."),
    )


@blueprint.post("/<digest>/run")
@requires(Role.PUBLISHER)
def run(digest: str) -> Answer:
    """As if this moment were a slot of its schedule."""
    with noting("ran", f"digest {digest}"):
        ran = service.run(queries.digest(digest).id, now(), house())
    if ran.edition_id is None:
        return done(said("No edition: %(reason)s.", reason=ran.reason), url_for(".show", digest=digest))
    return done(
        said("The edition is here: %(reason)s.", reason=ran.reason),
        url_for("console_editions.show", edition_id=ran.edition_id),
    )


def _page(of: Digest, wrong: InvalidInput | None = None) -> str:
    typed = request.form if wrong else {}
    asked = "" if wrong else request.args.get("at", "")
    at, problem = _asked(of, asked)
    proposal, named = propose(of, at), queries.named_sources(of.id)
    return render_template(
        "console/digests/show.html",
        digest=of,
        of=db.session.get_one(Newsletter, of.newsletter_id),
        words=in_words(of.cron, of.timezone, language()),
        slots=next_slots(of.cron, of.timezone, now()),
        rule=document(of.rule),
        sections=[each.title for each in of.rule.sections],
        named=named,
        sources={each.id: each.title for each in named},
        gaps=service.gaps(of),
        runs=queries.runs(of.id, 10),
        marks=queries.marks(of.id),
        at=at,
        asked=asked,
        typed=typed,
        wrong={wrong.field: str(wrong)} if wrong else problem,
        **_explained(proposal),
    )


def _explained(proposal: Proposal) -> dict[str, Any]:
    """What goes, in its order, and then what stays out, each with its article and its reason."""
    articles = {each.id: each for each in proposal.candidates}
    decisions = {each.article_id: each for each in proposal.choice.decisions}
    goes = [decisions[each] for each in proposal.choice.article_ids]
    return {
        "choice": proposal.choice,
        "window": proposal.window,
        "articles": articles,
        "goes": goes,
        "stays": [each for each in proposal.choice.decisions if each not in goes],
    }


def _asked(of: Digest, text: str) -> tuple[datetime, dict[str, str]]:
    """The moment to explain, and what is wrong with the one that was typed."""
    try:
        return (service.slot_at(of, text) if text else now()), {}
    except (InvalidInput, OverflowError) as problem:
        return now(), {"at": str(problem)}


def _minutes(text: str) -> int:
    """Raises InvalidInput."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        problem = said("Minutes are a whole number, such as 30.")
        raise InvalidInput(problem, field="lead")
    return int(text)


def _until(digest: str) -> datetime:
    return service.slot_at(queries.digest(digest), request.form.get("until", ""))


def _typed(digest: str, what: str, change: Callable[[], object], words: str) -> Answer:
    """Do it, or show the page again with what was typed and what to do about it."""
    try:
        with noting(what, f"digest {digest}"):
            change()
    except InvalidInput as problem:
        return _page(queries.digest(digest), problem), 422
    return done(words, url_for(".show", digest=digest))


def _own() -> list[Newsletter]:
    return [each for each in newsletters() if may(Role.EDITOR, each.id)]


def _adding(wrong: InvalidInput | None = None, found: Times | None = None) -> str:
    return render_template(
        "console/digests/add.html",
        newsletters=_own(),
        sources=sources(),
        typed=request.form,
        chosen=request.form.getlist("sources"),
        times=found,
        wrong={wrong.field: str(wrong)} if wrong else {},
    )
