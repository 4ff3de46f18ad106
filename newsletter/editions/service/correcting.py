"""A correction: an edition of its own, for those alone who have got the article that was wrong."""

from newsletter.articles.models import Article
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, InvalidInput
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.editions.models import Edition
from newsletter.editions.policy import LONGEST_PREHEADER, LONGEST_SUBJECT, Layout, shortened
from newsletter.editions.queries import articles_of, edition
from newsletter.editions.queries.audiences import reach
from newsletter.editions.service.drafting import Window, draft
from newsletter.mail.message import plain

LONGEST_CORRECTION = 5000

log = logger(__name__)


def correct(edition_id: int, article_id: int, text: str) -> Edition:
    """Draft a correction of an article that this edition carried; `text` is Markdown and stands above the article.

    It goes the way of every edition: check, try, hold, approve, send. Whom it reaches is decided when it is sent:
    who had a delivery with the article by this newsletter that was accepted, or may have been, and is still a
    confirmed subscriber who may be mailed. Raises NotFound, InvalidInput (the field says which), or Conflict when
    nothing of the edition has left, or nobody is to be told.
    """
    words = _checked(text)
    with transaction():
        wrong = edition(edition_id)
        article = _carried(edition_id, article_id)
        if wrong.mailing_id is None:
            problem = said(
                "Nothing of edition %(edition)s has left; take the article out of it with `edition arrange`.",
                edition=edition_id,
            )
            raise Conflict(problem)
        moment = now()
        made = draft(wrong.newsletter_id, Window(moment, moment), [article], Layout(notes={"": words}))
        made.corrects = article_id
        made.subject = shortened(f"Correction: {article.title}", LONGEST_SUBJECT)
        made.preheader = shortened(plain(words), LONGEST_PREHEADER)
        db.session.flush()
        readers = reach(made)
        if not readers:
            problem = said(
                "Nobody who has got article %(article)s is a reader any more, or the account was summed up.",
                article=article_id,
            )
            raise Conflict(problem)
    log.info("correction drafted", edition=made.id, of=edition_id, article=article_id, readers=readers)
    return made


def _checked(text: str) -> str:
    words = text.strip()
    if not 0 < len(words) <= LONGEST_CORRECTION:
        problem = said(
            "Say what was wrong and what is right, in 1 to %(most)s characters, not %(number)s.",
            most=LONGEST_CORRECTION,
            number=len(words),
        )
        raise InvalidInput(problem, field="text")
    return words


def _carried(edition_id: int, article_id: int) -> Article:
    carried = {each.id: each for each in articles_of(edition_id)}
    if article_id not in carried:
        problem = said(
            "Edition %(edition)s does not carry article %(article)s; it carries %(articles)s.",
            edition=edition_id,
            article=article_id,
            articles=", ".join(map(str, carried)),
        )
        raise InvalidInput(problem, field="article")
    return carried[article_id]
