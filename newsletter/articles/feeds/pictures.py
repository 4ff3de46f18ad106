"""Fetches the pictures of new articles, so that readers load them from us.

No transaction is open while a server is asked or a picture is decoded. A picture that cannot be had is tried three
times, then the article goes without.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from newsletter.articles.queries import pictures_to_fetch
from newsletter.articles.service import keep_picture
from newsletter.core.db import transaction
from newsletter.core.errors import FetchFailed, InvalidInput, SourceError
from newsletter.core.fetcher import Fetcher
from newsletter.core.logs import logger
from newsletter.mail.images import Images

WIDE, SMALL = 2 * 544, 2 * 168
"""Pixels: twice the width of the two places that a mail has for a picture."""

NARROWEST = 120
"""What is smaller is an icon, or counts readers."""

AT_A_TIME = 4

log = logger(__name__)


@dataclass(frozen=True)
class Picture:
    """What came of one try: two names of `mail.images`, or a problem; `is_final` when trying again is no use."""

    name: str = ""
    small_name: str = ""
    width: int = 0
    problem: str = ""
    is_final: bool = True


def fetch_pictures(images: Images, fetcher: Fetcher) -> int:
    """Fetch some of those that are due; how many were. Does nothing while no newsletter wants it."""
    with transaction():
        due = [(each.id, each.image_url) for each in pictures_to_fetch()]
    for (article_id, _), picture in zip(due, _fetched([url for _, url in due], images, fetcher), strict=True):
        keep_picture(article_id, picture)
        if picture.problem:
            log.info("picture left out", article=article_id, problem=picture.problem)
    return len(due)


def _fetched(urls: Sequence[str], images: Images, fetcher: Fetcher) -> list[Picture]:
    if not urls:
        return []
    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="picture") as threads:
        return list(threads.map(lambda url: _picture(url, images, fetcher), urls))


def _picture(url: str, images: Images, fetcher: Fetcher) -> Picture:
    try:
        data = fetcher.get(url).body
        wide = images.keep(data, WIDE, NARROWEST)
        small = images.keep(data, SMALL, NARROWEST)
    except (SourceError, InvalidInput) as error:
        return Picture(problem=str(error), is_final=not isinstance(error, FetchFailed))
    except Exception:
        log.exception("picture not understood", url=url)
        return Picture(problem="It could not be read because of a mistake of ours; the log tells more.")
    return Picture(wide.name, small.name, wide.width)
