"""Whether the links of an edition answer: asked beforehand and kept, so that the gate only has to look it up.

No transaction is open while a server is asked, and nothing that sends ever asks one.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from sqlalchemy import delete, select

from newsletter.articles.models import Article
from newsletter.core.clock import now
from newsletter.core.db import any_of, db, insert_ignoring, reading, transaction
from newsletter.core.errors import FetchFailed, FetchRefused
from newsletter.core.fetcher import Fetcher
from newsletter.core.logs import logger
from newsletter.core.words import said
from newsletter.editions.models import CheckedLink, Edition
from newsletter.editions.policy import OPEN, Layout
from newsletter.editions.queries import articles_of, layout_of
from newsletter.mail.gate import Finding
from newsletter.mail.notes import markdown

AT_A_TIME = 8
MOST_AT_ONCE = 300
"""Links that are asked in one round; what is left comes in the next."""

SECONDS = 60.0
"""For a round; who has not answered by then is asked in the next."""

SECONDS_EACH = 10.0
MOST_EDITIONS = 20
GOOD_FOR, BAD_FOR = timedelta(hours=24), timedelta(hours=1)
"""How long an answer counts: a good one is not asked for again that day, a bad one may have been mended."""

KEPT = timedelta(days=30)
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})

log = logger(__name__)


@dataclass(frozen=True)
class _Answer:
    """Of one link; `status` 0 when nothing came back."""

    status: int
    words: str = ""

    @property
    def is_good(self) -> bool:
        return 0 < self.status < HTTPStatus.BAD_REQUEST


def links_of(articles: Iterable[Article], layout: Layout, base_url: str) -> Sequence[str]:
    """Each link that leads away from us, once: to the articles, and those in the notes."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - senders need no parser.

    notes = LexborHTMLParser("".join(map(markdown, layout.notes.values())))
    found = [each.url for each in articles]
    found += [node.attributes.get("href") or "" for node in notes.css("a")]
    ours = (base_url, base_url + "/")
    return [
        url
        for url in dict.fromkeys(found)
        if url.startswith(("http://", "https://")) and url != ours[0] and not url.startswith(ours[1])
    ]


def links_waiting(base_url: str) -> Sequence[str]:
    """The links of the newest editions that have not left."""
    waiting = select(Edition).where(Edition.status.in_(OPEN)).order_by(Edition.id.desc()).limit(MOST_EDITIONS)
    with reading():
        found = [
            url
            for each in db.session.scalars(waiting).all()
            for url in links_of(articles_of(each.id), layout_of(each), base_url)
        ]
    return list(dict.fromkeys(found))


def check_links(urls: Sequence[str], fetcher: Fetcher, bad_for: timedelta = BAD_FOR) -> None:
    """Ask those of which nothing recent is known, and keep what they answer; a bad answer counts for `bad_for`."""
    with reading():
        known = _known(urls, bad_for)
    stale = [url for url in dict.fromkeys(urls) if url not in known][:MOST_AT_ONCE]
    if not stale:
        return
    answers = _ask_all(stale, fetcher)
    with transaction():
        keys = {url: _key(url) for url in answers}
        db.session.execute(delete(CheckedLink).where(any_of(CheckedLink.url_key, list(keys.values()))))
        rows = [
            {"url_key": keys[url], "status": each.status, "words": each.words, "checked_at": now()}
            for url, each in answers.items()
        ]
        if rows:
            # Another worker may have asked the same at the same moment.
            db.session.execute(insert_ignoring(CheckedLink), rows)
    log.info("links checked", asked=len(answers), bad=sum(not each.is_good for each in answers.values()))


def purge_checked_links() -> None:
    """Forget what was asked long ago."""
    with transaction():
        db.session.execute(delete(CheckedLink).where(CheckedLink.checked_at < now() - KEPT))


def link_findings(urls: Sequence[str]) -> list[Finding]:
    """What the last answers say against these links, from what is kept alone: nobody is asked."""
    known = _known(urls, GOOD_FOR)
    found = [finding for url in urls if url in known for finding in _judged(url, known[url])]
    if unknown := len(urls) - len(known):
        words = said(
            "%(number)s of %(all)s links were not asked yet; `edition check` asks them.",
            number=unknown,
            all=len(urls),
        )
        found.append(Finding("unasked", is_error=False, words=words))
    return found


def _judged(url: str, answer: _Answer) -> Iterator[Finding]:
    if answer.status in GONE:
        words = said(
            "The link %(url)s leads to nothing (%(status)s); take the article out, or mend it there.",
            url=url[:120],
            status=answer.status,
        )
        yield Finding("dead", is_error=True, words=words)
    elif not answer.is_good:
        why = answer.words or said("the server answers with %(status)s", status=answer.status)
        words = said(
            "The link %(url)s could not be opened from here: %(why)s. Look whether it opens for readers.",
            url=url[:120],
            why=why,
        )
        yield Finding("unreachable", is_error=False, words=words)


def _known(urls: Sequence[str], bad_for: timedelta) -> dict[str, _Answer]:
    urls_of = {_key(url): url for url in urls}
    rows = db.session.scalars(
        select(CheckedLink).where(
            any_of(CheckedLink.url_key, list(urls_of)), CheckedLink.checked_at > now() - GOOD_FOR
        )
    )
    answers = {urls_of[each.url_key]: (_Answer(each.status, each.words), each.checked_at) for each in rows}
    oldest = now() - bad_for
    return {url: answer for url, (answer, at) in answers.items() if answer.is_good or at > oldest}


def _ask_all(urls: Sequence[str], fetcher: Fetcher) -> dict[str, _Answer]:
    pool = ThreadPoolExecutor(AT_A_TIME)
    asked: dict[str, Future[_Answer]] = {url: pool.submit(_ask, url, fetcher) for url in urls}
    wait(asked.values(), timeout=SECONDS)
    # Each that is still on its way ends by its own limit, and nobody waits for it.
    pool.shutdown(wait=False, cancel_futures=True)
    return {url: each.result() for url, each in asked.items() if each.done() and not each.cancelled()}


def _ask(url: str, fetcher: Fetcher) -> _Answer:
    try:
        return _Answer(fetcher.status(url))
    except (FetchFailed, FetchRefused) as problem:
        return _Answer(0, str(problem).rstrip(".")[:200])


def _key(url: str) -> str:
    return hashlib.sha256(url.encode(errors="replace")).hexdigest()
