"""An edition on the desk: what its page shows before it leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from newsletter.articles.models import Article
from newsletter.articles.queries import left_out, source_titles
from newsletter.core.db import db
from newsletter.core.errors import InvalidInput
from newsletter.digests.queries import digest_behind, source_ids
from newsletter.editions import service
from newsletter.editions.models import Edition
from newsletter.editions.policy import LONGEST_SUBJECT, OPEN
from newsletter.editions.queries import articles_of, layout_of
from newsletter.editions.queries.splits import split_of
from newsletter.mail.gate import Finding
from newsletter.newsletters.models import Newsletter
from newsletter.web.current import house


@dataclass(frozen=True)
class Part:
    """Articles that stand together under a title, "" for none; a section that is torn apart has several."""

    title: str
    articles: Sequence[Article]
    is_first: bool
    note: str


def desk(chosen: Edition, wrong: InvalidInput | None = None) -> dict[str, Any]:
    """What the page of an edition that has not left is made of; with `wrong` also what was typed, to be mended."""
    carried = articles_of(chosen.id)
    others = _left_out(chosen, carried) if chosen.status in OPEN else ()
    return {
        "edition": chosen,
        "of": db.session.get_one(Newsletter, chosen.newsletter_id),
        "is_open": chosen.status in OPEN,
        "parts": parts(carried, layout_of(chosen).sections, chosen.notes),
        "order": ",".join(str(each.id) for each in carried),
        "left_out": others,
        "sites": source_titles({each.source_id for each in (*carried, *others)}),
        "digest": digest_behind(chosen.id),
        "findings": findings(chosen),
        "longest_subject": LONGEST_SUBJECT,
        "split": split_of(chosen.id),
        "shown": shown(),
        "wrong": {wrong.field: str(wrong)} if wrong else {},
        "typed": request.form if wrong else MultiDict(),
    }


def parts(carried: Sequence[Article], sections: Mapping[int, str], notes: Mapping[str, str]) -> list[Part]:
    """In the order of the mail; the note of a section stands before the first of its articles."""
    grouped = [(title, list(each)) for title, each in groupby(carried, lambda one: sections.get(one.id, ""))]
    titles = [title for title, _ in grouped]
    firsts = [titles.index(title) == place for place, title in enumerate(titles)]
    return [
        Part(title, articles, is_first, notes.get(title, "") if title and is_first else "")
        for (title, articles), is_first in zip(grouped, firsts, strict=True)
    ]


def findings(chosen: Edition) -> list[Finding]:
    """What the gate says, errors first; nothing of what will not leave."""
    return service.findings(chosen.id, house()) if chosen.status in OPEN else []


def shown() -> dict[str, str]:
    """How the preview is looked at, as the address says."""
    return {
        "light": "dark" if request.args.get("light") == "dark" else "light",
        "pictures": "off" if request.args.get("pictures") == "off" else "on",
    }


def _left_out(chosen: Edition, carried: Sequence[Article]) -> Sequence[Article]:
    """What the digest looked at for this edition and it does not carry."""
    digest = digest_behind(chosen.id)
    if digest is None:
        return ()
    ids = [each.id for each in carried]
    return left_out(source_ids(digest.id), chosen.window_start, chosen.window_end, ids)
