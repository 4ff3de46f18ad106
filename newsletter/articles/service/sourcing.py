"""Which sources are read: adding them, letting them rest, and removing them."""

from newsletter.articles.models import Source
from newsletter.articles.queries import find_source, source_to_write
from newsletter.core.clock import now
from newsletter.core.db import db, transaction
from newsletter.core.errors import Conflict, FetchRefused, InvalidUrl
from newsletter.core.fetcher import parse_url
from newsletter.core.words import said


def add_source(url: str, credit: str = "") -> Source:
    """A source that will be read at the next poll, which also finds the feed if this is a page that names it.

    One that was removed comes back, with the articles that it had. Raises InvalidUrl, or Conflict if it is known
    and was not removed.
    """
    url = url.strip()
    try:
        parse_url(url)
    except FetchRefused as error:
        raise InvalidUrl(str(error)) from error
    with transaction():
        known = find_source(url)
        if known is not None:
            return _brought_back(known.id, credit.strip())
        source = Source(url=url, title="", credit=credit.strip(), created_at=now())
        db.session.add(source)
    return source


def pause_source(source_id: int) -> Source:
    """Do not read it before it is resumed; one that is paused stays so.

    Raises NotFound, or Conflict for one that was removed.
    """
    with transaction():
        source = _to_read(source_id)
        source.paused_at = source.paused_at or now()
        return source


def resume_source(source_id: int) -> Source:
    """Read it again from the next poll on; what was wrong with it before it was paused no longer counts.

    One that is not paused stays as it is. Raises NotFound, or Conflict for one that was removed.
    """
    with transaction():
        source = _to_read(source_id)
        if source.paused_at is not None:
            source.paused_at = None
            source.forget_trouble()
        return source


def remove_source(source_id: int) -> Source:
    """Read it no more, and let no digest take from it; its articles stay, because editions link to them.

    One that was removed stays so; `add_source` brings it back. Raises NotFound.
    """
    with transaction():
        source = source_to_write(source_id)
        source.removed_at = source.removed_at or now()
        return source


def _brought_back(source_id: int, credit: str) -> Source:
    source = source_to_write(source_id)
    if source.removed_at is None:
        problem = said("This is already source %(source)s.", source=source_id)
        raise Conflict(problem)
    source.removed_at = source.paused_at = None
    source.credit = credit or source.credit
    source.forget_trouble()
    return source


def _to_read(source_id: int) -> Source:
    source = source_to_write(source_id)
    if source.removed_at is not None:
        problem = said("Source %(source)s was removed; add its address again to read it.", source=source_id)
        raise Conflict(problem)
    return source
