"""What readers may know of those who write."""

from newsletter.articles.models import Author
from newsletter.articles.parsers.urls import web_url
from newsletter.articles.policy import name_key
from newsletter.articles.queries import find_author
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import InvalidInput, InvalidUrl, NotFound
from newsletter.core.words import said
from newsletter.mail.message import plain

LONGEST_NAME, LONGEST_ABOUT = 120, 2_000


def describe_author(name: str, about: str, url: str = "") -> Author:
    """Say this of whoever writes under this name, in place of what was said before.

    Raises InvalidInput (the field says which), or InvalidUrl for a page that is none.
    """
    name, about = plain(name), plain(about)
    if not 0 < len(name) <= LONGEST_NAME:
        problem = said("An author has a name of 1 to %(most)s characters.", most=LONGEST_NAME)
        raise InvalidInput(problem, field="name")
    if not 0 < len(about) <= LONGEST_ABOUT:
        problem = said(
            "Please say something about %(name)s, in at most %(most)s characters.", name=name, most=LONGEST_ABOUT
        )
        raise InvalidInput(problem, field="about")
    page = web_url(url, "")
    if url.strip() and not page:
        problem = said("An author's page has a web address that begins with https:// or http://.")
        raise InvalidUrl(problem)
    with transaction():
        author = find_author(name) or Author(key=name_key(name))
        author.name, author.about, author.url, author.updated_at = name, about, page, now()
        db.session.add(author)
    return author


def forget_author(name: str) -> None:
    """Say nothing of them any more. Raises NotFound."""
    with transaction():
        author = find_author(name)
        if author is None:
            raise NotFound(kind="author", name=name)
        db.session.delete(author)
