"""Drafting, sending and stopping editions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import exists, insert, select, update

from newsletter.articles.models import Article
from newsletter.core.clock import now
from newsletter.core.db import db, rows_written, transaction
from newsletter.core.errors import Conflict
from newsletter.core.logs import logger
from newsletter.delivery import service as delivery
from newsletter.delivery.models import Mailing, MailingState
from newsletter.delivery.policy import Status
from newsletter.editions.emails import Told, edition_content, edition_letter, renderings
from newsletter.editions.models import Edition, EditionArticle
from newsletter.editions.policy import PLAIN_LAYOUT, EditionStatus, Layout, preheader, subject
from newsletter.editions.queries import articles_of, edition, last_number, layout_of
from newsletter.mail.house import House
from newsletter.mail.message import MARKER, Content
from newsletter.newsletters.emails import page_url
from newsletter.newsletters.models import Newsletter
from newsletter.subscriptions.queries import audience

log = logger(__name__)


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


def slot_of(moment: datetime) -> str:
    """The name of the slot that begins at this moment, which has a zone."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def draft(
    newsletter_id: int, window: Window, articles: Sequence[Article], layout: Layout = PLAIN_LAYOUT
) -> Edition:
    """The edition for the slot at the window's end, articles in this order, at least one.

    Raises Conflict when the newsletter has an edition for that slot.
    """
    slot = slot_of(window.end)
    with transaction():
        if db.session.scalar(
            select(Edition.id).where(Edition.newsletter_id == newsletter_id, Edition.slot == slot)
        ):
            problem = f"There is an edition for the slot {slot} already."
            raise Conflict(problem)
        drafted = _made(newsletter_id, window, articles)
        drafted.notes = dict(layout.notes)
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


def send(edition_id: int, house: House) -> Edition:
    """Render once, freeze the audience, queue for each of them; workers do the rest.

    Raises Conflict unless it is a draft: sending twice is what must never happen.
    """
    with transaction():
        claimed = rows_written(
            update(Edition)
            .where(Edition.id == edition_id, Edition.status == EditionStatus.DRAFT)
            .values(status=EditionStatus.SENDING)
        )
        chosen = edition(edition_id)
        if not claimed:
            problem = f"Edition {edition_id} is {chosen.status}; only a draft can be sent."
            raise Conflict(problem)
        of = db.session.get_one(Newsletter, chosen.newsletter_id)
        made = renderings(Told(chosen, articles_of(edition_id), layout_of(chosen)), of, house)
        letter = edition_letter(chosen, made, of, house)
        mailing = delivery.queue_mailing(letter, audience(of.id))
        if letter.keeps_names:
            numbers = {name: made.number_of(name) for name in delivery.names_of(mailing.id)}
            delivery.vary(mailing.id, letter, made.contents[1:], numbers)
        chosen.mailing_id = mailing.id
    log.info("edition queued", edition=edition_id, newsletter=of.slug, audience=mailing.audience)
    return chosen


def pause(edition_id: int, reason: str = "an operator paused it") -> Edition:
    """Hand over no more of it within two seconds. Raises NotFound, or Conflict unless it is sending."""
    with transaction():
        chosen = edition(edition_id)
        delivery.pause(_mailing_id(chosen), reason)
        chosen.status = EditionStatus.PAUSED
        return chosen


def resume(edition_id: int) -> Edition:
    """Go on with those who have not got it. Raises NotFound, or Conflict unless it is paused."""
    with transaction():
        chosen = edition(edition_id)
        delivery.resume(_mailing_id(chosen))
        chosen.status = EditionStatus.SENDING
        return chosen


def resend(edition_id: int, which: frozenset[Status]) -> Edition:
    """Send it once more to those whom it has missed: who is failed, unknown, or both.

    Raises NotFound, or Conflict when it is a draft, was cancelled, or nobody is to be found.
    """
    with transaction():
        chosen = edition(edition_id)
        if chosen.status == EditionStatus.CANCELLED:
            problem = f"Edition {edition_id} is cancelled, for good."
            raise Conflict(problem)
        # Written also where it says so already: by now the clock may have made it another one.
        db.session.execute(
            update(Edition)
            .where(Edition.id == edition_id)
            .values(status=EditionStatus.SENDING, sent_at=None)
            .execution_options(synchronize_session=False)
        )
        delivery.requeue(_mailing_id(chosen), which)
        return edition(edition_id)


def cancel(edition_id: int) -> Edition:
    """Send it to nobody further, for good. Raises NotFound, or Conflict when it has been sent."""
    with transaction():
        chosen = edition(edition_id)
        if chosen.status == EditionStatus.SENT:
            problem = f"Edition {edition_id} has been sent; nothing is left to cancel."
            raise Conflict(problem)
        if chosen.mailing_id:
            delivery.cancel(chosen.mailing_id)
        chosen.status = EditionStatus.CANCELLED
        return chosen


def follow_mailings() -> None:
    """Bring editions to the state of their mailings: sent when nothing is open, paused when delivery paused."""
    states = {MailingState.FINISHED: EditionStatus.SENT, MailingState.PAUSED: EditionStatus.PAUSED}
    with transaction():
        for mailing_state, status in states.items():
            # Correlated: few editions are sending, and each confirmation ever sent is a mailing.
            has_come_to_it = exists().where(Mailing.id == Edition.mailing_id, Mailing.state == mailing_state)
            db.session.execute(
                update(Edition)
                .where(Edition.status == EditionStatus.SENDING, has_come_to_it.correlate(Edition))
                .values(status=status, sent_at=now() if status is EditionStatus.SENT else None)
                .execution_options(synchronize_session=False)
            )


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


def _mailing_id(chosen: Edition) -> int:
    if chosen.mailing_id is None:
        problem = f"Edition {chosen.id} is {chosen.status}; it has not been sent yet."
        raise Conflict(problem)
    return chosen.mailing_id
