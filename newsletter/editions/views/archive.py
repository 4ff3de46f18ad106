"""What a newsletter has sent: the list with its search, and each edition."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from newsletter.core.keyset import Place
from newsletter.editions.links import archive_url
from newsletter.editions.policy.words import LONGEST_SEARCH, search_words
from newsletter.editions.queries import (
    Page,
    archive_page,
    articles_of,
    layout_of,
    neighbours,
    public_edition,
)
from newsletter.editions.views.printed import first_picture, issue, parts
from newsletter.mail.message import plain
from newsletter.mail.notes import markdown
from newsletter.newsletters.models import Newsletter
from newsletter.newsletters.queries import newsletter
from newsletter.subscriptions.service.guarding import stamp
from newsletter.subscriptions.views.answers import about, speak_as
from newsletter.subscriptions.views.foot import foot
from newsletter.subscriptions.views.proofs import with_script
from newsletter.web.caching import shared_with_form
from newsletter.web.current import house
from newsletter.web.headers import with_pictures
from newsletter.web.numbers import whole_number

blueprint = Blueprint("archive", __name__)


@blueprint.get("/<slug>/archive")
def archive(slug: str) -> Response:
    of, typed, place = speak_as(newsletter(slug)), plain(request.args.get("q", "")[:LONGEST_SEARCH]), _place()
    page = archive_page(of.id, place, search_words(typed) if typed else None)
    body = _about(
        "pages/archive.html",
        of,
        issues=[issue(each, of) for each in page.editions],
        typed=typed,
        is_first=place == Place(),
        **_ways(of, page, typed),
    )
    changed_at = max((each.window_end for each in page.editions), default=of.created_at)
    return with_script(shared_with_form(body, changed_at, stamp(house())))


@blueprint.get("/<slug>/archive/<number>")
def edition(slug: str, number: str) -> Response:
    of = speak_as(newsletter(slug))
    shown = public_edition(of.id, whole_number(number))
    layout = layout_of(shown)
    told = parts(articles_of(shown.id), layout, of)
    older, newer = neighbours(shown)
    body = _about(
        "pages/edition.html",
        of,
        issue=issue(shown, of),
        note=markdown(layout.notes.get("", "")),
        parts=told,
        pictured=first_picture([story for part in told for story in part.stories]),
        older=older and issue(older, of),
        newer=newer and issue(newer, of),
    )
    return with_script(with_pictures(shared_with_form(body, (newer or shown).window_end, stamp(house()))))


def _about(template: str, of: Newsletter, **values: object) -> str:
    return about(
        template,
        of,
        archive_url=archive_url(of, house().settings.base_url),
        foot=foot(of),
        **values,
    )


def _place() -> Place:
    """Which page is asked for. Raises NotFound for what is no number."""
    asked = {name: request.args.get(name, "") for name in ("before", "after")}
    return Place(**{name: whole_number(text) for name, text in asked.items() if text})


def _ways(of: Newsletter, page: Page, typed: str) -> dict[str, str]:
    """Where the pages beside this one are; "" where there is none."""
    search: dict[str, Any] = {"q": typed} if typed else {}
    ways = {"older_url": "", "newer_url": ""}
    if page.has_older and page.editions:
        ways["older_url"] = url_for(".archive", slug=of.slug, before=page.editions[-1].number, **search)
    if page.has_newer and page.editions:
        ways["newer_url"] = url_for(".archive", slug=of.slug, after=page.editions[0].number, **search)
    return ways
