"""What an editor changes in an edition that has not left: its articles, their order, and the words around them.

Each of these raises NotFound, or Conflict once the edition is on its way.
"""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import delete, update

from newsletter.articles.models import Article
from newsletter.articles.queries import article
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, InvalidInput, NotFound
from newsletter.core.words import said
from newsletter.editions.models import Edition, EditionArticle
from newsletter.editions.policy import (
    LONGEST_NOTE,
    LONGEST_SUBJECT,
    MOST_ARTICLES,
    OPEN,
    STATES,
    moved,
    preheader,
    subject,
)
from newsletter.editions.queries import articles_of, carriers, layout_of, other_editions
from newsletter.mail.message import plain


class Step(StrEnum):
    """Where to move an article within its section."""

    UP = "up"
    DOWN = "down"
    TOP = "top"


def arrange(edition_id: int, article_ids: Sequence[int]) -> Edition:
    """Let it carry these of its articles in this order, and no others.

    Subject and preheader follow, unless the subject was given by hand. Sections stay with their articles, so one
    that is torn apart has its title twice. Raises InvalidInput for an article that it does not carry, or one that
    is named twice.
    """
    with transaction():
        chosen, carried = still_open(edition_id), articles_of(edition_id)
        by_id = {each.id: each for each in carried}
        strange = [each for each in article_ids if each not in by_id]
        if strange or not article_ids or len(set(article_ids)) < len(article_ids):
            has = ", ".join(map(str, by_id))
            problem = said(
                "Name each article once, of those that edition %(edition)s carries: %(articles)s.",
                edition=edition_id,
                articles=has,
            )
            raise InvalidInput(problem, field="articles")
        rows = delete(EditionArticle).where(
            EditionArticle.edition_id == edition_id, EditionArticle.article_id.not_in(article_ids)
        )
        db.session.execute(rows.execution_options(synchronize_session=False))
        _place(edition_id, article_ids)
        _follow_titles(chosen, carried, [by_id[each] for each in article_ids])
        return chosen


def reorder(edition_id: int, article_ids: Sequence[int]) -> Edition:
    """As `arrange`, for all of its articles. Raises Conflict when it carries others by now."""
    with transaction():
        still_open(edition_id)
        if {each.id for each in articles_of(edition_id)} != set(article_ids):
            problem = said("Somebody else has changed its articles meanwhile; look at them, and order them again.")
            raise Conflict(problem)
        return arrange(edition_id, article_ids)


def move(edition_id: int, article_id: int, step: Step) -> Edition:
    """Let an article change places with its neighbour in its section, or open it; at the end nothing changes.

    Raises InvalidInput for an article that it does not carry.
    """
    with transaction():
        chosen = still_open(edition_id)
        ids = [each.id for each in articles_of(edition_id)]
        _carried(ids, article_id, edition_id)
        return arrange(edition_id, moved(ids, layout_of(chosen).sections, article_id, step))


def drop(edition_id: int, article_id: int) -> Edition:
    """Take an article out. Raises InvalidInput for one that it does not carry, Conflict for its last one."""
    with transaction():
        still_open(edition_id)
        ids = [each.id for each in articles_of(edition_id)]
        _carried(ids, article_id, edition_id)
        if len(ids) == 1:
            problem = said(
                "It is the last article, and an edition without any is none; cancel the edition instead."
            )
            raise Conflict(problem)
        return arrange(edition_id, [each for each in ids if each != article_id])


def take_in(edition_id: int, article_id: int) -> Edition:
    """Put an article in, after all others and in no section.

    Raises Conflict when it is in already, when another edition of the newsletter carried it, or when there are
    as many as an edition may have.
    """
    with transaction():
        chosen, carried, added = still_open(edition_id), articles_of(edition_id), article(article_id)
        _refuse_another(chosen, carried, added)
        db.session.add(
            EditionArticle(edition_id=edition_id, article_id=article_id, position=len(carried) + 1, section="")
        )
        db.session.flush()
        _place(edition_id, [*(each.id for each in carried), article_id])
        _follow_titles(chosen, carried, [*carried, added])
        return chosen


def call(edition_id: int, text: str) -> Edition:
    """Give it a subject by hand. Raises InvalidInput."""
    words = plain(text)
    if not 0 < len(words) <= LONGEST_SUBJECT:
        problem = said(
            "A subject has 1 to %(most)s characters, not %(number)s.", most=LONGEST_SUBJECT, number=len(words)
        )
        raise InvalidInput(problem, field="subject")
    with transaction():
        chosen = still_open(edition_id)
        chosen.subject = words
        return chosen


def annotate(edition_id: int, text: str, section: str = "") -> Edition:
    """Words in Markdown before one of its sections or, with "", before all; empty ones take them out.

    Raises InvalidInput for a section that it has not, or too many words.
    """
    if len(text) > LONGEST_NOTE:
        problem = said(
            "The note has %(number)s characters; at most %(most)s are shown.",
            number=len(text),
            most=LONGEST_NOTE,
        )
        raise InvalidInput(problem, field="text")
    with transaction():
        chosen = still_open(edition_id)
        if section and section not in layout_of(chosen).sections.values():
            problem = said(
                "Edition %(edition)s has no section '%(section)s'; look at it again.",
                edition=edition_id,
                section=section,
            )
            raise InvalidInput(problem, field="section")
        others = {title: words for title, words in chosen.notes.items() if title != section}
        chosen.notes = others | ({section: text.strip()} if text.strip() else {})
        return chosen


def still_open(edition_id: int) -> Edition:
    """Nobody else may change it, or send it, until this transaction ends. Raises NotFound, Conflict."""
    chosen = db.session.get(Edition, edition_id, with_for_update=True, populate_existing=True)
    if chosen is None:
        raise NotFound(kind="edition", name=edition_id)
    if chosen.status not in OPEN:
        problem = said(
            "Edition %(edition)s is %(status)s; only what has not left can be changed.",
            edition=edition_id,
            status=STATES[chosen.status],
        )
        raise Conflict(problem)
    return chosen


def _carried(ids: Sequence[int], article_id: int, edition_id: int) -> None:
    if article_id not in ids:
        problem = said(
            "Edition %(edition)s does not carry article %(article)s, or not any more.",
            edition=edition_id,
            article=article_id,
        )
        raise InvalidInput(problem, field="article")


def _refuse_another(chosen: Edition, carried: Sequence[Article], added: Article) -> None:
    if added in carried:
        problem = said("The article is in this edition already.")
        raise Conflict(problem)
    if len(carried) >= MOST_ARTICLES:
        problem = said("An edition has %(most)s articles at most; take another one out first.", most=MOST_ARTICLES)
        raise Conflict(problem)
    if found := carriers([added.id], other_editions(chosen)).get(added.id):
        problem = said("%(found)s; readers are sent no article twice.", found=found)
        raise Conflict(problem)


def _place(edition_id: int, article_ids: Sequence[int]) -> None:
    for position, article_id in enumerate(article_ids, start=1):
        db.session.execute(
            update(EditionArticle)
            .where(EditionArticle.edition_id == edition_id, EditionArticle.article_id == article_id)
            .values(position=position)
            .execution_options(synchronize_session=False)
        )


def _follow_titles(chosen: Edition, before: Sequence[Article], after: Sequence[Article]) -> None:
    """A subject that an editor has written stays."""
    titles, were = [each.title for each in after], [each.title for each in before]
    if chosen.subject == subject(were):
        chosen.subject = subject(titles)
    chosen.preheader = preheader(titles)
