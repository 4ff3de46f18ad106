"""Drafts: what an edition would carry, in which order, and what it would look like."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import delete, insert, select, update

from newsletter.articles.models import Article
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, InvalidInput
from newsletter.editions.emails import Told, edition_content, missing_pictures
from newsletter.editions.models import Edition, EditionArticle
from newsletter.editions.policy import (
    EVERYBODY,
    LONGEST_SUBJECT,
    OPEN,
    PLAIN_LAYOUT,
    Layout,
    Readers,
    preheader,
    subject,
)
from newsletter.editions.queries import articles_of, edition, last_number, layout_of
from newsletter.editions.service.checking import link_findings, links_of
from newsletter.mail.gate import Finding, inspect
from newsletter.mail.house import House
from newsletter.mail.message import MARKER, Content, plain
from newsletter.newsletters.emails import page_url
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.policy import Cadence


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
            problem = f"There is an edition for the slot {slot} already."
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
    content = edition_content(Told(made, proposed.articles, proposed.layout), of, house)
    page = page_url(of, house.settings.base_url)
    return Content(content.subject, MARKER.sub(page, content.text), MARKER.sub(page, content.html))


def findings(edition_id: int, house: House) -> list[Finding]:
    """What the gate says of it as it stands, as `judged`. Raises NotFound."""
    chosen = edition(edition_id)
    of = db.session.get_one(Newsletter, chosen.newsletter_id)
    told = Told(chosen, articles_of(edition_id), layout_of(chosen))
    return judged(told, edition_content(told, of, house), of, house)


def judged(told: Told, content: Content, of: Newsletter, house: House) -> list[Finding]:
    """What the gate says of this content, errors first; of its links, what they last answered."""
    links = link_findings(links_of(told.articles, told.layout, house.settings.base_url))
    return sorted(
        [*inspect(content, of.postal_address), *links, *missing_pictures(told.articles, of)],
        key=lambda each: not each.is_error,
    )


def arrange(edition_id: int, article_ids: Sequence[int]) -> Edition:
    """Let it carry these of its articles in this order, and no others; subject and preheader follow.

    Sections stay with their articles, so one that is torn apart has its title twice. Raises NotFound, Conflict
    once it is on its way, or InvalidInput for an article that it does not carry, or one that is named twice.
    """
    with transaction():
        chosen = _still_open(edition_id)
        carried = {article.id: article for article in articles_of(edition_id)}
        strange = [each for each in article_ids if each not in carried]
        if strange or not article_ids or len(set(article_ids)) < len(article_ids):
            has = ", ".join(map(str, carried))
            problem = f"Name each article once, of those that edition {edition_id} carries: {has}."
            raise InvalidInput(problem, field="articles")
        rows = delete(EditionArticle).where(
            EditionArticle.edition_id == edition_id, EditionArticle.article_id.not_in(article_ids)
        )
        db.session.execute(rows.execution_options(synchronize_session=False))
        for position, article_id in enumerate(article_ids, start=1):
            db.session.execute(
                update(EditionArticle)
                .where(EditionArticle.edition_id == edition_id, EditionArticle.article_id == article_id)
                .values(position=position)
                .execution_options(synchronize_session=False)
            )
        titles = [carried[each].title for each in article_ids]
        chosen.subject, chosen.preheader = subject(titles), preheader(titles)
        return chosen


def call(edition_id: int, text: str) -> Edition:
    """Give it a subject by hand. Raises NotFound, Conflict once it is on its way, or InvalidInput."""
    words = plain(text)
    if not 0 < len(words) <= LONGEST_SUBJECT:
        problem = f"A subject has 1 to {LONGEST_SUBJECT} characters, not {len(words)}."
        raise InvalidInput(problem, field="subject")
    with transaction():
        chosen = _still_open(edition_id)
        chosen.subject = words
        return chosen


def _still_open(edition_id: int) -> Edition:
    chosen = edition(edition_id)
    if chosen.status not in OPEN:
        problem = f"Edition {edition_id} is {chosen.status}; only what has not left can be changed."
        raise Conflict(problem)
    return chosen


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
