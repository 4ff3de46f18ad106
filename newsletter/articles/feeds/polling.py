"""Polls sources: asks the fetcher, reads what comes back, and leaves the writing to the service.

No transaction is open while a server is asked. Many servers are asked at a time; the database is written by
the calling thread alone.
"""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from newsletter.articles import service
from newsletter.articles.models import Source
from newsletter.articles.parsers import ParsedFeed, feed_urls, parse
from newsletter.articles.queries import find_source, source, sources_to_read
from newsletter.core.db import transaction
from newsletter.core.errors import FeedUnreadable, SourceError
from newsletter.core.fetcher import Fetched, Fetcher
from newsletter.core.logs import logger
from newsletter.core.words import said

AT_A_TIME = 8
_OURS = said("It could not be read because of a mistake of ours; the log tells more.")
_PAUSED = said("It is paused; resume it first.")
_REMOVED = said("It was removed; add its address again to read it.")

_log = logger(__name__)


@dataclass(frozen=True)
class Polled:
    """How many articles a poll added; `problem` is "" if the source was read."""

    source_id: int
    new: int = 0
    problem: str = ""


@dataclass(frozen=True)
class _Asked:
    """What to ask a source for, without the row: that belongs to the thread that holds the database."""

    source_id: int
    url: str
    etag: str
    last_modified: str
    was_read_before: bool


@dataclass(frozen=True)
class _Answer:
    """`feed` is None if nothing changed, or if there is a problem."""

    feed: ParsedFeed | None = None
    problem: str = ""


def poll(source_id: int, fetcher: Fetcher) -> Polled:
    """Read one source now; a source that cannot be read is marked with the reason, and nothing is raised.

    One that is paused or was removed is not asked, whoever asks for it. Raises NotFound.
    """
    with transaction():
        of = source(source_id)
        if not of.is_read:
            return Polled(source_id, problem=_REMOVED if of.removed_at else _PAUSED)
        asked = _asked(of)
    return _settle(asked, _read(asked, fetcher))


def poll_all(fetcher: Fetcher) -> list[Polled]:
    """Read each source that is not paused now, in the order in which they answer; a broken one stops no other."""
    with transaction():
        waiting = iter([_asked(each) for each in sources_to_read()])
    polled = []
    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="poll") as threads:
        for asked, answer in _answers(waiting, fetcher, threads):
            try:
                polled.append(_settle(asked, answer))
            except Exception:  # noqa: BLE001 - what one source sent must not keep the others from their turn.
                _log.exception("answer not recorded", source=asked.source_id)
                polled.append(_fail(asked, _OURS))
    return polled


def _answers(
    waiting: Iterator[_Asked], fetcher: Fetcher, threads: ThreadPoolExecutor
) -> Iterator[tuple[_Asked, _Answer]]:
    """Never more than `AT_A_TIME` questions and answers in memory, however many sources there are."""
    running: dict[Future[_Answer], _Asked] = {}
    while True:
        while len(running) < AT_A_TIME and (asked := next(waiting, None)) is not None:
            running[threads.submit(_read, asked, fetcher)] = asked
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield running.pop(future), future.result()


def _asked(of: Source) -> _Asked:
    return _Asked(of.id, of.url, of.etag, of.last_modified, was_read_before=bool(of.title))


def _read(asked: _Asked, fetcher: Fetcher) -> _Answer:
    """Asks and parses; touches no database, so that any thread may do it."""
    try:
        fetched = fetcher.get(asked.url, etag=asked.etag, last_modified=asked.last_modified)
        if fetched.status == 304:  # noqa: PLR2004 - Not Modified.
            return _Answer()
        return _Answer(_parsed(fetched, asked, fetcher))
    except SourceError as error:
        return _Answer(problem=str(error))
    except Exception:  # noqa: BLE001 - a parser is no match for everything that servers send.
        _log.exception("answer not understood", source=asked.source_id)
        return _Answer(problem=_OURS)


def _parsed(fetched: Fetched, asked: _Asked, fetcher: Fetcher) -> ParsedFeed:
    try:
        return parse(fetched)
    except FeedUnreadable:
        # Only for a new source: an old one whose site shows a page for a while must not turn into another.
        if asked.was_read_before:
            raise
        for url in feed_urls(fetched):
            try:
                return parse(fetcher.get(url))
            except SourceError:
                continue
        raise


def _settle(asked: _Asked, answer: _Answer) -> Polled:
    if answer.problem:
        return _fail(asked, answer.problem)
    if answer.feed is None:
        service.mark_unchanged(asked.source_id)
        return Polled(asked.source_id)
    other = find_source(answer.feed.permanent_url)
    if other is not None and other.id != asked.source_id and not asked.was_read_before:
        return _fail(asked, _known_already(other))
    return Polled(asked.source_id, new=service.record(asked.source_id, answer.feed).new)


def _known_already(other: Source) -> str:
    if other.removed_at is None:
        return said("Its feed is already source %(source)s.", source=other.id)
    return said(
        "Its feed is already source %(source)s, which was removed; add %(url)s to read that again.",
        source=other.id,
        url=other.url,
    )


def _fail(asked: _Asked, problem: str) -> Polled:
    service.mark_failing(asked.source_id, problem)
    _log.warning("source failing", source=asked.source_id, problem=problem)
    return Polled(asked.source_id, problem=problem)
