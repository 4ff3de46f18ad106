"""Drafts: what an edition would carry, and what it looks like."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import insert, select

from newsletter.articles.models import Article
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, UnsafeMessage
from newsletter.core.words import said
from newsletter.editions.emails import Told, edition_content, missing_pictures, told_by_subject
from newsletter.editions.models import Edition, EditionArticle
from newsletter.editions.policy import EVERYBODY, PLAIN_LAYOUT, Layout, Readers, preheader, subject
from newsletter.editions.queries import articles_of, edition, last_number, layout_of
from newsletter.editions.service.checking import link_findings, links_of
from newsletter.mail.gate import Finding, inspect, pale_findings
from newsletter.mail.house import House
from newsletter.mail.message import MARKER, Content
from newsletter.newsletters.emails import page_url
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.policy import Cadence
from newsletter.templates.queries import kept_sources


@dataclass(frozen=True)
class Window:
    """The time whose articles an edition carries: [start, end), in UTC."""

    start: datetime
    end: datetime


class Proposed(Protocol):
    """What an edition might become."""

    @property
    def window(self) -> Window: ...
    @property
    def articles(self) -> Sequence[Article]: ...
    @property
    def layout(self) -> Layout: ...


def slot_of(moment: datetime, cadence: Cadence = Cadence.EACH) -> str:
    """The name of the slot at this moment, which has a zone; rarer editions have slots of their own."""
    name = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return name if cadence is Cadence.EACH else f"{name} {cadence}"


def draft(
    newsletter_id: int,
    window: Window,
    articles: Sequence[Article],
    layout: Layout = PLAIN_LAYOUT,
    readers: Readers = EVERYBODY,
) -> Edition:
    """The edition for the slot at the window's end, articles in this order, at least one.

    Raises Conflict when the newsletter has an edition for that slot.
    """
    slot = slot_of(window.end, readers.cadence)
    with transaction():
        if db.session.scalar(
            select(Edition.id).where(Edition.newsletter_id == newsletter_id, Edition.slot == slot)
        ):
            problem = said("There is an edition for the slot %(slot)s already.", slot=slot)
            raise Conflict(problem)
        drafted = _made(newsletter_id, window, articles)
        drafted.notes = dict(layout.notes)
        drafted.slot, drafted.cadence, drafted.riders = slot, readers.cadence, readers.riders_text
        drafted.local_hour, drafted.once_in_house = readers.local_hour, readers.once_in_house
        db.session.add(drafted)
        db.session.flush()
        db.session.execute(
            insert(EditionArticle),
            [
                {
                    "edition_id": drafted.id,
                    "article_id": article.id,
                    "position": position,
                    "section": layout.sections.get(article.id, ""),
                }
                for position, article in enumerate(articles, start=1)
            ],
        )
        return drafted


def preview_content(proposed: Proposed, of: Newsletter, house: House) -> Content:
    """What an edition of these articles would look like; nothing is written down.

    Where a recipient's own link would stand, it leads to the newsletter's page.
    """
    made = _made(of.id, proposed.window, proposed.articles)
    told = Told(made, proposed.articles, proposed.layout)
    return for_nobody(edition_content(told, of, house), of, house)


def preview(edition_id: int, house: House) -> Content:
    """What an edition looks like now, with the links of `preview_content`. Raises NotFound, UnsafeMessage."""
    _, content, of = _rendered(edition_id, house)
    return for_nobody(content, of, house)


def findings(edition_id: int, house: House) -> list[Finding]:
    """What the gate says of it as it stands, as `judged`; that it cannot be made at all is an error.

    Of a second subject that is tried, only what is not to be said of its own. Raises NotFound.
    """
    try:
        told, content, of = _rendered(edition_id, house)
        found = judged(told, content, of, house)
        for other in told_by_subject(told)[1:]:
            of_other = judged(other, edition_content(other, of, house), of, house)
            found += [
                replace(each, words=said("With the other subject: %(words)s", words=each.words))
                for each in of_other
                if each not in found
            ]
    except UnsafeMessage as problem:
        return [
            Finding(
                "unsafe",
                is_error=True,
                words=said("%(problem)s Drop the article that has it.", problem=str(problem)),
            )
        ]
    return sorted(found, key=lambda each: not each.is_error)


def judged(told: Told, content: Content, of: Newsletter, house: House) -> list[Finding]:
    """What the gate says of this content, errors first; of its links, what they last answered."""
    links = link_findings(links_of(told.articles, told.layout, house.settings.base_url))
    # The colours of our themes are tested; those of operators are looked at in each mail.
    pale = pale_findings(content) if kept_sources(of.id) else []
    return sorted(
        [*inspect(content, of.postal_address), *links, *missing_pictures(told.articles, of), *pale],
        key=lambda each: not each.is_error,
    )


def _rendered(edition_id: int, house: House) -> tuple[Told, Content, Newsletter]:
    chosen = edition(edition_id)
    of = db.session.get_one(Newsletter, chosen.newsletter_id)
    told = Told(chosen, articles_of(edition_id), layout_of(chosen))
    return told, edition_content(told, of, house), of


def for_nobody(content: Content, of: Newsletter, house: House) -> Content:
    """The same, with the public page where a link would be somebody's own."""
    page = page_url(of, house.settings.base_url)
    return Content(content.subject, MARKER.sub(page, content.text), MARKER.sub(page, content.html))


def _made(newsletter_id: int, window: Window, articles: Sequence[Article]) -> Edition:
    titles = [article.title for article in articles]
    return Edition(
        newsletter_id=newsletter_id,
        slot=slot_of(window.end),
        number=last_number(newsletter_id) + 1,
        subject=subject(titles),
        preheader=preheader(titles),
        window_start=window.start,
        window_end=window.end,
        created_at=now(),
    )
