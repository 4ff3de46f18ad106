"""What the paper has published by now: the written articles whose time has come, and the live desk's notes."""

from datetime import datetime

from newsletter.core.clock import now
from newsletter.demo.content import Article, Desk, read_paper
from newsletter.demo.live import INTERVAL, LiveDesk

NOTES_SHOWN = 30
"""Notes of the live desk that its feed and page still carry: the last ten minutes."""


class Newsroom:
    """The paper from the moment `started_at` (UTC) on; asking twice costs nothing, because nothing changes."""

    def __init__(self, started_at: datetime) -> None:
        self.paper = read_paper(started_at)
        self.live = LiveDesk(self.paper, started_at, INTERVAL)
        self._written = sorted(self.paper.articles, key=lambda article: article.published_at, reverse=True)

    def articles(self) -> list[Article]:
        """The written articles that are public, newest first."""
        moment = now()
        return [article for article in self._written if article.published_at <= moment]

    def articles_of(self, desk: Desk) -> list[Article]:
        """What a desk shows, newest first."""
        if desk == self.live.desk:
            return self.live.latest(now(), NOTES_SHOWN)
        return [article for article in self.articles() if article.desk == desk]

    def find(self, slug: str) -> Article | None:
        """The public article with that slug, or None."""
        written = (article for article in self.articles() if article.slug == slug)
        return next(written, None) or self.live.find(slug, now())
